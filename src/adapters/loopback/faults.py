"""What strikes the next calls of a fake service, as told: a script, or a standing fault."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Sequence
from threading import Event

from starlette.requests import Request

LONGEST_S = 30.0
KEPT = 300


class ScriptedFaults:
    """Faults by point of a service; `asked` has the newest calls. Calls that are held wait here.

    A fault that is not among `known` raises ValueError when it is scripted.
    """

    def __init__(self, known: Sequence[str]) -> None:
        self._known = known
        self._script: defaultdict[str, deque[str | None]] = defaultdict(deque)
        self._standing: dict[str, str] = {}
        self._let_go = Event()
        self.asked: deque[Request] = deque(maxlen=KEPT)

    def next(self, point: str, *names: str | None) -> None:
        """Strike the next calls of a point, one each; None lets one pass."""
        for name in names:
            if name is not None:
                self._judge(name)
        self._script[point].extend(names)

    def begin(self, point: str, name: str) -> None:
        """Strike every call of a point from now on."""
        self._judge(name)
        self._standing[point] = name

    def end(self, point: str) -> None:
        """The standing fault of a point, if any, is over; calls that are held go on."""
        self._standing.pop(point, None)
        self._let_go.set()
        self._let_go = Event()

    def draw(self, *points: str) -> str | None:
        """What strikes a call that these points stand for."""
        for point in points:
            if self._script[point]:
                return self._script[point].popleft()
        return next((self._standing[one] for one in points if one in self._standing), None)

    async def held(self) -> None:
        """Wait until the fault or the server ends, half a minute at most."""
        await asyncio.to_thread(self._let_go.wait, LONGEST_S)

    def let_go(self) -> None:
        """The server goes down: nothing waits any longer."""
        self._let_go.set()

    def _judge(self, name: str) -> None:
        if name not in self._known:
            raise ValueError(f"there is no fault {name!r}: choose from {', '.join(self._known)}")
