"""Ports: everything that a run of the trader is made of, in one frozen bundle."""

import attrs

from adapters.analysis_starter.in_process import InProcessStarter
from application.commit import Log
from application.policy import Policy
from application.ports.clock import Clock
from application.ports.exchange import Exchange
from application.ports.forecaster import Forecaster
from application.ports.market_context import MarketContext
from application.ports.market_data import MarketData
from application.ports.news_feed import NewsFeed
from application.ports.notifier import Notifier
from application.ports.order_queue import OrderQueue
from application.ports.technical_scorer import TechnicalScorer
from domain.instruments import Instruments
from domain.parameters import StrategyParameters


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Ports:
    """All sockets with their plugs; the same names in every environment.

    A feed that is not configured is None: then its component is absent.
    """

    clock: Clock
    log: Log
    market_data: MarketData
    news_feed: NewsFeed | None
    market_context: MarketContext | None
    forecaster: Forecaster | None
    technical_scorer: TechnicalScorer
    exchange: Exchange
    order_queue: OrderQueue
    analysis_starter: InProcessStarter
    notifier: Notifier
    policy: Policy
    parameters: StrategyParameters
    instruments: Instruments
