"""The trader on AWS: log and tables in DynamoDB, the other plugs by what a function is told.

One container a process. A plug's module is imported when the plug is first used, so each
function loads what it needs and no more.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from entrypoints.wiring.environment import Environment
from entrypoints.wiring.injector import plug, providers

if TYPE_CHECKING:
    import httpx

    from application.ports.clock import Clock
    from application.ports.exchange import Exchange
    from application.ports.forecaster import Forecaster
    from application.ports.market_context import MarketContext
    from application.ports.market_data import MarketData
    from application.ports.news_feed import NewsFeed
    from application.ports.notifier import Notifier


def on_aws(function: str, settings: Any, **given: Any) -> Environment:
    """The plugs of one function by its settings; `given` replaces providers by name.

    Raises ConfigurationError for settings that cannot be understood.
    """
    container = Environment()
    prefix = settings.table_prefix
    dynamo = _client("dynamodb")
    instruments = settings.instruments
    clock = providers.Singleton(plug("adapters.clock.system:SystemClock"))
    tables = providers.Singleton(
        plug("adapters.read_models.dynamodb:DynamoReadModels"), dynamo, prefix, clock
    )
    store = providers.Singleton(
        plug("adapters.event_store.dynamodb:DynamoEventStore"), dynamo, prefix, clock
    )
    container.override_providers(
        instruments=providers.Object(instruments),
        parameters=providers.Object(settings.parameters),
        writer=providers.Object(f"{function}/{settings.aws_lambda_log_stream_name}"),
        clock=clock,
        tables=tables,
        event_store=store,
        evidence=providers.Singleton(
            plug("adapters.event_store.dynamodb_chain:DynamoHashChain"), dynamo, prefix, store
        ),
        technical_scorer=providers.Singleton(
            plug("adapters.technical_scorer.windowed:WindowedScorer"),
            tables,
            container.parameters,
        ),
        market_data=providers.Singleton(_prices, settings, clock),
        market_context=providers.Singleton(_mood, settings, clock),
        news_feed=providers.Singleton(_news, settings, clock),
        forecaster=providers.Singleton(_forecaster, settings, clock),
        exchange=providers.Singleton(_exchange, settings, clock, dynamo, prefix),
        order_queue=providers.Singleton(
            plug("adapters.order_queue.sqs:SqsOrderQueue"),
            _client("sqs"),
            getattr(settings, "order_queue_url", ""),
            clock,
        ),
        analysis_starter=providers.Singleton(
            plug("adapters.analysis_starter.step_functions:StepFunctionsStarter"),
            _client("stepfunctions"),
            getattr(settings, "state_machine_arn", ""),
            instruments.pairs,
        ),
        report_archive=providers.Singleton(
            plug("adapters.report_archive.s3:S3Archive"),
            _client("s3"),
            getattr(settings, "report_bucket", ""),
        ),
        notifier=providers.Singleton(_notifier, settings, clock),
    )
    container.override_providers(**given)
    return container


def _client(service: str) -> providers.Provider:
    return providers.Singleton(plug("adapters.aws_calls:ClientLater"), service)


def _transport() -> httpx.AsyncHTTPTransport:
    """Connections that are not kept between calls.

    What slept may be dead, and an order that is sent on a dead line is in doubt.
    """
    import httpx

    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncHTTPTransport(retries=0, trust_env=False, limits=limits)


def _chance() -> float:
    return random.SystemRandom().random()


def _prices(settings: Any, clock: Clock) -> MarketData:
    from adapters.http_reads import Patience, reads_client
    from adapters.market_data.binance.klines import BinanceKlines
    from adapters.market_data.closed_only import ClosedOnly

    return ClosedOnly(
        BinanceKlines(
            settings.instruments,
            hosts=tuple(one.strip() for one in settings.binance_hosts.split(",") if one.strip()),
            client=reads_client(_transport()),
            clock=clock,
            patience=Patience(connect_s=3, read_s=6, call_s=12),
            chance=_chance,
        )
    )


def _mood(settings: Any, clock: Clock) -> MarketContext:
    from adapters.http_reads import Patience, reads_client
    from adapters.market_context.dominance import Dominance
    from adapters.market_context.fear_greed import FearGreed
    from adapters.market_context.funding import FundingRates
    from adapters.market_context.live import LiveMarketContext

    client = reads_client(_transport())
    patience = Patience(connect_s=3, read_s=6, call_s=12, attempts=2)
    return LiveMarketContext(
        FundingRates(
            settings.instruments,
            client=client,
            clock=clock,
            url=settings.binance_futures_url,
            patience=patience,
        ),
        FearGreed(client=client, clock=clock, url=settings.fear_greed_url, patience=patience),
        Dominance(
            client=client, clock=clock, key="", url=settings.coingecko_url, patience=patience
        ),
    )


def _news(settings: Any, clock: Clock) -> NewsFeed | None:
    if not settings.cryptopanic_api_key:
        return None
    from adapters.http_reads import Patience
    from adapters.news_feed.cryptopanic.access import Access, cryptopanic_client
    from adapters.news_feed.cryptopanic.feed import CryptoPanicNews

    access = Access(
        token=settings.cryptopanic_api_key,
        plan=settings.cryptopanic_plan,
        url=settings.cryptopanic_url,
    )
    return CryptoPanicNews(
        settings.instruments,
        access,
        client=cryptopanic_client(access, _transport()),
        clock=clock,
        patience=Patience(connect_s=3, read_s=8, call_s=16),
        chance=_chance,
    )


def _forecaster(settings: Any, clock: Clock) -> Forecaster | None:
    endpoint = getattr(settings, "sagemaker_endpoint", "")
    if not endpoint:
        return None
    from adapters.forecaster.sagemaker import SageMakerForecaster

    from adapters.aws_calls import aws_client

    return SageMakerForecaster(
        aws_client("sagemaker-runtime", read_s=62, attempts=1), endpoint, clock, chance=_chance
    )


def _exchange(settings: Any, clock: Clock, dynamo: Any, prefix: str) -> Exchange:
    """The account for the one that holds its key; the public prices for all others."""
    from adapters.http_reads import HttpReads, Patience, reads_client

    if not hasattr(settings, "coincheck_secret"):
        from adapters.exchange.market_only import MarketOnly
        from adapters.exchange.paper.coincheck_prices import CoincheckPrices

        reads = HttpReads(
            "Coincheck",
            client=reads_client(_transport()),
            clock=clock,
            patience=Patience(connect_s=3, read_s=6, call_s=12),
        )
        source = CoincheckPrices(reads, settings.coincheck_url, settings.instruments)
        return MarketOnly(source, clock)
    return _account(settings, clock, dynamo, prefix)


def _account(settings: Any, clock: Clock, dynamo: Any, prefix: str) -> Exchange:
    from adapters.exchange.coincheck.nonces_dynamodb import DynamoNonces
    from adapters.exchange.dry_run import DryRunExchange
    from adapters.secrets.aws_secrets import AwsSecrets

    from adapters.aws_calls import aws_client
    from adapters.exchange.coincheck.calls import Retries, Timeouts, coincheck_client
    from adapters.exchange.coincheck.exchange import CoincheckExchange
    from adapters.exchange.coincheck.signing import Credentials

    secret = AwsSecrets(aws_client("secretsmanager"), clock).read(settings.coincheck_secret)
    exchange = CoincheckExchange(
        client=coincheck_client(settings.coincheck_url, transport=_transport()),
        credentials=Credentials(key_id=secret["key_id"], secret=secret["secret"]),
        clock=clock,
        instruments=settings.instruments,
        nonces=DynamoNonces(dynamo, prefix, clock),
        timeouts=Timeouts(connect_s=3, read_s=8, call_s=10, turn_s=12),
        retries=Retries(),
    )
    return exchange if settings.trading_mode == "live" else DryRunExchange(exchange)


def _notifier(settings: Any, clock: Clock) -> Notifier:
    """Slack where a function has the webhook; elsewhere nobody is told but the log."""
    webhook = getattr(settings, "slack_webhook_url", "")
    if not webhook:
        from adapters.notifier.several import Several

        return Several(())
    from adapters.notifier.slack.webhook import SlackNotifier, slack_client

    return SlackNotifier(
        webhook,
        client=slack_client(_transport()),
        clock=clock,
        language=settings.message_language,
    )
