"""Every fault that a simulated world knows: how often at most, and at which step it can strike.

A step is one call of a port, or one kind of append to the log. Faults of payloads and pages
(nulls, signs, page sizes) happen on the wire and are played by the fake exchange instead.
"""

from types import MappingProxyType
from typing import Final

import attrs

LOOKS = ("price", "quote", "balances", "fee", "order", "fills", "account fills", "open orders")
APPENDS = (
    "log prices",
    "log feeds",
    "log decision",
    "log exit",
    "log sending",
    "log answer",
    "log booking",
    "log doubt",
)
QUEUE = ("enqueue", "receive", "finish")
STEPS: Final = (
    "candles",
    "mood",
    "news",
    *LOOKS,
    "place",
    *APPENDS,
    *QUEUE,
    "start",
    "tell",
    "tick",
)
"""Everything that a tick can call, and the tick itself."""
EFFECTS: Final = STEPS[:-1]


@attrs.frozen
class FaultKind:
    """One way to be hurt: `most` is the largest rate that a seed may draw."""

    name: str
    most: float
    steps: tuple[str, ...]


_KINDS = (
    FaultKind("reply-lost", 0.3, ("place",)),
    FaultKind("request-lost", 0.3, ("place",)),
    FaultKind("request-late", 0.1, ("place",)),
    FaultKind("nonce-refused", 0.2, ("place",)),
    FaultKind("server-error", 0.3, (*LOOKS, "place", "candles", "mood", "news")),
    FaultKind("unreadable", 0.1, (*LOOKS, "place", "candles", "mood", "news")),
    FaultKind("throttled", 0.5, (*LOOKS, "place", "candles", "mood", "news", *QUEUE, "start")),
    FaultKind("outage-exchange", 0.005, (*LOOKS, "place")),
    FaultKind("outage-candles", 0.005, ("candles",)),
    FaultKind("outage-feeds", 0.005, ("mood", "news")),
    FaultKind("outage-queue", 0.005, QUEUE),
    FaultKind("outage-notifier", 0.02, ("tell",)),
    FaultKind("feed-part-missing", 0.2, ("mood",)),
    FaultKind("notifier-fails", 0.5, ("tell",)),
    FaultKind("write-refused", 0.1, APPENDS),
    FaultKind("write-unacknowledged", 0.1, APPENDS),
    FaultKind("message-twice", 0.5, ("finish",)),
    FaultKind("message-late", 0.2, ("enqueue",)),
    FaultKind("message-swapped", 0.2, ("enqueue",)),
    FaultKind("message-lost", 0.05, ("enqueue",)),
    FaultKind("partial-fills", 1.0, ("place",)),
    FaultKind("rest-expires", 0.2, ("place",)),
    FaultKind("balance-lag", 0.3, ("balances",)),
    FaultKind("fills-lag", 0.3, ("fills", "account fills")),
    FaultKind("order-hidden", 0.3, ("open orders",)),
    FaultKind("trade-by-hand", 0.05, ("tick",)),
    FaultKind("candle-gap", 0.05, ("candles",)),
    FaultKind("candle-forming", 0.1, ("candles",)),
    FaultKind("candle-twice", 0.1, ("candles",)),
    FaultKind("candle-late", 0.1, ("candles",)),
    FaultKind("price-gap", 1.0, ("tick",)),
    FaultKind("clock-step", 0.05, ("tick",)),
    FaultKind("deploy", 0.05, ("tick",)),
    FaultKind("crash-before", 0.05, EFFECTS),
    FaultKind("crash-after", 0.05, EFFECTS),
)
KINDS: Final = MappingProxyType({kind.name: kind for kind in _KINDS})
"""By name, in the order in which a step meets them."""

OUTAGES: Final = MappingProxyType(
    {
        "outage-exchange": "exchange",
        "outage-candles": "candles",
        "outage-feeds": "feeds",
        "outage-queue": "queue",
        "outage-notifier": "notifier",
    }
)
