"""The trader on AWS: log and tables in DynamoDB, the other plugs by what a function is told.

One container a process. A plug's module is imported when the plug is first used, and a function
names the plugs that it uses; so it loads, and its package holds, what it needs and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from entrypoints.wiring.environment import Environment
from entrypoints.wiring.injector import plug, providers

WHERE: Final[Mapping[str, str]] = {
    "clock": "adapters.clock.system:SystemClock",
    "tables": "adapters.read_models.dynamodb:DynamoReadModels",
    "event_store": "adapters.event_store.dynamodb:DynamoEventStore",
    "evidence": "adapters.event_store.dynamodb_chain:DynamoHashChain",
    "log": "application.commit:Log",
    "technical_scorer": "adapters.technical_scorer.windowed:WindowedScorer",
    "market_data": "entrypoints.wiring.cloud.prices:prices",
    "market_context": "entrypoints.wiring.cloud.mood:mood",
    "news_feed": "entrypoints.wiring.cloud.news:news",
    "forecaster": "entrypoints.wiring.cloud.forecaster:forecaster",
    "exchange": "entrypoints.wiring.cloud.market:market",
    "account": "entrypoints.wiring.cloud.account:account",
    "order_queue": "adapters.order_queue.sqs:SqsOrderQueue",
    "analysis_starter": "adapters.analysis_starter.step_functions:StepFunctionsStarter",
    "report_archive": "adapters.report_archive.s3:S3Archive",
    "proposer": "entrypoints.wiring.cloud.proposer:proposer",
    "notifier": "entrypoints.wiring.cloud.notifier:notifier",
    "ranker": "application.ranking:Ranker",
}
"""Where each plug is made; `account` stands in the place of `exchange` for who holds the key."""


def on_aws(function: str, settings: Any, **given: Any) -> Environment:
    """The plugs of one function by its settings; `given` replaces providers by name.

    Raises ConfigurationError for settings that cannot be understood.
    """
    container = Environment()
    prefix = settings.table_prefix
    dynamo = _client("dynamodb")
    instruments = settings.instruments
    clock = _made("clock")
    if settings.rehearsal_clock:
        shifted = plug("adapters.clock.shifted:shifted_by")
        clock = providers.Singleton(shifted, settings.rehearsal_clock)
    tables = _made("tables", dynamo, prefix, clock)
    store = _made("event_store", dynamo, prefix, clock)
    if hasattr(settings, "coincheck_secret"):
        exchange = _made("account", settings, clock, dynamo, prefix)
    else:
        exchange = _made("exchange", settings, clock)
    container.override_providers(
        instruments=providers.Object(instruments),
        parameters=providers.Object(settings.parameters),
        writer=providers.Object(f"{function}/{settings.aws_lambda_log_stream_name}"),
        clock=clock,
        tables=tables,
        event_store=store,
        evidence=_made("evidence", store, clock),
        technical_scorer=_made("technical_scorer", tables, container.parameters),
        market_data=_made("market_data", settings, clock),
        market_context=_made("market_context", settings, clock),
        news_feed=_made("news_feed", settings, clock),
        forecaster=_made("forecaster", settings, clock),
        exchange=exchange,
        order_queue=_made(
            "order_queue", _client("sqs"), getattr(settings, "order_queue_url", ""), clock
        ),
        analysis_starter=_made(
            "analysis_starter",
            _client("stepfunctions"),
            getattr(settings, "state_machine_arn", ""),
            instruments.pairs,
        ),
        report_archive=_made(
            "report_archive", _client("s3"), getattr(settings, "report_bucket", "")
        ),
        proposer=_made("proposer", settings),
        notifier=_made("notifier", settings, clock),
    )
    container.override_providers(**given)
    return container


def _made(name: str, *given: Any) -> providers.Provider:
    return providers.Singleton(plug(WHERE[name]), *given)


def _client(service: str) -> providers.Provider:
    return providers.Singleton(plug("adapters.aws_calls:ClientLater"), service)
