"""One message to several places; none of them waits for what another does with it."""

from collections.abc import Sequence

from application.errors import OutsideError
from application.messages import Message
from application.ports.notifier import Notifier


class Several:
    """Tells all; one that fails keeps no other from being told."""

    def __init__(self, notifiers: Sequence[Notifier]) -> None:
        self._notifiers = tuple(notifiers)
        self.wants_routine = any(one.wants_routine for one in self._notifiers)

    async def tell(self, message: Message) -> None:
        """Tell every one. Raises Retryable, or what the first that failed raised, at the end."""
        failure: OutsideError | None = None
        for one in self._notifiers:
            try:
                await one.tell(message)
            except OutsideError as error:
                failure = failure or error
        if failure is not None:
            raise failure
