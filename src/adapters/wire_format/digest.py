"""The fingerprint of a run: equal histories have equal digests, on any machine."""

import hashlib

import msgspec

from adapters.wire_format.encode import encode_events
from domain.events import Commit

_TEXT = msgspec.json.Encoder().encode


class RunDigest:
    """SHA-256 over the canonical JSON of all commits, in the order that they are added.

    The writer is left out: it names a process, not a fact.
    """

    def __init__(self) -> None:
        self._sha = hashlib.sha256()

    def add(self, commit: Commit) -> None:
        """One more commit. Raises Broken for one that cannot be written as JSON."""
        self.add_encoded(
            encode_events(commit.events),
            stream=commit.stream,
            version=commit.version,
            at=commit.at,
            correlation=commit.correlation,
            causation=commit.causation,
        )

    def add_encoded(
        self, body: bytes, *, stream: str, version: int, at: int, correlation: str, causation: str
    ) -> None:
        """One more commit whose events are JSON already, as `encode_events` writes them."""
        self._sha.update(
            b'{"at":%d,"causation":%b,"correlation":%b,"events":%b,"stream":%b,"version":%d}\n'
            % (at, _TEXT(causation), _TEXT(correlation), body, _TEXT(stream), version)
        )

    def hexdigest(self) -> str:
        """64 hex digits for everything added so far."""
        return self._sha.hexdigest()
