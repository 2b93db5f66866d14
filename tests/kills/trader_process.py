"""The trader as it runs on one machine: its log in SQLite, its orders over HTTP. To be killed."""

import asyncio
from decimal import Decimal
from pathlib import Path

import attrs

from adapters.clock.fast import FastClock
from adapters.exchange.coincheck.calls import Timeouts, coincheck_client
from adapters.exchange.coincheck.exchange import CoincheckExchange
from adapters.exchange.coincheck.nonces import SqliteNonces
from adapters.exchange.coincheck.signing import Credentials
from adapters.market_data.recorded import RecordedMarketData
from adapters.market_data.synthetic import synthetic_market
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.technical_scorer.windowed import WindowedScorer
from application.errors import OutsideError
from domain.instant import CANDLE
from domain.instruments import DEFAULT, Instruments
from domain.parameters import STANDARD
from entrypoints.local.trader import Trader
from entrypoints.simulation.busy_policy import trading
from entrypoints.wiring.injector import providers
from entrypoints.wiring.local import local

KEY, SECRET = "kill-run", "secret-of-the-kill-run"
WARM_UP = 60
BUSY = trading(buys=1, sells=2)
CLOSING = attrs.evolve(BUSY, due=lambda *_: None, exits=lambda *_: ())
PARAMETERS = STANDARD.with_settings(
    [
        "technical_candles=60",
        "forecast_candles=60",
        "min_hold_s=600",
        "stop_loss_pct=0.3",
        "breaker_losses_in_a_row=1000",
        "breaker_loss_jpy=1000000000",
    ]
)


@attrs.frozen(kw_only=True)
class Office:
    """All that a restarted process is told."""

    folder: Path
    base_url: str
    clock: FastClock
    seed: int
    days: float
    instruments: Instruments = DEFAULT
    is_closing: bool = False
    """No new orders: what is under way is brought to its end."""

    @property
    def log(self) -> Path:
        """The file that everything is in."""
        return self.folder / "trader.sqlite"

    def series(self):
        """The market, the same for every process."""
        return synthetic_market(self.seed, self.days, self.instruments)


def work(office: Office) -> None:
    """Trade until killed."""
    asyncio.run(_work(office))


async def _work(office: Office) -> None:
    async with coincheck_client(office.base_url) as client:
        exchange = CoincheckExchange(
            client=client,
            credentials=Credentials(key_id=KEY, secret=SECRET),
            clock=office.clock,
            instruments=office.instruments,
            nonces=SqliteNonces(office.folder / "nonces.sqlite"),
            timeouts=Timeouts(connect_s=2, read_s=0.5, call_s=3, turn_s=5),
            # on a clock this fast a slow machine makes every quote look old
            oldest_ticker_ms=10**9,
        )
        container = local(
            office.log,
            series=office.series(),
            yen=providers.Object(None),
            clock=providers.Object(office.clock),
            instruments=office.instruments,
            parameters=PARAMETERS,
            policy=providers.Object(CLOSING if office.is_closing else BUSY),
            exchange=providers.Object(exchange),
            market_data=providers.Object(RecordedMarketData(office.series())),
            notifier=providers.Object(InMemoryNotifier()),
        )
        container.override_providers(
            technical_scorer=providers.Object(WindowedScorer(container.tables(), PARAMETERS))
        )
        trader = Trader(container.ports())
        while True:
            tick = -(-office.clock.now() // CANDLE) * CANDLE
            await office.clock.sleep((tick - office.clock.now()) / 1000)
            try:
                await trader.tick(tick)
            except OutsideError:
                continue  # the queue's file is busy: the next tick


class MarketOfTheVenue:
    """The same market in yen, under the exchange's own names of pairs."""

    def __init__(self, prices, instruments: Instruments) -> None:
        self._prices = prices
        self._pairs = {one.coincheck: one.pair for one in instruments}

    def last(self, pair: str, moment: int) -> Decimal | None:
        """The last price by a moment."""
        return self._prices.last(self._pairs[pair], moment)

    def first_after(self, pair: str, moment: int) -> tuple[int, Decimal] | None:
        """The first trade after a moment."""
        return self._prices.first_after(self._pairs[pair], moment)
