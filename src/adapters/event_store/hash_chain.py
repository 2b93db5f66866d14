"""A hash chain per stream: each commit's hash covers the one before it and every column.

Whoever edits, drops or swaps commits leaves a hash that does not fit, a gap in the positions
or a gap in a stream's versions. Whoever can also write all later hashes anew needs a digest
that was kept elsewhere to be found out: an anchor.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

import attrs

from application.errors import Broken
from application.ports.tamper_evidence import Anchor, ChainReport, Violation
from domain.events.recorded import event_id

START: Final = bytes(32)
"""What stands before the first commit of a stream."""
NOTHING: Final = sha256().digest()
"""The digest of a log without commits."""
MOST: Final = 1_000
"""Flaws that are kept; the first ones tell what happened."""
_HEADER: Final = b"%b%d %d %d %d %d %d %d %d\n"


def link(
    previous: bytes,
    position: int,
    stream: str,
    version: int,
    last_version: int,
    at: int,
    correlation: str,
    causation: str,
    writer: str,
    body: bytes,
) -> bytes:
    """The hash of a commit; `body` as it is stored, `previous` that of its stream so far.

    The texts' lengths stand in front of them, so no two commits are the same bytes.
    """
    return _link(
        previous,
        position,
        stream.encode(),
        version,
        last_version,
        at,
        correlation.encode(),
        causation.encode(),
        writer.encode(),
        body,
    )


def _link(
    previous: bytes,
    position: int,
    stream: bytes,
    version: int,
    last_version: int,
    at: int,
    correlation: bytes,
    causation: bytes,
    writer: bytes,
    body: bytes,
) -> bytes:
    lengths = len(stream), len(correlation), len(causation), len(writer)
    header = _HEADER % (previous, position, version, last_version, at, *lengths)
    return sha256(b"".join((header, stream, correlation, causation, writer, body))).digest()


def rolled(digest: bytes, hashed: bytes) -> bytes:
    """The digest of a log with one commit more; it begins as NOTHING."""
    return sha256(digest + hashed).digest()


class StoredCommit(NamedTuple):
    """A commit as its columns, unread: texts as bytes, which need not be UTF-8.

    `sound` is False when a column is not even of its type.
    """

    position: int
    stream: bytes
    version: int
    last_version: int
    at: int
    correlation: bytes
    causation: bytes
    writer: bytes
    body: bytes
    hash: bytes
    sound: bool = True


@attrs.frozen(slots=True, weakref_slot=False)
class Claims:
    """What others say of the log: the digest of its first so many commits, and who says so.

    `ends` are the streams' newest versions when it was sealed; `wanted` a digest kept elsewhere.
    """

    digests: Mapping[int, tuple[tuple[str, str], ...]] = attrs.Factory(dict)
    ends: Mapping[bytes, int] = attrs.Factory(dict)
    wanted: str | None = None


def verify(rows: Iterable[StoredCommit], claims: Claims, *, numbered: bool = True) -> ChainReport:
    """Check commits in the order of their positions; memory grows with streams alone.

    `numbered`: positions are 1, 2, 3, and a gap among them is something that was dropped.
    """
    check = _Check(claims, numbered=numbered)
    try:
        for row in rows:
            check.add(row)
    except Broken as error:
        check.stop(str(error))
    return check.end()


class _Check:
    """The chain so far and what was found wrong with it."""

    def __init__(self, claims: Claims, *, numbered: bool) -> None:
        self._claims = claims
        self._numbered = numbered
        self._heads: dict[bytes, tuple[int, bytes]] = {}
        self._position = 0
        self._commits = 0
        """How many there were; where they are numbered, the number of the last one."""
        self._events = 0
        self._digest = NOTHING
        self._found: list[Violation] = []
        self._lacking: list[int] = []
        """Positions where commits begin to be missing."""
        self._gaps: list[str] = []
        """Events that are missing from their streams."""
        self._strange: dict[int, tuple[bytes, int]] = {}
        """Position -> stream and version of commits that a stream seems to begin with, wrongly."""
        self._moved: set[str] = set()
        """Events that stand later than they belong."""
        self._is_wanted = claims.wanted in (None, self._digest.hex())

    def add(self, row: StoredCommit) -> None:
        """One more commit."""
        if self._numbered and row.position > self._position + 1:
            self._lacks(self._position + 1, row.position)
        self._position = max(0, row.position)
        self._commits = self._position if self._numbered else self._commits + 1
        if not row.sound:
            self._flaw(row, row.version, "a column is of another type than this program writes")
            return
        newest, previous = self._heads.get(row.stream, (0, START))
        if row.version != newest + 1:
            missing = event_id(_said(row.stream), newest + 1)
            if row.version > newest:
                self._gaps.append(missing)
            else:
                self._moved.add(event_id(_said(row.stream), row.version))
            text = f"version {row.version} stands where {missing} belongs"
            self._flaw(row, newest + 1 if newest else row.version, text)
        elif _chained(previous, row) != row.hash:
            self._flaw(row, row.version, "it does not fit its hash: edited, or moved here")
            if self._fits_where_one_lacks(previous, row):
                self._moved.add(event_id(_said(row.stream), row.version))
        else:
            self._events += row.last_version - row.version + 1
        self._heads[row.stream] = row.last_version, row.hash
        self._digest = rolled(self._digest, row.hash)
        self._is_wanted = self._is_wanted or self._digest.hex() == self._claims.wanted
        self._compare(row.position if self._numbered else self._commits)

    def _flaw(self, row: StoredCommit, version: Any, text: str) -> None:
        if row.stream not in self._heads and row.position > 0:
            self._strange[row.position] = row.stream, row.version
        if len(self._found) < MOST:
            name = event_id(_said(row.stream), version)
            self._found.append(Violation(row.position, name, "chain", text))

    def _fits_where_one_lacks(self, previous: bytes, row: StoredCommit) -> bool:
        return any(
            _chained(previous, row._replace(position=position)) == row.hash
            for position in self._lacking[:3]
        )

    def _lacks(self, first: int, end: int) -> None:
        last = f" to {end - 1}" if end - 1 > first else ""
        text = f"position {first}{last} is missing: dropped"
        self._lacking.append(first)
        if len(self._found) < MOST:
            self._found.append(Violation(first, f"position {first}", "chain", text))

    def _compare(self, commits: int) -> None:
        for digest, who in self._claims.digests.get(commits, ()):
            if digest != self._digest.hex():
                text = f"the first {commits} commits are not those that {who} states"
                at = commits if self._numbered else self._position
                self._found.append(Violation(at, who, "anchor", text))

    def stop(self, error: str) -> None:
        """The file cannot be read any further."""
        after = self._position + 1
        self._found.append(Violation(after, f"position {after}", "file", error))

    def end(self) -> ChainReport:
        """What was found."""
        claims = self._claims
        if not self._commits:
            self._compare(0)
        stated = max(claims.digests, default=0)
        if stated > self._commits and self._numbered:
            self._lacks(self._position + 1, stated + 1)
        elif stated > self._commits:
            text = f"{stated} commits are stated and {self._commits} are here: dropped"
            self._found.append(Violation(max(1, self._position), "anchor", "anchor", text))
        if not self._is_wanted:
            text = f"at no point was the digest of this log {claims.wanted}"
            self._found.append(Violation(max(1, self._position), "anchor", "anchor", text))
        names = self._missing()
        found = [self._named(one, names) for one in self._found]
        found.sort(key=lambda one: one.place)
        anchor = Anchor(self._commits, self._digest.hex(), self._position)
        return ChainReport(anchor, self._events, is_chained=True, violations=tuple(found))

    def _missing(self) -> list[str]:
        """Events that belong on the log and are nowhere on it."""
        cut = [
            event_id(_said(stream), self._heads.get(stream, (0, START))[0] + 1)
            for stream, version in self._claims.ends.items()
            if version > self._heads.get(stream, (0, START))[0]
        ]
        return [*self._gaps, *cut]

    def _named(self, one: Violation, missing: list[str]) -> Violation:
        """A violation with the event's true name, where only one is possible."""
        if one.rule != "chain":
            return one
        if one.position in self._lacking:
            # what is missing here may stand elsewhere, where it does not fit
            names = sorted(self._moved & {*missing} or {*missing, *self._moved})
            if len(names) > 1:
                return attrs.evolve(one, detail=f"{one.detail}; one of {', '.join(names[:5])}")
        elif one.position in self._strange:
            stream, version = self._strange[one.position]
            own = event_id(_said(stream), 1)
            # its stream may have been renamed: then another one lacks just this version
            names = sorted({name for name in missing if name.endswith(f"@{version}")} - {own})
            if not names and stream in self._claims.ends:
                names = [own]
        else:
            return one
        return attrs.evolve(one, event=names[0]) if len(names) == 1 else one


def _chained(previous: bytes, row: StoredCommit) -> bytes:
    return _link(
        previous,
        row.position,
        row.stream,
        row.version,
        row.last_version,
        row.at,
        row.correlation,
        row.causation,
        row.writer,
        row.body,
    )


def _said(stream: bytes) -> str:
    return stream.decode("utf-8", "backslashreplace")
