"""The vocabulary: everything that can have happened, in the order it happens.

An event is a frozen value and knows nothing of storage; `Commit` is its envelope.
"""

from typing import get_args

from domain.events.doubt import (
    OrderAbandoned,
    OrderAdopted,
    OrderLooked,
    OrderProvenAbsent,
    OrderQuarantined,
    OrderReleased,
)
from domain.events.market import (
    AnalysisTriggered,
    Candle,
    CollectionFailed,
    Headline,
    MarketContextCollected,
    NewsCallsMade,
    PriceCollected,
    SentimentScored,
)
from domain.events.recorded import Commit, Recorded
from domain.events.scoring import (
    Components,
    ForecastReading,
    MarketReading,
    SentimentReading,
    SignalScored,
    TechnicalReading,
    Thresholds,
    Weights,
)
from domain.events.strategy import (
    Action,
    ChosenTrade,
    CircuitBreakerReset,
    CircuitBreakerTripped,
    DecisionMade,
    Refusal,
)
from domain.events.trading import (
    EntryDisbelieved,
    OrderExpired,
    OrderFilled,
    OrderFillReceived,
    OrderInDoubt,
    OrderPlaced,
    OrderRefused,
    OrderRequested,
    OrderSubmitting,
    PeakRaised,
    PositionClosed,
    PositionOpened,
    PositionReduced,
    PositionWrittenOff,
    Reason,
    Side,
    Sizing,
    StopLossHit,
    TakeProfitHit,
    TrailingStopRaised,
)
from domain.events.tuning import (
    ChangesTried,
    ParameterMove,
    ParametersChanged,
    ParametersReviewed,
    ParametersRolledBack,
    ProposalPaid,
    ShutGate,
    Trial,
    TuningRefused,
)
from domain.events.upkeep import DailyReportPublished, ErrorDetected, LogAnchored

MarketEvent = (
    PriceCollected
    | CollectionFailed
    | SentimentScored
    | NewsCallsMade
    | MarketContextCollected
    | AnalysisTriggered
)
BreakerEvent = CircuitBreakerTripped | CircuitBreakerReset
OrderEvent = (
    OrderRequested
    | OrderSubmitting
    | OrderPlaced
    | OrderInDoubt
    | OrderLooked
    | OrderAdopted
    | OrderProvenAbsent
    | OrderQuarantined
    | OrderReleased
    | OrderAbandoned
    | OrderFillReceived
    | OrderFilled
    | OrderExpired
    | OrderRefused
)
PositionEvent = (
    PositionOpened
    | PeakRaised
    | TrailingStopRaised
    | StopLossHit
    | TakeProfitHit
    | EntryDisbelieved
    | PositionReduced
    | PositionWrittenOff
    | PositionClosed
)
ParameterEvent = ParametersChanged | ParametersReviewed | ParametersRolledBack
TuningEvent = ParameterEvent | TuningRefused | ChangesTried | ProposalPaid
Event = (
    MarketEvent
    | SignalScored
    | DecisionMade
    | BreakerEvent
    | OrderEvent
    | PositionEvent
    | LogAnchored
    | DailyReportPublished
    | ErrorDetected
    | TuningEvent
)
EVENT_TYPES: tuple[type[Event], ...] = get_args(Event)

__all__ = [
    "EVENT_TYPES",
    "Action",
    "AnalysisTriggered",
    "BreakerEvent",
    "Candle",
    "ChangesTried",
    "ChosenTrade",
    "CircuitBreakerReset",
    "CircuitBreakerTripped",
    "CollectionFailed",
    "Commit",
    "Components",
    "DailyReportPublished",
    "DecisionMade",
    "EntryDisbelieved",
    "ErrorDetected",
    "Event",
    "ForecastReading",
    "Headline",
    "LogAnchored",
    "MarketContextCollected",
    "MarketEvent",
    "MarketReading",
    "NewsCallsMade",
    "OrderAbandoned",
    "OrderAdopted",
    "OrderEvent",
    "OrderExpired",
    "OrderFillReceived",
    "OrderFilled",
    "OrderInDoubt",
    "OrderLooked",
    "OrderPlaced",
    "OrderProvenAbsent",
    "OrderQuarantined",
    "OrderRefused",
    "OrderReleased",
    "OrderRequested",
    "OrderSubmitting",
    "ParameterEvent",
    "ParameterMove",
    "ParametersChanged",
    "ParametersReviewed",
    "ParametersRolledBack",
    "PeakRaised",
    "PositionClosed",
    "PositionEvent",
    "PositionOpened",
    "PositionReduced",
    "PositionWrittenOff",
    "PriceCollected",
    "ProposalPaid",
    "Reason",
    "Recorded",
    "Refusal",
    "SentimentReading",
    "SentimentScored",
    "ShutGate",
    "Side",
    "SignalScored",
    "Sizing",
    "StopLossHit",
    "TakeProfitHit",
    "TechnicalReading",
    "Thresholds",
    "TrailingStopRaised",
    "Trial",
    "TuningEvent",
    "TuningRefused",
    "Weights",
]
