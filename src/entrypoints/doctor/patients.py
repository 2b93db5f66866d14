"""Fakes of all services and a folder, with one thing wrong: what `doctor` has to find.

Each name is a misconfiguration that has cost somebody money or sleep; `healthy` has none.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import ExitStack, closing, contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs
from pydantic import SecretStr

from adapters.clock.fast import FastClock
from adapters.clock.simulated import SimulatedClock
from adapters.event_store.sqlite import SqliteEventStore
from adapters.exchange.coincheck.nonces import SqliteNonces
from adapters.exchange.coincheck_fake.auth import LOOK, ORDER, WITHDRAW
from adapters.exchange.coincheck_fake.rules import RULES, Terms
from adapters.sqlite_file import open_log
from domain.events import Commit, OrderRefused
from domain.instant import DAY, HOUR, MINUTE
from entrypoints.fakes.services import KEY, FakeMarket, fake_services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from application.ports.clock import Clock
    from entrypoints.wiring.settings import Settings


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Ailment:
    """What is wrong: with the exchange, the key, the clock (ms), the folder, the settings."""

    venue: dict[str, Any] = attrs.Factory(dict)
    may: frozenset[str] = frozenset({ORDER, LOOK})
    clock_off: int = 0
    folder: Callable[[Path, int], None] | None = None
    settings: Callable[[Settings], Settings] | None = None


def _log(folder: Path, at: int, detail: str = "spread 2 %") -> Path:
    """A log of one refused order."""
    path = folder / "live.sqlite"
    with closing(open_log(path, create=True)) as file:
        event = OrderRefused("o1", "eth_usdt", "exchange", detail)
        commit = Commit("order/o1", 1, (event,), at, "tick/1", "", "doctor")
        asyncio.run(SqliteEventStore(file, SimulatedClock(at)).append([commit]))
    return path


def _damaged(folder: Path, at: int) -> None:
    with closing(sqlite3.connect(_log(folder, at))) as connection:
        connection.execute("UPDATE commits SET at = at + 1")
        connection.commit()


def _stated(folder: Path, at: int) -> None:
    _log(folder, at, "Amount 量が最低量(0.01 ETH)を下回っています")


def _ahead(folder: Path, at: int) -> None:
    SqliteNonces(folder / "nonces.sqlite").reserve(KEY, at + 3 * DAY)


def _token(settings: Settings) -> Settings:
    news = settings.news.model_copy(update={"token": SecretStr("of-somebody-else")})
    return settings.model_copy(update={"news": news})


PATIENTS: dict[str, Ailment] = {
    "healthy": Ailment(),
    "over-privileged": Ailment(may=frozenset({ORDER, LOOK, WITHDRAW})),
    "clock-skewed": Ailment(clock_off=10 * MINUTE),
    "nonce-ahead": Ailment(folder=_ahead),
    "missing-coin": Ailment(
        venue={"rules": {pair: rule for pair, rule in RULES.items() if pair != "avax_jpy"}}
    ),
    "wide-spread": Ailment(venue={"terms": Terms(spread=Decimal("0.03"))}),
    "thin-book": Ailment(venue={"terms": Terms(depth=Decimal(500))}),
    "costly-coin": Ailment(venue={"terms": Terms(fees={"doge_jpy": Decimal("0.001")})}),
    "bad-news-token": Ailment(settings=_token),
    "damaged-log": Ailment(folder=_damaged),
    "wrong-minimum": Ailment(folder=_stated),
}


@contextmanager
def patient(name: str, settings: Settings, folder: Path) -> Iterator[tuple[Settings, Clock]]:
    """Settings and clock of a misconfigured trader while its services are up."""
    ailment = PATIENTS[name]
    general = settings.general.model_copy(update={"folder": folder})
    settings = settings.model_copy(update={"general": general})
    market = FakeMarket(settings, seed=0)
    begins, zero = market.first + HOUR, time.monotonic()
    with ExitStack() as stack:
        up = stack.enter_context(
            fake_services(
                settings,
                market,
                clock=FastClock(begins, zero, 1.0),
                seed=0,
                is_calm=True,
                venue=ailment.venue,
                may=ailment.may,
            )
        )
        if ailment.folder is not None:
            ailment.folder(folder, begins)
        found = up.settings if ailment.settings is None else ailment.settings(up.settings)
        yield found, FastClock(begins + ailment.clock_off, zero, 1.0)
