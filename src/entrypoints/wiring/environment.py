"""The names that every environment provides; each environment fills them with its own plugs.

Plugs are built on first use, once. Tests and other programs swap one by overriding its
provider; nothing is patched.
"""

from decimal import Decimal
from typing import Any

from application import policy as policies
from domain import instruments as coins
from domain import parameters as constants
from domain.money import Jpy
from entrypoints.wiring.injector import containers, plug, providers


def _ranker(tables: Any, instruments: Any, exchange: Any) -> Any:
    from application.ranking import Ranker

    return Ranker(tables, instruments, exchange.price)


class Environment(containers.DeclarativeContainer):
    """What all environments share; `series` (candles by pair) and `yen` must be given.

    clock, tables, event_store and notifier are each environment's own.
    """

    # what is traded, how, and with how much
    instruments: providers.Provider = providers.Object(coins.DEFAULT)
    parameters: providers.Provider = providers.Object(constants.STANDARD)
    policy: providers.Provider = providers.Object(policies.STANDARD)
    cash: providers.Provider = providers.Object(Jpy(Decimal(100_000)))
    terms: providers.Provider = providers.Singleton(
        plug("adapters.exchange.simulated.matching:FillAssumptions")
    )
    writer: providers.Provider = providers.Object("trader")
    # the recorded or synthetic world; `traded` may leave out what is only warm-up
    series: providers.Provider = providers.Dependency(instance_of=dict)
    yen: providers.Provider = providers.Dependency()
    traded: providers.Provider = providers.Singleton(dict, series)
    price_decimals: providers.Provider = providers.Object(3)
    scored_ahead: providers.Provider = providers.Object(None)

    clock: providers.Provider = providers.Dependency()
    tables: providers.Provider = providers.Dependency()
    event_store: providers.Provider = providers.Dependency()
    notifier: providers.Provider = providers.Dependency()
    evidence: providers.Provider = providers.Object(None)
    proposer: providers.Provider = providers.Object(None)
    report_archive: providers.Provider = providers.Singleton(
        plug("adapters.report_archive.in_memory:InMemoryArchive")
    )
    log: providers.Provider = providers.Singleton(
        plug("application.commit:Log"), event_store, tables, writer
    )
    market_data: providers.Provider = providers.Singleton(
        plug("adapters.market_data.recorded:RecordedMarketData"), series
    )
    news_feed: providers.Provider = providers.Object(None)
    market_context: providers.Provider = providers.Object(None)
    forecaster: providers.Provider = providers.Object(None)
    technical_scorer: providers.Provider = providers.Singleton(
        plug("adapters.technical_scorer.batched:BatchedScorer"),
        series,
        parameters,
        due=scored_ahead,
    )
    prices: providers.Provider = providers.Singleton(
        plug("adapters.exchange.simulated.prices:SimulatedPrices"),
        traded,
        yen,
        decimals=price_decimals,
    )
    exchange: providers.Provider = providers.Singleton(
        plug("adapters.exchange.simulated.exchange:SimulatedExchange"),
        clock=clock,
        prices=prices,
        instruments=instruments,
        cash=cash,
        terms=terms,
    )
    order_queue: providers.Provider = providers.Singleton(
        plug("adapters.order_queue.in_memory:InMemoryOrderQueue"), clock
    )
    analysis_starter: providers.Provider = providers.Singleton(
        plug("adapters.analysis_starter.in_process:InProcessStarter")
    )
    ranker: providers.Provider = providers.Singleton(_ranker, tables, instruments, exchange)
    ports: providers.Provider = providers.Singleton(
        plug("entrypoints.wiring.ports:Ports"),
        clock=clock,
        log=log,
        market_data=market_data,
        news_feed=news_feed,
        market_context=market_context,
        forecaster=forecaster,
        technical_scorer=technical_scorer,
        exchange=exchange,
        order_queue=order_queue,
        analysis_starter=analysis_starter,
        notifier=notifier,
        policy=policy,
        parameters=parameters,
        instruments=instruments,
    )
