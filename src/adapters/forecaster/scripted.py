"""Forecasts told in advance, for tests."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from application.errors import Broken, OutsideError, Refused
from application.ports.forecaster import Forecast, checked

Answer = Mapping[str, Forecast | Broken] | OutsideError
"""What one call gives or raises."""


class ScriptedForecaster:
    """Gives its answers one call each; `asked` has (series, steps, at) of every call.

    When they are used up it gives `otherwise`, or raises Refused without one.
    """

    def __init__(self, answers: Iterable[Answer] = (), *, otherwise: Answer | None = None) -> None:
        self._answers = deque(answers)
        self._otherwise = otherwise
        self.asked: list[tuple[dict[str, Sequence[float]], int, int]] = []

    async def forecast(
        self, series: Mapping[str, Sequence[float]], steps: int, at: int
    ) -> Mapping[str, Forecast | Broken]:
        """The next answer, as far as it was asked for."""
        if not series:
            return {}
        self.asked.append((dict(series), steps, at))
        answer = self._answers.popleft() if self._answers else self._otherwise
        if answer is None:
            raise Refused("the script of forecasts has ended")
        if isinstance(answer, OutsideError):
            raise answer
        return checked(answer, series, steps)
