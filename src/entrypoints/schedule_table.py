"""The five schedules, once: what the cloud's scheduler is told, and what a tick at home follows."""

from typing import Final

import attrs


@attrs.frozen(slots=True, weakref_slot=False)
class Schedule:
    """A function and when it runs: every so many minutes from the full hour on, or once a day.

    `daily` is hour and minute in Japan.
    """

    name: str
    function: str
    every_min: int | None = None
    daily: tuple[int, int] | None = None

    @property
    def cron(self) -> str:
        """As EventBridge writes it, in Japanese time."""
        if self.daily is not None:
            hour, minute = self.daily
            return f"cron({minute} {hour} * * ? *)"
        return f"cron(0/{self.every_min} * * * ? *)"

    @property
    def runs_a_day(self) -> int:
        """How often it runs."""
        return 1 if self.every_min is None else 24 * 60 // self.every_min


TIME_ZONE: Final = "Asia/Tokyo"
SCHEDULES: Final = (
    Schedule("price-collection", "price-collector", every_min=5),
    Schedule("position-monitor", "position-monitor", every_min=5),
    Schedule("news-collection", "news-collector", every_min=30),
    Schedule("market-context", "market-context", every_min=30),
    Schedule("daily-reporter", "daily-reporter", daily=(23, 0)),
)
