"""Ports seen through a line that does what a test tells it to do."""

import inspect
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

Before = Callable[[str], Awaitable[None] | None]
After = Callable[[str, Any], Any]


def _nothing(name: str) -> None:
    pass


def _as_it_is(name: str, answer: Any) -> Any:
    return answer


class Line:
    """Any port. `before` sees each call by name and may raise instead of it, or wait first.

    `after` sees its answer, too: it may raise, as if the answer had been lost, or change it.
    """

    def __init__(self, port: Any, before: Before = _nothing, after: After = _as_it_is) -> None:
        self.port = port
        self.before = before
        self.after = after
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        effect = getattr(self.port, name)
        if not inspect.iscoroutinefunction(effect):
            return effect

        async def call(*given: Any, **named: Any) -> Any:
            self.calls[name] += 1
            if (waiting := self.before(name)) is not None:
                await waiting
            return self.after(name, await effect(*given, **named))

        return call

    def heal(self) -> None:
        """From now on nothing happens to any call."""
        self.before, self.after = _nothing, _as_it_is


def failing(failure: BaseException, *names: str, times: int = 10**9) -> Before:
    """Calls of these names (of any, without one) fail, so many times."""
    left = times

    def before(name: str) -> None:
        nonlocal left
        if left and (not names or name in names):
            left -= 1
            raise failure

    return before


def losing(failure: BaseException, name: str, times: int = 1) -> After:
    """The calls are done, and their answers are lost, so many times."""
    left = times

    def after(called: str, answer: Any) -> Any:
        nonlocal left
        if left and called == name:
            left -= 1
            raise failure
        return answer

    return after
