"""The hash chain of a log in a SQLite file: checked column by column, sealed at the end."""

from collections.abc import Iterator
from typing import Any, Final

import attrs

from adapters.event_store.hash_chain import NOTHING, Claims, StoredCommit, rolled, verify
from adapters.event_store.sqlite import led_on
from adapters.sqlite_file import SqliteFile
from adapters.wire_format.decode import decode_events
from adapters.wire_format.pack import unpack
from application.errors import Broken, InputError
from application.ports.tamper_evidence import Anchor, ChainReport, Violation
from domain.events import LogAnchored
from domain.events.recorded import event_id

_PAGE: Final = 1_000
_TEXTS = ("correlation", "causation", "writer")
_SOUND = " AND ".join(
    [f"typeof({name}) = 'text'" for name in ("stream", *_TEXTS)]
    + [f"typeof({name}) = 'integer'" for name in ("version", "last_version", "at")]
    + [f"typeof({name}) = 'blob'" for name in ("hash", "body")]
)
# bytes, whatever they are: a text that is no UTF-8 is an edited text, not a reason to stop
_COLUMNS = (
    "position, coalesce(CAST(stream AS BLOB), x''), version, last_version, at,"
    + "".join([f" CAST({name} AS BLOB)," for name in _TEXTS])
    + f" CAST(body AS BLOB), CAST(hash AS BLOB), {_SOUND}"
)


class SqliteHashChain:
    """Tamper evidence of an open log."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def anchor(self) -> Anchor:
        """The digest of the hashes of all commits, in their order.

        Raises InputError for a log without a chain.
        """
        if not self._is_chained():
            raise InputError(f"{self._file.path} has no hash chain: an older program wrote it")
        return self._anchor()

    async def check(self, wanted: str | None = None) -> ChainReport:
        """Check every commit, and the file itself."""
        if not self._is_chained():
            report = self._unchained(wanted)
        else:
            try:
                claims = self._claims(wanted)
            except Broken:
                claims = Claims(wanted=wanted)  # the file is damaged, which is said below
            report = verify(map(StoredCommit._make, self._rows(_COLUMNS)), claims)
        damage = self._damage()
        if damage is None:
            return report
        found = Violation(report.anchor.commits + 1, "file", "file", damage)
        return attrs.evolve(report, violations=(*report.violations, found))

    def _is_chained(self) -> bool:
        """False for a log from before commits were chained."""
        return self._file.query("PRAGMA user_version")[0][0] > 1

    def _unchained(self, wanted: str | None) -> ChainReport:
        """A count is all that can be said."""
        commits, events = self._file.query(
            "SELECT count(*), coalesce(sum(last_version - version + 1), 0) FROM commits"
        )[0]
        text = "this log has no hash chain to look for it in"
        found = () if wanted is None else (Violation(1, "anchor", "anchor", text),)
        return ChainReport(Anchor(commits, ""), events, is_chained=False, violations=found)

    def _damage(self) -> str | None:
        """What SQLite itself finds wrong: pages, and indexes that disagree with their tables."""
        try:
            said: str = self._file.query("PRAGMA integrity_check(1)")[0][0]
        except Broken as error:
            return str(error)
        return None if said == "ok" else f"the file is damaged: {said}"

    def seal(self) -> None:
        """State what the finished log holds, so that a cut-off end is seen too."""
        anchor = self._anchor()
        with self._file.transaction() as connection:
            for table in ("seal", "heads"):
                connection.execute(f"DELETE FROM {table}")
            connection.execute(
                "INSERT INTO seal (commits, digest) VALUES (?, ?)",
                (anchor.commits, bytes.fromhex(anchor.digest)),
            )
            connection.execute(
                "INSERT INTO heads (stream, version)"
                " SELECT stream, max(last_version) FROM commits GROUP BY stream"
            )

    def _anchor(self) -> Anchor:
        digest, commits = NOTHING, 0
        for commits, hashed in self._rows("position, hash"):  # noqa: B007 - the last one counts
            digest = rolled(digest, hashed)
        return Anchor(commits, digest.hex(), commits)

    def _rows(self, columns: str) -> Iterator[tuple[Any, ...]]:
        """All commits by position, a page at a time; Broken where the table's order is damaged."""
        sql = f"SELECT {columns} FROM commits WHERE position > ? ORDER BY position LIMIT ?"
        after = -(2**63)
        while page := self._file.query(sql, (after, _PAGE)):
            yield from page
            after = led_on(after, page[-1][0])

    def _claims(self, wanted: str | None) -> Claims:
        """What the seal, and the anchors on the log itself, say."""
        digests: dict[int, tuple[tuple[str, str], ...]] = {}
        # made whole numbers and texts of, for they too may have been edited
        seal = "SELECT coalesce(CAST(commits AS INTEGER), 0), lower(hex(digest)) FROM seal"
        for commits, digest in self._file.query(seal):
            digests[commits] = ((digest, "seal"),)
        anchors = "SELECT version, CAST(body AS BLOB) FROM commits WHERE stream = 'anchors'"
        for version, body in self._file.query(anchors):
            try:
                events = decode_events(unpack(body))
            except Broken:
                continue  # an anchor that was edited: its own hash says so
            for offset, event in enumerate(events):
                if isinstance(event, LogAnchored):
                    claim = event.digest, event_id("anchors", version + offset)
                    digests[event.commits] = (*digests.get(event.commits, ()), claim)
        heads = (
            "SELECT coalesce(CAST(stream AS BLOB), x''), coalesce(CAST(version AS INTEGER), 0)"
            " FROM heads"
        )
        return Claims(digests, dict(self._file.query(heads)), wanted)
