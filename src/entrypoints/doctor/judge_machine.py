"""Judgements about this machine: clock, nonces, disk, log, version.

Pure: facts in, findings out.
"""

from collections.abc import Sequence
from pathlib import Path

import attrs

from adapters.exchange.coincheck.nonces import LARGEST
from application.ports.tamper_evidence import ChainReport
from domain.instant import DAY, SECOND, iso
from entrypoints.doctor.findings import Finding, error, warning, well

CLOCK, NONCE, DISK, LOG, VERSION = "clock", "nonce", "disk", "log", "version"
OLDEST_PYTHON = (3, 11)
SKEW_KNOWN_S, SKEW_MOST_S = 1.0, 5.0
"""A candle is asked for 2 s after it has closed: a clock further ahead would ask too early."""
AHEAD_MOST_MS = 10 * SECOND
"""Nonces are counted up within a burst of calls; more than that is no burst."""
FREE_KNOWN, FREE_LEAST = 1_000_000_000, 100_000_000
_SET_CLOCK = (
    "set the machine's clock by NTP (`timedatectl set-ntp true`) before anything is traded: nonces "
    "are made of it, and a key that has seen a nonce of the future takes no smaller one"
)


@attrs.frozen(slots=True, weakref_slot=False)
class Skew:
    """Our clock less a service's, in seconds, give or take `doubt_s`."""

    service: str
    seconds: float
    doubt_s: float

    @property
    def beyond_doubt(self) -> float:
        """The part of it that doubt cannot explain."""
        return max(0.0, abs(self.seconds) - self.doubt_s)

    def agrees(self, other: "Skew") -> bool:
        """Whether both can be true of one clock."""
        return abs(self.seconds - other.seconds) <= self.doubt_s + other.doubt_s + SKEW_KNOWN_S

    def __str__(self) -> str:
        way = "ahead of" if self.seconds > 0 else "behind"
        return f"{abs(self.seconds):.1f} s {way} {self.service} (+-{self.doubt_s:.1f} s)"


def judge_clock(skews: Sequence[Skew]) -> Finding:
    """The most exact witness counts, unless another one contradicts it."""
    if not skews:
        return error(
            CLOCK,
            "no service told its time, so the clock cannot be judged",
            "see the errors of the services, and run doctor again",
        )
    best, *others = sorted(skews, key=lambda one: one.doubt_s)
    told = "; ".join(map(str, (best, *others)))
    if best.beyond_doubt <= SKEW_KNOWN_S:
        return well(CLOCK, told)
    if any(not best.agrees(one) and one.beyond_doubt <= SKEW_KNOWN_S for one in others):
        return warning(
            CLOCK,
            f"the services' clocks contradict each other: {told}",
            "run doctor again in some minutes; if it stays, check this machine's clock by hand",
        )
    judge = error if best.beyond_doubt > SKEW_MOST_S else warning
    return judge(CLOCK, f"this machine's clock is {told}", _SET_CLOCK)


def judge_mark(mark: int, now: int) -> Finding:
    """The newest nonce kept here (microseconds; 0: none) against the clock (ms)."""
    if not mark:
        return well(NONCE, "no nonce of this key is kept here yet; they will count microseconds")
    ahead = mark // 1000 - now
    if ahead > 1000 * 365 * DAY:
        return error(
            NONCE,
            f"the newest nonce kept here, {mark}, is no number of microseconds: a larger unit",
            "make a new API key: this one takes no smaller nonce than it has seen",
        )
    if ahead > AHEAD_MOST_MS:
        return error(
            NONCE,
            f"the newest nonce kept here is {_long(ahead)} ahead of the clock",
            "set the clock right if it is slow. If it is right it was fast before: make a new API "
            "key, as the old one works from this folder alone and from no other machine",
        )
    years = (LARGEST - mark) // 1_000_000 // (365 * 86_400)
    return well(NONCE, f"newest nonce of {iso(mark // 1000)}, head-room for {years:,} years")


def judge_refused_nonce() -> Finding:
    """The exchange has seen a larger nonce than the clock gives."""
    return error(
        NONCE,
        "Coincheck turns this clock's nonces away: it has seen larger ones with this key",
        "another program uses the key, or used it with a larger unit or a fast clock: stop it, "
        "make a new API key and give it to nobody else",
    )


def _long(ms: int) -> str:
    days = ms / DAY
    return f"{days:,.1f} days" if days >= 1 else f"{ms / SECOND:,.0f} s"


def judge_disk(folder: Path, free: int, problem: str | None) -> Finding:
    """`free` bytes where the folder is or will be; `problem` of writing there, if any."""
    if problem is not None:
        return error(
            DISK,
            f"{folder} cannot be written to: {problem}",
            "give this user the folder, or set another [general] folder",
        )
    text = f"{folder}: {free / 1e9:,.1f} GB free"
    if free < FREE_LEAST:
        return error(DISK, text, f"make room for at least {FREE_KNOWN / 1e9:.0f} GB")
    if free < FREE_KNOWN:
        return warning(DISK, text, f"make room for at least {FREE_KNOWN / 1e9:.0f} GB")
    return well(DISK, text)


def judge_log(path: Path, chain: ChainReport) -> Finding:
    """Nothing edited, dropped or swapped."""
    text = f"{path}: {chain.events:,} events in {chain.anchor.commits:,} commits"
    if chain.violations:
        first = chain.violations[0]
        return error(
            LOG,
            f"{path} is damaged or was edited: {first.event}: {first.detail}",
            f"restore a copy from before, or see what is wrong with `crypto-trader audit {path}`; "
            "do not trade on it",
        )
    if not chain.is_chained:
        return warning(
            LOG,
            f"{text}, without a hash chain: an older program wrote it",
            "begin a new log in another [general] folder",
        )
    return well(LOG, f"{text}, hash chain whole")


def judge_version(python: tuple[int, ...], package: str | None, sqlite: str) -> Finding:
    """Which program this is, and whether its Python is one it was made for."""
    told = ".".join(map(str, python))
    if python < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        return error(VERSION, f"Python {told} is too old", f"install Python {oldest} or newer")
    if package is None:
        return warning(
            VERSION,
            f"not installed as a package, so its version is unknown; Python {told}",
            "install it with pip, so that a log can be matched with the program that wrote it",
        )
    return well(VERSION, f"crypto-trader {package}, Python {told}, SQLite {sqlite}")
