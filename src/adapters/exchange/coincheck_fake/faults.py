"""Trouble on order: scripted call by call, standing until it is ended, or by seeded chance."""

from collections import deque
from collections.abc import Mapping
from random import Random
from threading import Event, Lock
from typing import Final

import attrs

REPLY_LOST_AFTER: Final = "reply-lost-after"
REPLY_LOST_BEFORE: Final = "reply-lost-before"
HTTP_502_AFTER: Final = "http-502-after"
HTTP_502_BEFORE: Final = "http-502-before"
HTML_200: Final = "html-200"
TRUNCATED_JSON: Final = "truncated-json"
DELAYED: Final = "delayed"
THROTTLED: Final = "throttled"
NONCE_REFUSED: Final = "nonce-refused"
MAINTENANCE: Final = "maintenance"
STALE_TICKER: Final = "stale-ticker"
LAST_OUTSIDE_SPREAD: Final = "last-outside-spread"
BALANCE_LAG: Final = "balance-lag"
FILLS_LAG: Final = "fills-lag"
WRONG_TYPES: Final = "wrong-types"
PARTLY_EXPIRED: Final = "partly-expired"

PUBLIC = ("ticker", "order-books", "trades", "rate", "estimate", "status")
PRIVATE = (
    *("place", "detail", "cancel", "opens", "cancel-status", "fills", "fills-page"),
    *("balance", "accounts", "withdraws", "bank-accounts", "sends"),
)
POINTS: Final = (*PUBLIC, *PRIVATE)
ANY: Final = "any"

WHERE: Final[Mapping[str, tuple[str, ...]]] = {
    REPLY_LOST_AFTER: POINTS,
    REPLY_LOST_BEFORE: POINTS,
    HTTP_502_AFTER: POINTS,
    HTTP_502_BEFORE: POINTS,
    HTML_200: POINTS,
    TRUNCATED_JSON: POINTS,
    DELAYED: POINTS,
    THROTTLED: POINTS,
    NONCE_REFUSED: PRIVATE,
    MAINTENANCE: POINTS,
    STALE_TICKER: ("ticker",),
    LAST_OUTSIDE_SPREAD: ("ticker",),
    BALANCE_LAG: ("balance",),
    FILLS_LAG: ("fills", "fills-page"),
    WRONG_TYPES: POINTS,
    PARTLY_EXPIRED: ("place",),
}
"""Every fault, and the points of the interface where it can strike."""


@attrs.define(slots=True, weakref_slot=False)
class HeldRequest:
    """A request that has arrived and is not judged yet."""

    point: str
    released: Event = attrs.Factory(Event)
    judged: Event = attrs.Factory(Event)
    abandoned: bool = False


class Faults:
    """Which fault strikes which request; same script, seed and requests, same faults.

    The script goes first, then what is standing, then chance. `struck` tells what came.
    """

    def __init__(
        self,
        rates: Mapping[str, float] | None = None,
        *,
        seed: int = 0,
        hold_s: float = 30.0,
        lag_ms: int = 5_000,
        stale_ms: int = 60_000,
    ) -> None:
        self._rates = dict(rates or {})
        for name in self._rates:
            _judge(name, ANY)
        self._chance = Random(f"coincheck-fake/{seed}")  # noqa: S311 - a script, no secret
        self._script: dict[str, deque[str | None]] = {point: deque() for point in (*POINTS, ANY)}
        self._standing: dict[str, str] = {}
        self._lock = Lock()
        self._held: list[HeldRequest] = []
        self._holding = Event()
        self.hold_s = hold_s
        self.lag_ms = lag_ms
        self.stale_ms = stale_ms
        self.struck: list[tuple[str, str]] = []

    def next(self, point: str, name: str | None, times: int = 1) -> None:
        """Strike the next call at a point, or `any`; None lets one pass untouched.

        Called again, it is about the call after. Raises ValueError for a fault that cannot
        strike there.
        """
        _judge(name, point)
        with self._lock:
            self._script[point].extend([name] * times)

    def begin(self, name: str, point: str = ANY) -> None:
        """Strike every call from now on."""
        _judge(name, point)
        with self._lock:
            self._standing[point] = name

    def end(self, point: str = ANY) -> None:
        """No longer strike every call."""
        with self._lock:
            self._standing.pop(point, None)

    def heal(self) -> None:
        """Nothing strikes by chance any more."""
        with self._lock:
            self._rates.clear()

    def draw(self, point: str) -> str | None:
        """What strikes this request."""
        with self._lock:
            name = self._draw(point)
            if name is not None:
                self.struck.append((point, name))
            return name

    def _draw(self, point: str) -> str | None:
        drawn = {name: self._chance.random() for name in sorted(self._rates)}
        for queue in (self._script[point], self._script[ANY]):
            if queue:
                name = queue.popleft()
                return name if name is None or point in WHERE[name] else None
        for place in (point, ANY):
            standing = self._standing.get(place)
            if standing is not None and point in WHERE[standing]:
                return standing
        struck = (name for name, chance in drawn.items() if chance < self._rates[name])
        return next((name for name in struck if point in WHERE[name]), None)

    def hold(self, point: str) -> HeldRequest:
        """Note a request that waits to be judged."""
        held = HeldRequest(point)
        with self._lock:
            self._held.append(held)
            self._holding.set()
        return held

    def wait_until_held(self, wait_s: float = 5.0) -> bool:
        """Come back when a request is being held."""
        return self._holding.wait(wait_s)

    def release(self, wait_s: float = 5.0) -> bool:
        """Let all held requests be judged now; whether all were, within the time."""
        return all(one.judged.wait(wait_s) for one in self._let_go(abandoned=False))

    def abandon(self) -> None:
        """Drop all held requests without judging them: the server goes down."""
        self._let_go(abandoned=True)

    def _let_go(self, *, abandoned: bool) -> list[HeldRequest]:
        with self._lock:
            held, self._held = self._held, []
            self._holding.clear()
        for one in held:
            one.abandoned = abandoned
            one.released.set()
        return held


def _judge(name: str | None, point: str) -> None:
    if name is not None and name not in WHERE:
        raise ValueError(f"there is no fault {name!r}: choose from {', '.join(WHERE)}")
    if point != ANY and point not in POINTS:
        raise ValueError(f"there is no point {point!r}: choose from {', '.join((ANY, *POINTS))}")
    if name is not None and point != ANY and point not in WHERE[name]:
        raise ValueError(f"{name} cannot strike {point}: only {', '.join(WHERE[name])}")
