"""What goes wrong in one run: drawn from its seed, counted by kind and step, healed at the end."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

from application.errors import Broken, ConfigurationError, Retryable
from domain.instant import MINUTE, SECOND
from entrypoints.simulation.catalogue import KINDS, OUTAGES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import TypeVar

    from application.ports.clock import Clock

    T = TypeVar("T")

KIND_OF_OUTAGE = {service: kind for kind, service in OUTAGES.items()}
PAIRED = 0.3
"""The share of outages that take a second service with them."""
CALM_SEEDS = 10
"""One seed in so many runs without any fault."""


class Crash(BaseException):
    """The process dies here. No handler of an error may catch it."""


def drawn_rates(seed: int) -> dict[str, float]:
    """The rates of a seed: most kinds mild or absent, some at their worst."""
    if seed % CALM_SEEDS == CALM_SEEDS - 1:
        return {}
    rates = {}
    for kind in KINDS.values():
        chance = random.Random(f"rate/{seed}/{kind.name}")  # noqa: S311 - chance, not secrecy
        if chance.random() < 0.6:
            rates[kind.name] = kind.most * chance.random() ** 2
    return rates


def asked_rates(text: str, seed: int) -> dict[str, float]:
    """The rates that `--faults` asks for: all, none, or NAME=RATE,... Raises ConfigurationError."""
    if text == "all":
        return drawn_rates(seed)
    if text == "none":
        return {}
    rates = {}
    for part in text.split(","):
        name, _, rate = part.strip().partition("=")
        if name not in KINDS:
            known = ", ".join(KINDS)
            raise ConfigurationError(f"--faults: there is no fault {name!r}; there are: {known}")
        try:
            rates[name] = float(rate) if rate else KINDS[name].most
        except ValueError:
            raise ConfigurationError(f"--faults: {name}={rate}: a number is wanted") from None
        if not 0 <= rates[name] <= 1:
            raise ConfigurationError(f"--faults: {name}={rate} is not within 0 and 1")
    return rates


class Hostility:
    """Strikes by chance, each kind with a generator of its own.

    Leaving a kind out therefore changes nothing about when the others strike. `struck` counts
    by (kind, step).
    """

    def __init__(self, seed: int, rates: Mapping[str, float], clock: Clock) -> None:
        self._clock = clock
        self._rates = {name: rate for name, rate in rates.items() if rate > 0}
        self._chance = {
            name: random.Random(f"{seed}/{name}")  # noqa: S311 - chance, not secrecy
            for name in self._rates
        }
        self._down: dict[str, int] = {}
        self.struck: Counter[tuple[str, str]] = Counter()
        self.awake = True

    def strikes(self, kind: str, step: str) -> bool:
        """True when a fault strikes here and now."""
        rate = self._rates.get(kind)
        if rate is None or not self.awake or self._chance[kind].random() >= rate:
            return False
        self.struck[kind, step] += 1
        return True

    def chance(self, kind: str) -> random.Random:
        """The generator of a kind that has just struck, for its details."""
        return self._chance[kind]

    def _outage_of(self, service: str) -> str | None:
        """The kind of the outage that a call meets; one may begin at this very call."""
        now, kind = self._clock.now(), KIND_OF_OUTAGE.get(service)
        if self._down.get(service, 0) > now:
            return kind
        rate = self._rates.get(kind or "")
        if kind is None or rate is None or not self.awake:
            return None
        chance = self._chance[kind]
        if chance.random() >= rate:
            return None
        until = now + chance.randint(1, 120) * MINUTE
        self._down[service] = until
        if chance.random() < PAIRED:
            # two at once: a whole region, or the line of this house
            self._down[chance.choice(list(KIND_OF_OUTAGE))] = until
        return kind

    def heal(self) -> None:
        """From now on nothing goes wrong any more."""
        self.awake = False
        self._down.clear()

    def fail(self, step: str, service: str) -> None:
        """Meet the faults of any call: Retryable or Broken, or nothing."""
        kind = self._outage_of(service)
        if kind is not None:
            self.struck[kind, step] += 1
            raise Retryable(f"{service} is down for maintenance")
        if step in KINDS["throttled"].steps and self.strikes("throttled", step):
            raise Retryable("HTTP 429: too_many_requests")
        if step in KINDS["server-error"].steps and self.strikes("server-error", step):
            raise Retryable("HTTP 502: <html>bad gateway</html>")
        if step in KINDS["unreadable"].steps and self.strikes("unreadable", step):
            raise Broken("the answer ends in the middle of a number")

    def die(self, moment: str, step: str) -> None:
        """Crash before or after an effect, perhaps."""
        if self.strikes(f"crash-{moment}", step):
            raise Crash(f"{moment} {step}")

    async def call(self, step: str, service: str, effect: Callable[[], Awaitable[T]]) -> T:
        """Any call of a port, with what may happen to it."""
        self.die("before", step)
        self.fail(step, service)
        result = await effect()
        self.die("after", step)
        return result


LAG = 20 * SECOND
"""How long balances and fills may lag behind (ms)."""
