"""crypto-trader fake-coincheck: a Coincheck of our own on loopback."""

from __future__ import annotations

import json
import signal
from decimal import Decimal, InvalidOperation
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from domain.errors import InstrumentError
from domain.instruments import DEFAULT

if TYPE_CHECKING:
    from types import FrameType

    from adapters.exchange.coincheck_fake.venue import Venue

PRICES = {
    "btc_jpy": Decimal(16_000_000),
    "eth_jpy": Decimal(600_000),
    "xrp_jpy": Decimal(400),
    "sol_jpy": Decimal(30_000),
    "doge_jpy": Decimal(35),
    "avax_jpy": Decimal(4_000),
}
DUMP_EVERY_S = 1.0


def _prices(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, Any]:
    del ctx, param
    prices = dict(PRICES)
    for one in given:
        name, _, value = one.partition("=")
        try:
            prices[DEFAULT.of(name).coincheck] = _positive(value)
        except InstrumentError as error:
            raise click.BadParameter(str(error)) from None
    return prices


def _positive(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or number <= 0:
        raise click.BadParameter(f"{text!r} is no price: write btc_jpy=16000000")
    return number


def _rates(ctx: click.Context, param: click.Parameter, given: str | None) -> dict[str, float]:
    from adapters.exchange.coincheck_fake.faults import WHERE

    del ctx, param
    rates = {}
    for one in given.split(",") if given else ():
        name, _, value = one.strip().partition("=")
        if name not in WHERE:
            raise click.BadParameter(f"no fault {name!r}: choose from {', '.join(WHERE)}")
        try:
            rates[name] = float(value)
        except ValueError:
            rates[name] = -1.0
        if not 0 <= rates[name] <= 1:
            raise click.BadParameter(f"{one}: a rate is 0 to 1, such as {name}=0.05")
    return rates


@click.command("fake-coincheck")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Any free one if not given.")
@click.option("--key", default="fake-key", show_default=True)
@click.option("--secret", default="fake-secret", show_default=True)
@click.option("--cash", type=click.IntRange(0), default=1_000_000, show_default=True, help="JPY.")
@click.option(
    "--price", "prices", multiple=True, callback=_prices, metavar="PAIR=JPY", help="Repeatable."
)
@click.option(
    "--faults", "rates", callback=_rates, metavar="NAME=RATE,...", help="Chance of each per call."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of drift and faults.")
@click.option("--still", is_flag=True, help="Prices stay where they are.")
@click.option("--state", type=click.Path(path_type=Path), help="Keep the ledger here as JSON.")
def command(**options: Any) -> int:
    """Serve a faithful fake of Coincheck on 127.0.0.1 until Ctrl-C.

    Prints its base URL as the one line of stdout. Nothing of it is real money.

    \b
    Examples:
      crypto-trader fake-coincheck --port 8600 --cash 100000
      crypto-trader fake-coincheck --faults reply-lost-after=0.05,throttled=0.1 --seed 7
    """
    from adapters.clock.system import SystemClock
    from adapters.exchange.coincheck_fake.api import make_app
    from adapters.exchange.coincheck_fake.faults import Faults
    from adapters.exchange.coincheck_fake.market import DriftingPrices, GivenPrices
    from adapters.exchange.coincheck_fake.venue import Venue
    from adapters.loopback.server import serving

    prices, seed = options["prices"], options["seed"]
    venue = Venue(
        clock=SystemClock().now,
        market=GivenPrices(prices) if options["still"] else DriftingPrices(prices, seed),
        cash=Decimal(options["cash"]),
    )
    faults = Faults(options["rates"], seed=seed)
    app = make_app(venue, {options["key"]: options["secret"]}, faults)
    stopped = _stop_on_signals()
    with serving(app, options["port"]) as url:
        click.echo(url)
        _keep(venue, options["state"], stopped)
    return 0


def _stop_on_signals() -> Event:
    """Set by Ctrl-C or a polite kill."""
    stopped = Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return stopped


def _keep(venue: Venue, state: Path | None, stopped: Event) -> None:
    """Write the ledger whenever it has changed, and once more at the end."""
    from adapters.exchange.coincheck_fake.dump import dump

    written = None
    while True:
        is_over = stopped.wait(DUMP_EVERY_S)
        told = dump(venue)
        changed = (told["orders"], told["movements"])
        if state is not None and (is_over or changed != written):
            beside = state.with_name(f"{state.name}.new")
            beside.write_text(json.dumps(told, indent=1), encoding="utf-8")
            beside.replace(state)
            written = changed
        if is_over:
            return
