"""The account on Coincheck, for the one function that holds its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.aws_calls import aws_client
from adapters.exchange.coincheck.calls import Retries, Timeouts, coincheck_client
from adapters.exchange.coincheck.exchange import CoincheckExchange
from adapters.exchange.coincheck.nonces_dynamodb import DynamoNonces
from adapters.exchange.coincheck.signing import Credentials
from adapters.exchange.dry_run import DryRunExchange
from adapters.secrets.aws_secrets import AwsSecrets
from application.errors import ConfigurationError
from entrypoints.wiring.cloud.lines import transport

if TYPE_CHECKING:
    from application.ports.clock import Clock
    from application.ports.exchange import Exchange

LIVE = "live"


def account(settings: Any, clock: Clock, dynamo: Any, prefix: str) -> Exchange:
    """The account; until it is armed whatever would be sent is refused.

    Raises ConfigurationError for a secret that is missing or lacks a field.
    """
    name = settings.coincheck_secret
    secret = AwsSecrets(aws_client("secretsmanager"), clock).read(name)
    for field in ("key_id", "secret"):
        if not secret.get(field):
            raise ConfigurationError(f"the secret {name} has no {field}: put both fields into it")
    exchange = CoincheckExchange(
        client=coincheck_client(settings.coincheck_url, transport=transport()),
        credentials=Credentials(key_id=secret["key_id"], secret=secret["secret"]),
        clock=clock,
        instruments=settings.instruments,
        nonces=DynamoNonces(dynamo, prefix),
        timeouts=Timeouts(connect_s=3, read_s=8, call_s=10, turn_s=12),
        retries=Retries(),
    )
    return exchange if settings.trading_mode == LIVE else DryRunExchange(exchange)
