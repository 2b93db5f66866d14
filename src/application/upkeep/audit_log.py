"""The books and the rules again, from the log alone: what it tells must agree with itself.

At every OrderSubmitting the exchange had just said what the account holds. Books kept from the
fills must say the same, to the last decimal, whenever no other order is under way.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import attrs

from application.errors import Broken
from application.ports.event_store import EventStore
from application.ports.tamper_evidence import ChainReport, TamperEvidence, Violation
from application.upkeep.trading_rules import TradingRules
from domain.events import Commit, OrderSubmitting
from domain.events.recorded import event_id
from domain.trading.books import EXACT, JPY, Books

MOST: Final = 1_000
"""Violations that are kept; the first ones tell what happened."""
CAUSELESS = (
    "ticks",
    "news",
    "context",
    "feeds",
    "anchors",
    "parameters",
    "reports",
    "errors",
    "tuning",
)
"""Streams that a schedule or a log line writes to; all else follows from an event."""


class LogAuditor:
    """Is fed all commits of a log, in their order, and says what is wrong with each.

    `statements=False` leaves out the comparison with the balances noted on the log, for a
    judge who knows the true ones: it calls `residual`. Memory grows with the number of streams
    (one number each) and with what is under way, not with events.
    """

    def __init__(self, *, statements: bool = True) -> None:
        self.books = Books()
        self.violations: list[Violation] = []
        self.events = 0
        self.position = 0
        self.compared = 0
        """Statements of the exchange that were compared with the books."""
        self.skipped = 0
        """Statements that were not, for another order was under way."""
        self._statements = statements
        self._rules = TradingRules(self.books)
        self._versions: dict[str, int] = {}
        self._residuals: dict[str, Decimal] = {}

    @property
    def residuals(self) -> Mapping[str, Decimal]:
        """By currency, what the exchange had more than the books when last compared; no zeros."""
        return {name: amount for name, amount in sorted(self._residuals.items()) if amount}

    @property
    def under_way(self) -> tuple[str, ...]:
        """Orders that have not ended yet."""
        return self._rules.under_way()

    def add(self, position: int, commit: Commit) -> tuple[Violation, ...]:
        """The violations in one more commit; they are added to `violations` too."""
        self.position = position
        before = len(self.violations)
        self._envelope(commit)
        for offset, event in enumerate(commit.events):
            name = event_id(commit.stream, commit.version + offset)
            try:
                for rule, detail in self._rules.check(commit, event):
                    self._found(name, rule, detail)
                if isinstance(event, OrderSubmitting):
                    self._statement(name, event)
            except ArithmeticError as error:
                self._found(name, "amount", f"an amount that cannot be added up: {error!r}")
        self.events += len(commit.events)
        self._versions[commit.stream] = commit.last_version
        return tuple(self.violations[before:])

    def residual(self, currency: str, stated: Decimal) -> Decimal:
        """What the exchange holds more than the books say; `currency` is "jpy" or a pair."""
        return EXACT.subtract(stated, self.books.held(currency))

    def _found(self, event: str, rule: str, detail: str) -> None:
        if len(self.violations) < MOST:
            self.violations.append(Violation(self.position, event, rule, detail))

    def _envelope(self, commit: Commit) -> None:
        """Versions without a gap, and a cause that stands on the log."""
        stream, newest = commit.stream, self._versions.get(commit.stream, 0)
        name = event_id(stream, commit.version)
        if commit.version != newest + 1:
            self._found(name, "version", f"version {newest} of {stream} came before it")
        if not commit.causation:
            if stream.partition("/")[0] not in CAUSELESS:
                self._found(name, "cause", "it names no event that it followed from")
            return
        cause, _, version = commit.causation.rpartition("@")
        known = self._versions.get(cause, 0)
        if not version.isdecimal() or not 1 <= int(version) <= known:
            self._found(name, "cause", f"its cause {commit.causation} is not on the log before it")

    def _statement(self, name: str, event: OrderSubmitting) -> None:
        """What the exchange said just before the order was sent, against the books."""
        jpy = EXACT.add(event.jpy_free.amount, event.jpy_reserved.amount)
        coins = EXACT.add(event.coins_free, event.coins_reserved)
        for currency, stated in ((JPY, jpy), (event.pair, coins)):
            if not self.books.is_open(currency):
                self._rules.begin(currency, stated)
            elif self._statements:
                self._compare(name, currency, stated, event)

    def _compare(self, name: str, currency: str, stated: Decimal, event: OrderSubmitting) -> None:
        pair = None if currency == JPY else currency
        if self._rules.is_moving(pair, but=event.order):
            self.skipped += 1
            return
        self.compared += 1
        found = self.residual(currency, stated)
        # said once, where it arose, not again at every later statement
        if found != self._residuals.get(currency, 0) and found:
            held = self.books.held(currency)
            text = f"the exchange had {stated:f} {currency}, the books {held:f}: {found:+f}"
            self._found(name, "balance", text)
        self._residuals[currency] = found


@attrs.frozen(slots=True, weakref_slot=False)
class Audit:
    """All that an audit found: in the chain, and in the books of what it vouches for."""

    chain: ChainReport
    auditor: LogAuditor

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Everything that is wrong, in the order of the log; what anchors say comes last."""
        found = [*self.chain.violations, *self.auditor.violations]
        return tuple(sorted(found, key=lambda one: one.place))

    @property
    def is_balanced(self) -> bool:
        """True when nothing at all is wrong: figures of a log that was edited prove nothing."""
        return not self.violations and not self.auditor.residuals


async def audit_log(
    *, store: EventStore, evidence: TamperEvidence, wanted: str | None = None
) -> Audit:
    """Check the chain, then keep the books up to the first commit that cannot be trusted.

    `wanted` is an anchor's digest that was kept elsewhere.
    """
    chain = await evidence.check(wanted)
    bad = [one.position for one in chain.violations if one.rule != "anchor"]
    auditor = LogAuditor()
    try:
        async for position, commit in store.read_all():
            if bad and position >= bad[0]:
                break
            auditor.add(position, commit)
    except Broken as error:
        at = auditor.position + 1
        if not bad:
            auditor.violations.append(Violation(at, f"position {at}", "readable", str(error)))
    return Audit(chain, auditor)
