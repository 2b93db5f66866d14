"""Binance's public hosts: which one to ask, when to leave one alone, what its refusals mean.

Limits are per address of the caller, and a caller that goes on after HTTP 429 is banned (418).
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Final, TypeVar

import attrs
import httpx

from adapters.http_reads import HttpReads, Patience, Read, Reply
from application.errors import Broken, ConfigurationError, OutsideError, Refused, Retryable
from application.ports.clock import Clock
from domain.instant import DAY, MINUTE, SECOND, iso

Value = TypeVar("Value")

HOSTS: Final = ("https://data-api.binance.vision", "https://api.binance.com")
"""Public data only first: no key can ever be needed there."""
READS: Final = Patience(connect_s=3.0, read_s=5.0, call_s=10.0, attempts=2)
"""`attempts` counts rounds over the hosts."""
AT_ONCE: Final = 4
"""Calls under way together, over all hosts."""
HELD_AT: Final = 4_800
"""Used weight of a minute at which no more calls go out; Binance allows 6,000."""
REST: Final = 10 * MINUTE
"""How long a host that failed is asked only after the others (ms)."""
LONGEST_STOP: Final = 3 * DAY
"""Bans are no longer than this; a text that says so is not believed (ms)."""

_STOPS: Final = {429: MINUTE, 418: 2 * MINUTE}
_TOO_MUCH = -1003
_PASSING = (-1000, -1001, -1007, -1008)
_MEANINGS = {-1120: "invalid interval", -1121: "there is no such symbol: correct the list of coins"}
_UNTIL = re.compile(r"\buntil (\d{13})\b")


class BadRequest(Refused):
    """Binance says that the question is wrong; no other host will say anything else."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Stopped(Retryable):
    """Not asked, or told to stop: the host is left alone for a while."""


class Host:
    """One address, and until when (ms) it must be left alone or is better not asked first."""

    def __init__(
        self, url: str, client: httpx.AsyncClient, clock: Clock, patience: Patience
    ) -> None:
        self._url = _address(url)
        self.name = f"Binance {httpx.URL(self._url).host}"
        self._clock = clock
        self._reads = HttpReads(
            self.name,
            client=client,
            clock=clock,
            patience=attrs.evolve(patience, attempts=1),
            judge=self._judge,
        )
        self.stopped_until = 0
        self.rests_until = 0
        self._why = ""

    async def get(self, path: str, read: Read[Value], params: Mapping[str, str]) -> Value:
        """One call. Raises Stopped without calling while the host must be left alone.

        Otherwise BadRequest, Retryable, Refused or Broken.
        """
        if self._clock.now() < self.stopped_until:
            raise Stopped(f"{self.name}: {self._why}, not asked before {iso(self.stopped_until)}")
        try:
            value = await self._reads.get(self._url + path, read, params)
        except (BadRequest, Stopped, Broken):
            raise
        except ArithmeticError:  # a number that Decimal cannot hold
            raise Broken(f"{self.name}: unreadable JSON: a number of that size") from None
        except (OutsideError, ConfigurationError) as failure:
            self.rests_until = self._clock.now() + REST
            if isinstance(failure, ConfigurationError):
                # a host that has moved is one host less, and not the end of the trader
                raise Refused(str(failure)) from None
            raise
        self.rests_until = 0
        return value

    def _judge(self, reply: Reply) -> None:
        """Remember what the reply says about going on; raise what Binance's codes mean."""
        now = self._clock.now()
        used = reply.headers.get("X-MBX-USED-WEIGHT-1M", "")
        if used.isascii() and used.isdigit() and len(used) < 10 and int(used) >= HELD_AT:
            self._stop(now - now % MINUTE + MINUTE + SECOND, f"{used} of 6,000 weight used")
        code = reply.body.get("code") if isinstance(reply.body, dict) else None
        if isinstance(code, bool) or not isinstance(code, int):
            code = None
        if reply.status == httpx.codes.OK:
            return
        if reply.status in _STOPS or code == _TOO_MUCH:
            self._stop(self._end_of_stop(reply, now), f"HTTP {reply.status}, asked too often")
            raise Stopped(f"{self.name}: {self._why}, stopped until {iso(self.stopped_until)}")
        if code in _PASSING:
            raise Retryable(f"{self.name}: HTTP {reply.status}, code {code}: passing trouble")
        if reply.status == httpx.codes.BAD_REQUEST and code is not None:
            meaning = _MEANINGS.get(code, "the request is not accepted")
            raise BadRequest(f"{self.name}: code {code}: {meaning}", code)
        if reply.status == httpx.codes.UNAVAILABLE_FOR_LEGAL_REASONS:
            raise Refused(f"{self.name}: HTTP 451: not served to this location: run elsewhere")

    def _stop(self, until: int, why: str) -> None:
        if until > self.stopped_until:
            self.stopped_until, self._why = until, why

    @staticmethod
    def _end_of_stop(reply: Reply, now: int) -> int:
        """When (ms) a 429 or 418 is over: by Retry-After, or by the text of a ban."""
        ends = []
        try:
            wait = float(reply.headers.get("Retry-After", "nan"))
        except ValueError:
            wait = float("nan")
        if isfinite(wait):
            ends.append(now + round(max(wait, 1.0) * SECOND))
        text = reply.body.get("msg") if isinstance(reply.body, dict) else None
        said = _UNTIL.search(text) if isinstance(text, str) else None
        if said is not None:
            ends.append(int(said[1]))
        ahead = (one for one in ends if one > now)
        end = max(ahead, default=now + _STOPS.get(reply.status, MINUTE))
        return min(end, now + LONGEST_STOP)


class Hosts:
    """The hosts in their order; one that failed goes behind the others for a while."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        client: httpx.AsyncClient,
        clock: Clock,
        patience: Patience | None = None,
        chance: Callable[[], float] = lambda: 0.5,
    ) -> None:
        """Raises ConfigurationError for no address, or one that is none."""
        self._patience = patience or READS
        self._clock, self._chance = clock, chance
        self._hosts = [Host(url, client, clock, self._patience) for url in urls]
        if not self._hosts:
            raise ConfigurationError("Binance: no host is configured: name at least one address")
        self._places = asyncio.Semaphore(AT_ONCE)

    async def get(
        self,
        path: str,
        read: Read[Value],
        params: Mapping[str, str] | None = None,
        *,
        rounds: int | None = None,
        second_opinion: bool = False,
    ) -> Value:
        """The first answer that can be believed; rounds over the hosts with pauses between.

        `second_opinion` begins with the host that would otherwise be the second. Raises
        BadRequest, or, with every host's reason, Retryable, Refused or Broken.
        """
        failures: list[OutsideError] = []
        for done in range(rounds or self._patience.attempts):
            if done:
                pause = self._pause(done)
                if pause is None or not any(isinstance(one, Retryable) for one in failures):
                    break
                await self._clock.sleep(pause)
            failures = []
            for host in self._order(second_opinion=second_opinion):
                try:
                    async with self._places:
                        return await host.get(path, read, params or {})
                except BadRequest:
                    raise
                except OutsideError as failure:
                    failures.append(failure)
        raise _summed_up(failures)

    def _order(self, *, second_opinion: bool) -> list[Host]:
        now = self._clock.now()
        awake = [one for one in self._hosts if one.rests_until <= now]
        if second_opinion:
            awake = awake[1:] + awake[:1]
        return [*awake, *(one for one in self._hosts if one.rests_until > now)]

    def _pause(self, done: int) -> float | None:
        """Seconds before the next round, doubling, with jitter; None when waiting is too long."""
        patience = self._patience
        pause: float = min(patience.first_pause_s * 2.0 ** (done - 1), patience.most_pause_s)
        pause *= 0.5 + self._chance()
        stop_s = (min(one.stopped_until for one in self._hosts) - self._clock.now()) / SECOND
        return max(pause, stop_s) if stop_s <= patience.most_pause_s else None


def _address(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ConfigurationError(f"Binance: {url!r} is no address: write https://HOST")
    return url.rstrip("/")


def _summed_up(failures: Sequence[OutsideError]) -> OutsideError:
    """One error with all reasons; what may pass outweighs what will not."""
    text = "; ".join(dict.fromkeys(str(one) for one in failures))
    kinds: tuple[type[OutsideError], ...] = (Retryable, Broken)
    for kind in kinds:
        if any(isinstance(one, kind) for one in failures):
            return kind(text)
    return Refused(text)
