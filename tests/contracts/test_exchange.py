"""What every exchange promises (cards E01..), run against each plug in EXCHANGES.

The market of these tests is known: the candle of number n opens at 1,000 + 10 n and closes 5
higher, in hundreds of yen; time begins at START, where candle 0 has just closed.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.coincheck.calls import coincheck_client
from adapters.exchange.coincheck.exchange import CoincheckExchange
from adapters.exchange.coincheck.nonces import InMemoryNonces
from adapters.exchange.coincheck.signing import Credentials
from adapters.exchange.coincheck_fake.api import make_app
from adapters.exchange.coincheck_fake.rules import Terms as VenueTerms
from adapters.exchange.coincheck_fake.venue import Venue
from adapters.exchange.dry_run import DryRunExchange
from adapters.exchange.market_only import MarketOnly
from adapters.exchange.paper.exchange import PaperExchange
from adapters.exchange.paper.journal import Journal
from adapters.exchange.simulated.exchange import SimulatedExchange
from adapters.exchange.simulated.matching import FillAssumptions
from adapters.exchange.simulated.prices import SimulatedPrices
from adapters.loopback.server import serving
from application.errors import Refused, Retryable
from application.ports.exchange import Balances, Exchange, Fill, MarketOrder, PlacedState, Quote
from domain.events import Side
from domain.instant import CANDLE, SECOND
from domain.instruments import DEFAULT
from domain.market.candle_series import CandleSeries
from domain.money import Jpy

START = 1_735_689_600_000
ETH, BTC, XRP, DOGE = "eth_usdt", "btc_usdt", "xrp_usdt", "doge_usdt"
CASH = Decimal(1_000_000)
SEEN = Decimal(100_500)
"""The last price at START, close of candle 0 (JPY)."""
NEXT = Decimal(101_000)
"""The first price after START, open of candle 1 (JPY)."""


@attrs.frozen(kw_only=True)
class Terms:
    """What trading costs on the market of a test."""

    spread: Decimal = Decimal("0.002")
    slippage: Decimal = Decimal("0.0005")
    fee: Decimal = Decimal(0)
    parts: int = 1
    missing: frozenset[int] = frozenset()
    decimals: int | None = 3


@attrs.frozen
class Plug:
    """An exchange with the known market, and a clock that the test moves on."""

    exchange: Exchange
    clock: SimulatedClock
    terms: Terms

    async def buy(self, amount: str | Decimal, pair: str = ETH) -> str:
        order = MarketOrder(pair, Side.BUY, Jpy(Decimal(amount)), None)
        return await self.exchange.place(order, await self.exchange.nonce())

    async def sell(self, quantity: str | Decimal, pair: str = ETH) -> str:
        order = MarketOrder(pair, Side.SELL, None, Decimal(quantity))
        return await self.exchange.place(order, await self.exchange.nonce())

    async def state(self, number: str) -> PlacedState:
        return (await self.exchange.order(number)).state

    async def fills(self, number: str) -> tuple[Fill, ...]:
        return await self.exchange.fills(number, START)

    async def settled(self, number: str) -> tuple[Fill, ...]:
        """The fills of an order after ten minutes."""
        self.clock.move_to(self.clock.now() + 2 * CANDLE)
        assert await self.state(number) is not PlacedState.OPEN
        return await self.fills(number)


class HundredYen:
    """A dollar costs 100 JPY."""

    def factor(self, moment: int) -> float:
        return 100.0


def market(terms: Terms) -> dict[str, CandleSeries]:
    """The known market."""
    numbers = np.array([n for n in range(200) if n not in terms.missing], np.int64)
    opens = 1_000.0 + 10.0 * numbers
    return {
        pair: CandleSeries(
            pair, START - CANDLE + numbers * CANDLE, opens, opens + 7, opens - 1, opens + 5, opens
        )
        for pair in DEFAULT.pairs
    }


def simulated(terms: Terms) -> Plug:
    """The exchange of all simulated worlds."""
    series = market(terms)
    clock = SimulatedClock(START)
    exchange = SimulatedExchange(
        clock=clock,
        prices=SimulatedPrices(series, HundredYen(), terms.decimals),
        instruments=DEFAULT,
        cash=Jpy(CASH),
        terms=FillAssumptions(
            spread=terms.spread, slippage=terms.slippage, fee=terms.fee, parts=terms.parts
        ),
    )
    return Plug(exchange, clock, terms)


class Switchboard:
    """One server for all cards: whichever fake exchange was made last answers."""

    def __init__(self) -> None:
        self.app: Any = None

    @property
    def state(self) -> Any:
        """That of the fake exchange in front."""
        return self.app.state

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


SWITCHBOARD = Switchboard()
RUNNING = ExitStack()
FOLDERS = ExitStack()


@cache
def address() -> str:
    """Where the fake exchange listens; it stops with this process."""
    return RUNNING.enter_context(serving(SWITCHBOARD))


def over_http(terms: Terms) -> Plug:
    """The plug for Coincheck, over a real socket to the fake one on the same market."""
    clock = SimulatedClock(START)
    by_name = {one.coincheck: one.pair for one in DEFAULT}
    venue = Venue(
        clock=clock.now,
        market=RenamedMarket(SimulatedPrices(market(terms), HundredYen(), terms.decimals), by_name),
        cash=CASH,
        terms=VenueTerms(
            spread=terms.spread,
            slippage=terms.slippage,
            fees=dict.fromkeys(by_name, terms.fee),
            parts=terms.parts,
        ),
    )
    SWITCHBOARD.app = make_app(venue, {"key": "secret"})
    # a card has a loop of its own: no connection may outlive it
    transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))
    exchange = CoincheckExchange(
        client=coincheck_client(address(), transport=transport),
        credentials=Credentials(key_id="key", secret="secret"),  # noqa: S106 - of the fake
        clock=clock,
        instruments=DEFAULT,
        nonces=InMemoryNonces(),
    )
    return Plug(exchange, clock, terms)


class RenamedMarket:
    """The market under the exchange's names of pairs."""

    def __init__(self, prices: SimulatedPrices, names: dict[str, str]) -> None:
        self._prices = prices
        self._names = names

    def last(self, pair: str, moment: int) -> Decimal | None:
        return self._prices.last(self._names[pair], moment)

    def first_after(self, pair: str, moment: int) -> tuple[int, Decimal] | None:
        return self._prices.first_after(self._names[pair], moment)


class TradesSoFar:
    """The known market as a source of live prices: what was traded by now."""

    def __init__(self, prices: SimulatedPrices, clock: SimulatedClock, terms: Terms) -> None:
        self._prices, self._clock, self._terms = prices, clock, terms

    async def trades(self, pair: str, since: int) -> list[tuple[int, Decimal]]:
        now, found = self._clock.now(), []
        seen = self._prices.last(pair, now)
        at: int | None = max(since, START)
        if since < START and seen is not None:
            found.append((START, SEEN))
        while at is not None and (traded := self._prices.first_after(pair, at)):
            at = traded[0] if traded[0] <= now else None
            if at is not None:
                found.append(traded)
                at += 498  # somebody trades twice a second
        newest = self._prices.first_after(pair, now - 1)
        if newest is not None and newest[0] == now and (not found or found[-1][0] < now):
            found.append(newest)
        return found

    async def quote(self, pair: str) -> Quote:
        middle = (await self.trades(pair, 0))[-1][1]
        half = self._terms.spread / 2
        return Quote(Jpy(middle * (1 - half)), Jpy(middle * (1 + half)))


def on_paper(terms: Terms) -> Plug:
    """The paper account with the known market for live prices."""
    clock = SimulatedClock(START)
    prices = SimulatedPrices(market(terms), HundredYen(), terms.decimals)
    folder = Path(FOLDERS.enter_context(TemporaryDirectory()))
    exchange = PaperExchange(
        clock=clock,
        source=TradesSoFar(prices, clock, terms),
        journal=Journal(folder / "paper.jsonl"),
        instruments=DEFAULT,
        cash=Jpy(CASH),
        terms=FillAssumptions(
            spread=terms.spread, slippage=terms.slippage, fee=terms.fee, parts=terms.parts
        ),
    )
    return Plug(exchange, clock, terms)


class SeenInDryRun(DryRunExchange):
    """An account that is read through a dry run, and at which somebody else trades."""

    async def place(self, order: MarketOrder, nonce: int) -> str:
        return await self._exchange.place(order, nonce)


def dry_run(terms: Terms) -> Plug:
    """All that a dry run reads, of an account on which something happens."""
    plug = simulated(terms)
    return attrs.evolve(plug, exchange=SeenInDryRun(plug.exchange))


def market_only(terms: Terms) -> Plug:
    """Public prices of the known market."""
    clock = SimulatedClock(START)
    prices = SimulatedPrices(market(terms), HundredYen(), terms.decimals)
    return Plug(MarketOnly(TradesSoFar(prices, clock, terms), clock), clock, terms)


EXCHANGES: dict[str, Callable[[Terms], Plug]] = {
    "simulated": simulated,
    "on paper": on_paper,
    "coincheck over http": over_http,
    "read in a dry run": dry_run,
}
"""A plug joins with one line here."""
MARKETS = {**EXCHANGES, "market only": market_only}

every_exchange = pytest.mark.parametrize("make", EXCHANGES.values(), ids=EXCHANGES)
every_market = pytest.mark.parametrize("make", MARKETS.values(), ids=MARKETS)
Make = Callable[[Terms], Plug]


def run(card: Coroutine[Any, Any, None]) -> None:
    """Play one card to its end."""
    asyncio.run(card)


@every_market
def test_e01_bid_and_ask_lie_half_a_spread_around_the_last_price(make: Make) -> None:
    async def card() -> None:
        exchange = make(Terms()).exchange
        quote = await exchange.quote(ETH)
        assert await exchange.price(ETH) == Jpy(SEEN)
        assert quote.bid == Jpy(SEEN * Decimal("0.999"))
        assert quote.ask == Jpy(SEEN * Decimal("1.001"))

    run(card())


@every_exchange
def test_e02_a_new_account_has_its_yen_free_and_no_coins(make: Make) -> None:
    async def card() -> None:
        held = await make(Terms()).exchange.balances()
        assert (held.jpy_free, held.jpy_reserved) == (Jpy(CASH), Jpy(Decimal(0)))
        assert not any(held.coins_free.values())
        assert not any(held.coins_reserved.values())

    run(card())


@every_exchange
def test_e03_a_buy_reserves_its_yen_until_it_fills(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        number = await plug.buy("15000")
        held = await plug.exchange.balances()
        assert (held.jpy_free, held.jpy_reserved) == (Jpy(CASH - 15_000), Jpy(Decimal(15_000)))
        assert held.coins_free[ETH] == 0
        (fill,) = await plug.settled(number)
        held = await plug.exchange.balances()
        assert held.jpy_reserved == Jpy(Decimal(0))
        assert held.jpy_free == Jpy(CASH - fill.funds.amount)
        assert held.coins_free[ETH] == fill.quantity

    run(card())


@every_exchange
def test_e04_a_sell_reserves_its_coins_until_it_fills(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        await plug.settled(await plug.buy("15000"))
        before = await plug.exchange.balances()
        number = await plug.sell("0.1")
        held = await plug.exchange.balances()
        assert held.coins_reserved[ETH] == Decimal("0.1")
        assert held.coins_free[ETH] == before.coins_free[ETH] - Decimal("0.1")
        (fill,) = await plug.settled(number)
        held = await plug.exchange.balances()
        assert held.coins_reserved[ETH] == 0
        assert held.jpy_free == before.jpy_free + fill.funds - fill.fee

    run(card())


@every_exchange
def test_e05_a_buy_never_fills_at_the_price_it_was_decided_on(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms(spread=Decimal(0), slippage=Decimal(0)))
        number = await plug.buy("15000")
        assert await plug.state(number) is PlacedState.OPEN
        assert await plug.fills(number) == ()
        (fill,) = await plug.settled(number)
        assert fill.at > START - SECOND  # an exchange may tell whole seconds
        assert fill.price == Jpy(NEXT) != Jpy(SEEN)

    run(card())


@every_exchange
def test_e06_without_a_trade_an_order_waits_for_the_first_price_after_it(make: Make) -> None:
    async def card() -> None:
        missing = frozenset({1, 2, 3})
        plug = make(Terms(spread=Decimal(0), slippage=Decimal(0), missing=missing))
        number = await plug.buy("15000")
        plug.clock.move_to(START + 3 * CANDLE - 1)
        assert await plug.state(number) is PlacedState.OPEN
        (fill,) = await plug.settled(number)
        assert (fill.at, fill.price) == (START + 3 * CANDLE, Jpy(Decimal(104_000)))

    run(card())


@every_exchange
def test_e07_an_order_goes_from_open_to_filled_and_stays_there(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        number = await plug.buy("15000")
        assert await plug.state(number) is PlacedState.OPEN
        plug.clock.move_to(START + 10 * SECOND)
        assert await plug.state(number) is PlacedState.FILLED
        fills = await plug.fills(number)
        plug.clock.move_to(START + 20 * CANDLE)
        assert await plug.state(number) is PlacedState.FILLED
        assert await plug.fills(number) == fills

    run(card())


@every_exchange
def test_e08_a_buy_under_500_yen_is_refused_and_500_is_taken(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        with pytest.raises(Refused, match="500"):
            await plug.buy("499")
        assert (await plug.exchange.balances()).jpy_free == Jpy(CASH)
        assert await plug.settled(await plug.buy("500"))

    run(card())


@every_exchange
@pytest.mark.parametrize("pair", [BTC, XRP, DOGE])
def test_e09_a_sell_under_the_coins_minimum_is_refused_and_the_minimum_is_taken(
    make: Make, pair: str
) -> None:
    async def card() -> None:
        plug = make(Terms())
        coin = DEFAULT.of(pair)
        await plug.settled(await plug.buy("300000", pair))
        step = Decimal(1).scaleb(-coin.decimals)
        with pytest.raises(Refused, match=str(coin.min_amount)):
            await plug.sell(coin.min_amount - step, pair)
        (fill,) = await plug.settled(await plug.sell(coin.min_amount, pair))
        assert fill.quantity == coin.min_amount

    run(card())


@every_exchange
def test_e10_a_sell_with_more_decimals_than_the_coin_has_is_refused(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        await plug.settled(await plug.buy("400000", DOGE))
        with pytest.raises(Refused, match="decimals"):
            await plug.sell("1.005", DOGE)

    run(card())


@every_exchange
def test_e11_a_buy_gives_no_more_decimals_than_the_coin_has(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        for pair in DEFAULT.pairs:
            (fill,) = await plug.settled(await plug.buy("123457", pair))
            exponent = fill.quantity.as_tuple().exponent
            assert isinstance(exponent, int)
            assert -exponent <= DEFAULT.of(pair).decimals

    run(card())


@every_exchange
def test_e12_more_yen_than_are_free_is_refused_and_changes_nothing(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        await plug.buy("600000")
        before = await plug.exchange.balances()
        with pytest.raises(Refused, match="insufficient"):
            await plug.buy("400001")
        assert await plug.exchange.balances() == before
        await plug.buy("400000")

    run(card())


@every_exchange
def test_e13_more_coins_than_are_free_is_refused_and_changes_nothing(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        (fill,) = await plug.settled(await plug.buy("15000"))
        await plug.sell("0.1")
        before = await plug.exchange.balances()
        with pytest.raises(Refused, match="insufficient"):
            await plug.sell(fill.quantity)
        assert await plug.exchange.balances() == before

    run(card())


@every_exchange
@pytest.mark.parametrize("parts", [2, 3, 7, 12])
def test_e14_fills_in_parts_come_one_by_one_and_sum_up(make: Make, parts: int) -> None:
    async def card() -> None:
        plug = make(Terms(parts=parts))
        number = await plug.buy("15000")
        plug.clock.move_to(START + SECOND)
        assert len(await plug.fills(number)) == 1
        assert await plug.state(number) is PlacedState.OPEN
        bought = await plug.settled(number)
        held = await plug.exchange.balances()
        assert len({one.id for one in bought}) == len(bought) == parts
        assert list(bought) == sorted(bought, key=lambda one: one.at)
        assert sum(one.quantity for one in bought) == held.coins_free[ETH]
        assert held.jpy_free == Jpy(CASH - sum(one.funds.amount for one in bought))
        sold = await plug.settled(await plug.sell(held.coins_free[ETH]))
        assert sum(one.quantity for one in sold) == held.coins_free[ETH]
        assert (await plug.exchange.balances()).coins_free[ETH] == 0

    run(card())


@every_exchange
def test_e15_a_buy_too_small_for_the_smallest_coin_expires_with_nothing(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        number = await plug.buy("500", DOGE)  # at 101,000 JPY a coin and 2 decimals
        assert await plug.settled(number) == ()
        assert await plug.state(number) is PlacedState.EXPIRED
        assert (await plug.exchange.balances()).jpy_free == Jpy(CASH)

    run(card())


@every_exchange
def test_e16_an_unknown_order_is_refused(make: Make) -> None:
    async def card() -> None:
        exchange = make(Terms()).exchange
        with pytest.raises(Refused, match="987654321"):
            await exchange.order("987654321")
        assert await exchange.fills("987654321", 0) == ()

    run(card())


@every_exchange
def test_e21_nonces_rise_and_an_old_one_is_turned_away_unseen(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        old, new = await plug.exchange.nonce(), await plug.exchange.nonce()
        assert old < new
        order = MarketOrder(ETH, Side.BUY, Jpy(Decimal(15_000)), None)
        await plug.exchange.place(order, new)
        before = await plug.exchange.balances()
        with pytest.raises(Retryable):
            await plug.exchange.place(order, old)
        assert await plug.exchange.balances() == before

    run(card())


@every_exchange
def test_e22_a_look_at_the_balances_fences_off_every_nonce_before_it(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        nonce = await plug.exchange.nonce()
        await plug.exchange.balances()
        order = MarketOrder(ETH, Side.BUY, Jpy(Decimal(15_000)), None)
        with pytest.raises(Retryable):
            await plug.exchange.place(order, nonce)
        assert await plug.exchange.open_orders() == ()

    run(card())


@every_exchange
def test_e23_an_order_is_told_as_it_was_sent_and_with_what_it_traded(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        number = await plug.buy("15037")
        (resting,) = await plug.exchange.open_orders()
        assert (resting.pair, resting.side, resting.exchange_id) == (ETH, Side.BUY, number)
        # a list of open orders may tell only what is left of them, and then tells no amount
        assert resting.amount in (None, Jpy(Decimal(15_037)))
        assert START - SECOND < resting.created_at <= START
        (fill,) = await plug.settled(number)
        told = await plug.exchange.order(number)
        assert told.state is PlacedState.FILLED
        assert (told.pair, told.amount, told.quantity) == (ETH, Jpy(Decimal(15_037)), None)
        assert told.executed == (fill.funds + fill.fee).amount
        assert await plug.exchange.open_orders() == ()
        sold = await plug.sell("0.0123")
        await plug.settled(sold)
        told = await plug.exchange.order(sold)
        assert (told.side, told.amount, told.quantity) == (Side.SELL, None, Decimal("0.0123"))
        assert told.executed == Decimal("0.0123")

    run(card())


@every_exchange
def test_e24_the_accounts_fills_are_those_of_all_its_orders_from_a_time_on(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms(parts=2))
        first, second = await plug.buy("15000"), await plug.buy("20000", XRP)
        bought = (*await plug.settled(first), *await plug.settled(second))
        found = await plug.exchange.account_fills(START)
        assert sorted(found, key=lambda one: one.id) == sorted(bought, key=lambda one: one.id)
        assert [one.at for one in found] == sorted(one.at for one in found)
        later = plug.clock.now()
        (sold, *_) = await plug.settled(await plug.sell("0.05"))
        found = await plug.exchange.account_fills(later)
        assert {one.exchange_id for one in found} == {sold.exchange_id}
        assert (found[0].pair, found[0].side) == (ETH, Side.SELL)

    run(card())


@every_exchange
def test_e17_a_buy_pays_half_the_spread_the_slippage_and_the_fee_exactly(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms(fee=Decimal("0.001")))
        assert await plug.exchange.taker_fee(ETH) == Decimal("0.001")
        (fill,) = await plug.settled(await plug.buy("15000"))
        assert fill.price == Jpy(NEXT * Decimal("1.0015"))
        assert fill.funds == fill.price * fill.quantity
        assert fill.fee == fill.funds * Decimal("0.001")
        # the most coins that 15,000 JPY pay for, fee included
        one_more = fill.quantity + Decimal("1e-8")
        assert fill.funds + fill.fee <= Jpy(Decimal(15_000))
        assert fill.price.amount * one_more * Decimal("1.001") > 15_000

    run(card())


@every_exchange
def test_e18_a_sell_receives_less_half_the_spread_the_slippage_and_the_fee(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms(fee=Decimal("0.001")))
        await plug.settled(await plug.buy("15000"))  # two candles pass
        before = await plug.exchange.balances()
        (fill,) = await plug.settled(await plug.sell("0.1"))
        assert fill.price == Jpy(Decimal(103_000) * Decimal("0.9985"))
        assert fill.fee == fill.funds * Decimal("0.001")
        after = await plug.exchange.balances()
        assert after.jpy_free - before.jpy_free == fill.funds - fill.fee

    run(card())


@every_exchange
def test_e19_each_order_has_a_number_of_its_own(make: Make) -> None:
    async def card() -> None:
        plug = make(Terms())
        numbers = [await plug.buy("15000") for _ in range(5)]
        assert len(set(numbers)) == 5
        for number in numbers:
            assert all(one.exchange_id == number for one in await plug.settled(number))

    run(card())


steps = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.integers(400, 600_000)),
        st.tuples(st.just("sell"), st.integers(0, 110)),
        st.tuples(st.just("wait"), st.sampled_from([1, 500, 2_000, 7_000, 300_000, 900_000])),
    ),
    max_size=14,
)


@every_exchange
@settings(max_examples=60, deadline=None)
@given(
    steps=steps,
    parts=st.integers(1, 12),
    spread=st.sampled_from(["0", "0.001", "0.01234"]),
    slippage=st.sampled_from(["0", "0.0005", "0.00037"]),
    fee=st.sampled_from(["0", "0.001", "0.00123"]),
    gaps=st.frozensets(st.integers(1, 12), max_size=4),
)
def test_e20_yen_and_coins_are_conserved_to_the_last_decimal(
    make: Make,
    steps: list[tuple[str, int]],
    parts: int,
    spread: str,
    slippage: str,
    fee: str,
    gaps: frozenset[int],
) -> None:
    terms = Terms(
        spread=Decimal(spread),
        slippage=Decimal(slippage),
        fee=Decimal(fee),
        parts=parts,
        missing=gaps,
    )
    run(_conserved(make(terms), steps))


async def _conserved(plug: Plug, steps: list[tuple[str, int]]) -> None:
    placed: dict[str, MarketOrder] = {}
    for number, (what, size) in enumerate(steps):
        pair = (ETH, XRP, DOGE)[number % 3]
        order = None
        if what == "wait":
            plug.clock.move_to(plug.clock.now() + size)
        elif what == "buy":
            order = MarketOrder(pair, Side.BUY, Jpy(Decimal(size)), None)
        else:
            free = (await plug.exchange.balances()).coins_free[pair]
            wanted = (free * size / 100).quantize(Decimal(1).scaleb(-DEFAULT.of(pair).decimals))
            order = MarketOrder(pair, Side.SELL, None, wanted)
        if order is not None:
            with contextlib.suppress(Refused):
                placed[await plug.exchange.place(order, await plug.exchange.nonce())] = order
        _judge(await plug.exchange.balances(), await _booked(plug, placed))


async def _booked(plug: Plug, placed: dict[str, MarketOrder]) -> tuple[Decimal, dict[str, Decimal]]:
    """Yen and coins as the fills tell."""
    yen, coins = CASH, dict.fromkeys(DEFAULT.pairs, Decimal(0))
    for number, order in placed.items():
        for fill in await plug.fills(number):
            if order.side is Side.BUY:
                yen -= fill.funds.amount + fill.fee.amount
                coins[order.pair] += fill.quantity
            else:
                yen += fill.funds.amount - fill.fee.amount
                coins[order.pair] -= fill.quantity
    return yen, coins


def _judge(held: Balances, booked: tuple[Decimal, dict[str, Decimal]]) -> None:
    yen, coins = booked
    assert (held.jpy_free + held.jpy_reserved).amount == yen
    assert min(held.jpy_free.amount, held.jpy_reserved.amount) >= 0
    for pair, quantity in coins.items():
        assert held.coins_free[pair] + held.coins_reserved[pair] == quantity
        assert min(held.coins_free[pair], held.coins_reserved[pair]) >= 0


def test_a_dry_run_refuses_every_order_and_sends_nothing() -> None:
    async def card() -> None:
        plug = simulated(Terms())
        dry = attrs.evolve(plug, exchange=DryRunExchange(plug.exchange))
        before = await plug.exchange.balances()
        for order in (dry.buy("15000"), dry.sell("0.1"), dry.buy("1")):
            with pytest.raises(Refused, match="dry run: nothing is sent"):
                await order
        dry.clock.move_to(dry.clock.now() + 2 * CANDLE)
        assert await plug.exchange.balances() == before
        assert await plug.exchange.open_orders() == ()
        assert await plug.exchange.account_fills(0) == ()

    run(card())


def test_without_a_key_all_but_prices_is_refused_by_name() -> None:
    async def card() -> None:
        exchange = market_only(Terms()).exchange
        order = MarketOrder(ETH, Side.BUY, Jpy(Decimal(15_000)), None)
        for asked, named in (
            (exchange.balances(), "balances"),
            (exchange.taker_fee(ETH), ETH),
            (exchange.nonce(), "nonce"),
            (exchange.place(order, 1), ETH),
            (exchange.order("o7"), "o7"),
            (exchange.open_orders(), "open orders"),
            (exchange.fills("o7", 0), "o7"),
            (exchange.account_fills(0), "fills of the account"),
        ):
            with pytest.raises(Refused, match=f"{named}.* needs the account's key"):
                await asked

    run(card())


class LastTrades:
    """Trades as they are given."""

    def __init__(self, *trades: tuple[int, Decimal]) -> None:
        self._trades = trades

    async def trades(self, pair: str, since: int) -> list[tuple[int, Decimal]]:
        return [one for one in self._trades if one[0] > since]

    async def quote(self, pair: str) -> Quote:
        raise Retryable("not now")


def test_a_public_price_older_than_a_minute_is_none() -> None:
    async def card() -> None:
        clock = SimulatedClock(START)
        source = LastTrades((START - 9, Decimal(7)), (START, Decimal(8)))
        exchange = MarketOnly(source, clock)
        assert await exchange.price(ETH) == Jpy(Decimal(8))
        clock.move_to(START + 59_999)
        assert await exchange.price(ETH) == Jpy(Decimal(8))
        clock.move_to(START + 60_000)
        with pytest.raises(Retryable, match=f"no price of {ETH} within 60 s"):
            await exchange.price(ETH)

    run(card())
