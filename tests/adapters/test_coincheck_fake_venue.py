"""The fake Coincheck's books: exact, never negative, and the same whoever looks when."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.coincheck_fake.dump import dump
from adapters.exchange.coincheck_fake.ledger import Ledger, Movement, Reason
from adapters.exchange.coincheck_fake.market import DriftingPrices, GivenPrices, Renamed
from adapters.exchange.coincheck_fake.payloads import text
from adapters.exchange.coincheck_fake.rules import RULES, RefusedError, Terms
from adapters.exchange.coincheck_fake.venue import Venue
from domain.instruments import DEFAULT

START = 1_735_689_600_000
CASH = Decimal("1000000.4321")
PRICES = {
    "btc_jpy": Decimal("16925672.123"),
    "xrp_jpy": Decimal("401.37"),
    "doge_jpy": Decimal("33.333"),
}
PAIRS = tuple(PRICES)

steps = st.lists(
    st.one_of(
        st.tuples(st.just("market_buy"), st.integers(400, 500_000)),
        st.tuples(st.just("market_sell"), st.integers(1, 110)),
        st.tuples(st.just("buy"), st.integers(95, 105)),
        st.tuples(st.just("sell"), st.integers(95, 105)),
        st.tuples(st.just("cancel"), st.integers(0, 20)),
        st.tuples(st.just("by hand"), st.integers(500, 90_000)),
        st.tuples(st.just("wait"), st.sampled_from([1, 400, 900, 2_500, 60_000])),
        st.tuples(st.just("deposit"), st.integers(1, 1_000)),
    ),
    max_size=20,
)
shares = st.sampled_from(["1", "0.5", "0.333", "0"])
terms = st.builds(
    lambda fee, parts, share, lag: Terms(
        spread=Decimal("0.00123"),
        slippage=Decimal("0.00037"),
        fees=dict.fromkeys(PAIRS, Decimal(fee)),
        parts=parts,
        filled_share=Decimal(share),
        balance_lag_ms=lag,
    ),
    st.sampled_from(["0", "0.001", "0.00123"]),
    st.integers(1, 7),
    shares,
    st.sampled_from([0, 700, 5_000]),
)


def amounts(venue: Venue, what: str, size: int, pair: str) -> dict[str, str]:
    """The fields of an order whose size is yen, a share of the coins or of the price."""
    if what == "market_buy":
        return {"market_buy_amount": str(size)}
    decimals = RULES[pair].decimals
    free = venue.ledger.held()[pair.partition("_")[0]].free
    if what == "market_sell":
        return {"amount": str(round(free * size / 100, decimals))}
    amount = RULES[pair].minimum * 13 if what == "buy" else round(free / 2, decimals)
    return {"amount": str(amount), "rate": str(PRICES[pair] * size / 100)}


def act(venue: Venue, clock: SimulatedClock, what: str, size: int, pair: str) -> None:
    if what == "wait":
        clock.move_to(clock.now() + size)
    elif what == "deposit":
        venue.move_by_hand("jpy", Decimal(size) / 7)
    elif what == "by hand":
        venue.trade_by_hand(pair, "market_buy", Decimal(size))
    elif what == "cancel":
        venue.cancel(next(iter(venue.history), 0) + 37 * size)
    else:
        fields = amounts(venue, what, size, pair)
        venue.place({"pair": pair, "order_type": what, **fields}, nonce=1, key="key")


@settings(max_examples=150, deadline=None)
@given(steps=steps, terms=terms, seed=st.integers(0, 3))
def test_yen_and_coins_are_conserved_to_the_last_decimal(
    steps: list[tuple[str, int]], terms: Terms, seed: int
) -> None:
    clock = SimulatedClock(START)
    market = DriftingPrices(PRICES, seed)
    venue = Venue(clock=clock.now, market=market, cash=CASH, terms=terms, limited=False)
    for number, (what, size) in enumerate(steps):
        with suppress(RefusedError):
            act(venue, clock, what, size, PAIRS[number % 3])
        venue.check()
        shown = venue.visible_balances()
        assert all(min(one.free, one.reserved) >= 0 for one in shown.values())
    clock.move_to(clock.now() + 10**7)
    venue.check()
    resting = [one for one in venue.history.values() if one.is_open]
    assert all(one.wanted.rate is not None for one in resting)
    for order in venue.history.values():
        decimals = RULES[order.pair].decimals
        assert all(one.coins == round(one.coins, decimals) for one in order.fills)
        if order.in_yen and order.status != "FILLED":
            assert order.executed + order.expired == order.wanted.size
    ids = [one.id for one in venue.fills]
    assert ids == sorted(set(ids))
    assert [one.at for one in venue.fills] == sorted(one.at for one in venue.fills)


@settings(max_examples=50, deadline=None)
@given(looks=st.lists(st.integers(1, 9_000), max_size=12), parts=st.integers(1, 5))
def test_looking_more_often_changes_nothing(looks: list[int], parts: int) -> None:
    def fills(looks: list[int]) -> list[str]:
        clock = SimulatedClock(START)
        venue = Venue(
            clock=clock.now,
            market=DriftingPrices(PRICES, 1),
            cash=CASH,
            terms=Terms(parts=parts),
        )
        for pair in PAIRS:
            fields = {"pair": pair, "order_type": "market_buy", "market_buy_amount": "50000"}
            venue.place(fields)
        for at in sorted(looks):
            clock.move_to(START + at)
            venue.settle()
        clock.move_to(START + 20_000)
        return [json.dumps(one, sort_keys=True) for one in dump(venue)["fills"]]

    assert fills(looks) == fills([])


def test_a_ledger_refuses_what_is_not_there() -> None:
    ledger = Ledger(("jpy",))
    ledger.move(Movement(START, "jpy", Decimal(5), Decimal(0), Reason.DEPOSIT, None))
    with pytest.raises(RefusedError, match="JPY の所持金額が足りません"):
        ledger.reserve(START, "jpy", Decimal("5.0001"), 1)
    with pytest.raises(AssertionError, match="would leave"):
        ledger.move(Movement(START, "jpy", Decimal(-6), Decimal(0), Reason.DEPOSIT, None))
    ledger.check()
    ledger.movements.pop()
    with pytest.raises(AssertionError, match="booked"):
        ledger.check()


def test_a_cooked_book_is_found() -> None:
    venue = Venue(clock=lambda: START, market=GivenPrices(PRICES), cash=CASH)
    venue.trade_by_hand("btc_jpy", "market_buy", Decimal(100_000))
    venue.check()
    venue.fills.pop()
    with pytest.raises(AssertionError, match="fills"):
        venue.check()


def test_the_dump_is_json_with_nonces_and_exact_amounts() -> None:
    clock = SimulatedClock(START)
    venue = Venue(clock=clock.now, market=GivenPrices(PRICES), cash=CASH)
    fields = {"pair": "btc_jpy", "order_type": "market_buy", "market_buy_amount": "100000"}
    venue.place(fields, nonce=17, key="key")
    clock.move_to(START + 1_000)
    told = json.loads(json.dumps(dump(venue)))
    (order,), (fill,) = told["orders"], told["fills"]
    assert (order["nonce"], order["key"], order["placed_at"]) == (17, "key", START)
    assert order["fills"] == [fill["id"]]
    assert (fill["at"], order["ended_at"]) == (START + 500, START + 500)
    total = sum(Decimal(one["free"]) for one in told["balances"].values())
    assert total == CASH + Decimal(fill["jpy"]) + Decimal(fill["coins"])
    for currency, held in told["balances"].items():
        moved = [one for one in told["movements"] if one["currency"] == currency]
        assert sum(Decimal(one["free"]) for one in moved) == Decimal(held["free"])


def test_without_a_trade_an_order_waits() -> None:
    clock = SimulatedClock(START)
    market = GivenPrices({})
    venue = Venue(clock=clock.now, market=market, cash=CASH)
    fields = {"pair": "btc_jpy", "order_type": "market_buy", "market_buy_amount": "100000"}
    order = venue.place(fields)
    clock.move_to(START + 60_000)
    assert venue.order(order.id).status == "NEW"
    with pytest.raises(RefusedError, match="temporally"):
        venue.trade_by_hand("btc_jpy", "market_buy", Decimal(1_000))
    market.prices["btc_jpy"] = Decimal(16_000_000)
    assert venue.order(order.id).status == "FILLED"


def test_markets_are_functions_of_their_time() -> None:
    market = DriftingPrices(PRICES, 3)
    prices = [market.last("btc_jpy", START + n * 60_000) for n in range(100)]
    assert prices == [market.last("btc_jpy", START + n * 60_000) for n in range(100)]
    assert len(set(prices)) > 90
    assert all(abs(one / PRICES["btc_jpy"] - 1) < Decimal("0.031") for one in prices if one)
    assert market.first_after("btc_jpy", START) == (START + 1, market.last("btc_jpy", START + 1))
    assert market.last("eth_jpy", START) is None is market.first_after("eth_jpy", START)
    named = Renamed(GivenPrices({"eth_usdt": Decimal(7)}), {"eth_jpy": "eth_usdt"})
    assert named.last("eth_jpy", START) == 7
    assert named.first_after("eth_jpy", START) == (START + 1, 7)


def test_the_minimums_are_those_that_the_program_knows() -> None:
    ours = {one.coincheck: (one.min_amount, one.decimals) for one in DEFAULT}
    assert {pair: (one.minimum, one.decimals) for pair, one in RULES.items()} == ours


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1E-8", "0.00000001"),
        ("0E-9", "0.0"),
        ("-17532.1373574", "-17532.1373574"),
        ("663810", "663810.0"),
        ("1E+3", "1000.0"),
        ("1234567890123456789012345678901.12345", "1234567890123456789012345678901.12345"),
    ],
)
def test_amounts_are_plain_text(value: str, shown: str) -> None:
    assert text(Decimal(value)) == shown
