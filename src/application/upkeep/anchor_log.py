"""Every night: the digest of the whole log goes on the log, and from there to a human."""

from application.commit import Log
from application.ports.tamper_evidence import TamperEvidence
from domain.events import LogAnchored
from domain.events.recorded import event_id

STREAM = "anchors"


async def anchor_log(at: int, *, log: Log, evidence: TamperEvidence) -> LogAnchored:
    """Record what the log holds now (ms); whoever keeps the digest can prove a later change.

    Raises Conflict when another process anchored it at the same time.
    """
    anchor = await evidence.anchor()
    version = await log.store.version(STREAM)
    event = LogAnchored(anchor.commits, anchor.digest, anchor.through)
    commit = log.commit(
        STREAM,
        version + 1,
        [event],
        at=at,
        correlation=f"anchor/{at}",
        causation=event_id(STREAM, version) if version else "",
    )
    await log.append(commit)
    return event
