"""Hands an order over, at least once. A message is a nudge: it carries an id, the log the order."""

from collections.abc import Sequence
from typing import Final, Protocol

import attrs

VISIBILITY_S: Final = 180.0
"""Seconds that a received message stays away from other receivers."""
RECEIVES: Final = 3
"""How often a message is handed out before it is given up."""


@attrs.frozen(slots=True, weakref_slot=False)
class Message:
    """One hand-over of an order: `receives` counts this one, `receipt` is this one's alone."""

    order: str
    receipt: str
    receives: int


class OrderQueue(Protocol):
    """Orders of one account in the order they were sent: one group, one message at a time.

    A message that was received and not `done` within the visibility time-out comes again;
    after RECEIVES hand-overs it becomes a dead letter and the next one gets its turn. So every
    order comes at least once, possibly more often: what is done twice must be harmless.
    """

    async def send(self, order: str) -> None:
        """Put an order's id at the end.

        An id that waits already is no second message; a queue that cannot see what waits makes
        it one. One that is in flight, or a dead letter, is sent anew: whoever holds it may have
        looked before the reason for this message arose. What is sent twice at one moment (ms)
        may count as sent once.
        """
        ...

    async def receive(self) -> Message | None:
        """The oldest message; None when there is none or while one is in flight."""
        ...

    async def done(self, message: Message) -> None:
        """The message is worked off and goes away.

        Too late, after its visibility time-out, it changes nothing: the message comes again.
        """
        ...

    async def dead(self) -> Sequence[str]:
        """Orders that were given up, each once, first given up first.

        They stay listed for a human, sent again or not. A queue may show the first ten only.
        """
        ...
