"""What a report says about the log itself, asked of whoever can check it."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

import attrs

from application.ports.tamper_evidence import Anchor


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class AuditLine:
    """An audit in one line. `first_bad` is the id of the first event that breaks a rule.

    `residuals` are what the exchange held more than the books when last compared, by currency;
    `compared` counts the statements of the exchange that were held against the books.
    """

    balanced: bool
    events: int
    compared: int
    violations: int
    first_bad: str | None
    residuals: tuple[tuple[str, Decimal], ...]


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class ParityLine:
    """The day's analyses decided again: how many, and how many came out equal to the bit.

    `fills` were held against the quotes they were sent at, in basis points (over 0 cost money).
    """

    decisions: int
    equal: int
    fills: int
    mean_bp: float
    worst_bp: float


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class NightChecks:
    """How to check the log; what is None is not checked. `parity` is given a start and end (ms).

    Each may raise OutsideError or DomainError: the report then says so and comes all the same.
    """

    head: Callable[[], Awaitable[Anchor]] | None = None
    audit: Callable[[], Awaitable[AuditLine]] | None = None
    parity: Callable[[int, int], Awaitable[ParityLine]] | None = None
