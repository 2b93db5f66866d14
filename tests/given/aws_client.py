"""A client of an AWS service whose calls can be watched, changed, or lost on the way."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session


class Watched:
    """A client whose calls are counted; `instead` maps a method's name to what is called.

    Such a function gets the real method and the call's arguments.
    """

    def __init__(self, client: Any, **instead: Callable[..., Any]) -> None:
        self.client = client
        self.calls: Counter[str] = Counter()
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.instead = instead

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.client, name)

        def called(**arguments: Any) -> Any:
            self.calls[name] += 1
            self.sent.append((name, arguments))
            change = self.instead.get(name)
            return real(**arguments) if change is None else change(real, **arguments)

        return called


class LostReplies:
    """Replies that never arrive, though the call was carried out; the client tries again.

    `over_the_wire` sends a request itself, for an emulator behind a socket; without it, what
    stands in for the service inside the process has answered before.
    """

    def __init__(
        self,
        client: Any,
        operation: str,
        lost: int,
        *,
        over_the_wire: bool = False,
        service: str = "dynamodb",
    ) -> None:
        self.left = lost
        self.sent = 0
        self._event = f"before-send.{service}.{operation}"
        self._session = URLLib3Session() if over_the_wire else None
        # of the handlers of a call the more special are asked first, whatever their turn: this one
        # must come after the one that stands in for the service
        client.meta.events.register_last("before-send", self._lose)

    def _lose(self, event_name: str, request: Any, **_: Any) -> None:
        if event_name != self._event:
            return
        self.sent += 1
        if self.left:
            self.left -= 1
            if self._session is not None:
                assert self._session.send(request).status_code == 200
            raise ReadTimeoutError(endpoint_url=request.url)


def in_pages_of_one(real: Any, **arguments: Any) -> Any:
    """One item a page, and before it an empty page that is not the last."""
    after = arguments.pop("ExclusiveStartKey", None)
    if after is None or "skipped" not in after:
        return {"Items": [], "LastEvaluatedKey": {"skipped": after}}
    if after["skipped"] is not None:
        arguments["ExclusiveStartKey"] = after["skipped"]
    return real(**arguments | {"Limit": 1})
