"""Outages of outside services, drawn from a seed: which, when, how long, and how they look."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import attrs

from domain.instant import DAY, MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Switch = Callable[[str], None]

OUTAGES_A_DAY = 3
"""Of each service, on the mean."""
SHORTEST, LONGEST = 4 * MINUTE, 90 * MINUTE


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Service:
    """What may happen to a service, and how it begins and ends there."""

    name: str
    faults: Sequence[str]
    begin: Callable[[str], None]
    end: Callable[[], None]


@attrs.frozen(slots=True, weakref_slot=False)
class Outage:
    """A service behaves like `fault` from `begins` to `ends` (ms)."""

    service: str
    fault: str
    begins: int
    ends: int


def outages(
    seed: int, faults: Mapping[str, Sequence[str]], start: int, end: int
) -> tuple[Outage, ...]:
    """Outages by service name between two moments (ms), in the order in which they begin.

    Those of one service do not overlap; those of different ones may.
    """
    found = []
    for service, kinds in faults.items():
        chance = random.Random(f"{seed}/weather/{service}")  # noqa: S311 - weather, no secret
        at = start
        while True:
            at += round(chance.expovariate(OUTAGES_A_DAY) * DAY)
            lasts = chance.randint(SHORTEST, LONGEST)
            if at + lasts > end:
                break
            found.append(Outage(service, chance.choice(list(kinds)), at, at + lasts))
            at += lasts
    return tuple(sorted(found, key=lambda one: (one.begins, one.service)))


class Weather:
    """Switches the faults of services on and off as time goes by."""

    def __init__(self, services: Sequence[Service], plan: Sequence[Outage]) -> None:
        self.services = {one.name: one for one in services}
        self._ahead = list(plan)
        self._lasting: list[Outage] = []
        self.had: list[Outage] = []
        """Outages that have begun."""

    def turn(self, now: int) -> None:
        """What is due at a moment (ms) begins or ends."""
        for one in [one for one in self._lasting if one.ends <= now]:
            self.services[one.service].end()
            self._lasting.remove(one)
        while self._ahead and self._ahead[0].begins <= now:
            one = self._ahead.pop(0)
            self.had.append(one)
            if one.ends > now:
                self.services[one.service].begin(one.fault)
                self._lasting.append(one)

    def clear(self) -> None:
        """All that lasts ends, and nothing more comes."""
        self._ahead.clear()
        for one in self._lasting:
            self.services[one.service].end()
        self._lasting.clear()
