"""What each function is told by its environment: typed, and a missing variable names itself.

Checked by msgspec, which every function loads anyway; pydantic would cost each cold start more
than all else here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from application.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.instruments import Instruments
    from domain.parameters import StrategyParameters


class Function(msgspec.Struct, rename="upper", frozen=True, kw_only=True):
    """What every function needs: where its tables are, which coins, which constants."""

    table_prefix: str
    trading_pairs_config: str = ""
    strategy_parameters: str = "{}"
    aws_lambda_log_stream_name: str = "one"
    rehearsal_clock: str = ""
    """File of a clock that a rehearsal moves; no stack sets it."""

    @property
    def instruments(self) -> Instruments:
        """The coins to trade. Raises ConfigurationError."""
        from entrypoints.wiring.pairs import instruments_of

        return instruments_of(self.trading_pairs_config)

    @property
    def parameters(self) -> StrategyParameters:
        """The owner's constants with STRATEGY_PARAMETERS over them. Raises ConfigurationError."""
        from domain.errors import DomainError
        from domain.parameters import STANDARD

        try:
            given = json.loads(self.strategy_parameters or "{}")
            return STANDARD.with_settings([f"{name}={value}" for name, value in given.items()])
        except DomainError as error:
            raise ConfigurationError(f"STRATEGY_PARAMETERS: {error}") from None
        except (ValueError, AttributeError):
            raise ConfigurationError(
                'STRATEGY_PARAMETERS is not a JSON object such as {"buy_threshold": 0.3}'
            ) from None


class Binance(Function, frozen=True, kw_only=True):
    """Reads candles."""

    binance_hosts: str = "https://data-api.binance.vision,https://api.binance.com"


class Told(Function, frozen=True, kw_only=True):
    """Tells the owner."""

    slack_webhook_url: str = ""
    message_language: Literal["ja", "en"] = "ja"
    coincheck_url: str = "https://coincheck.com"


class PriceCollector(Binance, frozen=True, kw_only=True):
    """Starts analyses."""

    state_machine_arn: str


class ChronosCaller(Function, frozen=True, kw_only=True):
    """Asks the model; without an endpoint momentum stands in."""

    sagemaker_endpoint: str = ""


class NewsCollector(Function, frozen=True, kw_only=True):
    """Asks CryptoPanic; without a key there are no news."""

    cryptopanic_api_key: str = ""
    cryptopanic_plan: Literal["developer", "growth", "enterprise"] = "growth"
    cryptopanic_url: str = "https://cryptopanic.com"


class Mood(Function, frozen=True, kw_only=True):
    """Asks for funding, fear and dominance."""

    binance_futures_url: str = "https://fapi.binance.com"
    fear_greed_url: str = "https://api.alternative.me"
    coingecko_url: str = "https://api.coingecko.com"


class Orders(Told, frozen=True, kw_only=True):
    """Asks for orders."""

    order_queue_url: str


class OrderExecutor(Told, frozen=True, kw_only=True):
    """Places orders: the only one with the account's key."""

    coincheck_secret: str
    trading_mode: Literal["dry_run", "live"] = "dry_run"


class DailyReporter(Told, frozen=True, kw_only=True):
    """Keeps reports, and asks whether other parameters would have been better."""

    report_bucket: str
    tuner: Literal["random", "off"] = "random"


class ErrorRemediator(Told, frozen=True, kw_only=True):
    """Tells of errors; asks the repository to repair itself where that is set."""

    github_secret: str = ""
    github_repository: str = ""


S = TypeVar("S", bound=Function)


def read(kind: type[S], environment: Mapping[str, str]) -> S:
    """The settings of a function. Raises ConfigurationError that names the variable."""
    known = {one.encode_name for one in msgspec.structs.fields(kind)}
    given: dict[str, Any] = {name: environment[name] for name in known & environment.keys()}
    try:
        settings = msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise ConfigurationError(_said(str(error))) from None
    empty = [
        one.encode_name
        for one in msgspec.structs.fields(kind)
        if one.required and not getattr(settings, one.name).strip()
    ]
    if empty:
        raise ConfigurationError(f"the variable {empty[0]} is empty: the stack sets it; deploy it")
    return settings


def _said(error: str) -> str:
    """Msgspec's words with what to do."""
    missing = error.partition("missing required field `")[2].partition("`")[0]
    if missing:
        return f"the variable {missing} is missing: the stack sets it; deploy it again"
    place = error.partition("at `$.")[2].partition("`")[0]
    return f"the variable {place}: {error.partition(' - ')[0]}"
