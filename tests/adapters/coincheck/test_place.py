"""An order: checked before it is sent, sent once, exactly as signed."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.exchange.coincheck.rules import OrderRules
from application.errors import Broken, ConfigurationError, Refused, Retryable
from application.ports.exchange import MarketOrder
from domain.events import Side
from domain.instruments import DEFAULT
from domain.money import Jpy
from tests.adapters.coincheck.kit import (
    BALANCE,
    BTC,
    NOW,
    ORDERS,
    STATUS,
    bench,
    buy,
    no,
    payload,
    place,
    reply,
    run,
    sell,
)


def sold() -> Any:
    return reply(200, payload("market_buy") | {"order_type": "market_sell"})


def test_a_buy_spends_yen_and_the_bytes_sent_are_those_signed() -> None:
    plug = bench()
    assert run(place(plug.exchange)) == "8173686428"
    (order,) = [one for one in plug.script.asked if one.method == "POST"]
    body = b'{"pair":"btc_jpy","order_type":"market_buy","market_buy_amount":"108792"}'
    assert order.content == body
    assert order.headers["content-type"] == "application/json"
    assert plug.script.bad_signatures == 0
    assert plug.script.nonces() == [NOW * 1000]


@pytest.mark.parametrize("text", ["0.01", "0.00100001", "1E-2", "123456789"])
def test_a_sell_gives_coins_in_plain_decimals(text: str) -> None:
    plug = bench().on(ORDERS, sold())
    run(place(plug.exchange, sell(text)))
    sent = json.loads(plug.script.asked[-1].content)
    assert sent == {
        "pair": "btc_jpy",
        "order_type": "market_sell",
        "amount": format(Decimal(text), "f"),
    }


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (buy("499"), "500"),
        (buy("500.5"), "fractions of a yen"),
        (buy("NaN"), "under"),
        (sell("0.00099999"), r"0\.001"),
        (sell("0.001000001"), "8 decimals"),
        (sell("-1"), "under"),
        (sell("Infinity"), "under"),
        (sell("1E+40"), "out of this world"),
        (MarketOrder(BTC, Side.BUY, None, Decimal(1)), "JPY"),
        (MarketOrder(BTC, Side.BUY, Jpy(Decimal(1000)), Decimal(1)), "JPY"),
        (MarketOrder(BTC, Side.SELL, Jpy(Decimal(1000)), None), "coins"),
    ],
)
def test_what_the_exchange_would_refuse_is_not_sent(order: MarketOrder, said: str) -> None:
    plug = bench()
    with pytest.raises(Refused, match=said):
        run(place(plug.exchange, order))
    assert plug.script.asked == []


@given(number=st.decimals(), pair=st.sampled_from(DEFAULT.pairs), side=st.sampled_from(Side))
def test_an_amount_is_refused_or_written_exactly(number: Decimal, pair: str, side: Side) -> None:
    made = (Jpy(number), None) if side is Side.BUY else (None, number)
    rules = OrderRules(DEFAULT)
    try:
        fields = rules.fields(MarketOrder(pair, side, *made), "x_jpy")
    except Refused:
        return
    written = fields["market_buy_amount" if side is Side.BUY else "amount"]
    assert set(written) <= set("0123456789.")
    assert Decimal(written) == number


@given(quantity=st.decimals("0.001", 10**6, places=8))
def test_a_quantity_with_allowed_decimals_is_written_as_it_is(quantity: Decimal) -> None:
    fields = OrderRules(DEFAULT).fields(sell(str(quantity)), "btc_jpy")
    assert Decimal(fields["amount"]) == quantity
    assert "E" not in fields["amount"]


def test_a_pair_without_a_rule_is_a_matter_of_configuration() -> None:
    with pytest.raises(ConfigurationError, match="TRADING_PAIRS_CONFIG"):
        run(place(bench().exchange, buy(pair="pepe_usdt")))
    with pytest.raises(ConfigurationError, match="TRADING_PAIRS_CONFIG"):
        OrderRules(()).of(BTC)


def test_a_minimum_that_a_refusal_states_is_learned_and_told() -> None:
    told: list[tuple] = []
    rules = OrderRules(DEFAULT, on_new_minimum=lambda *what: told.append(what))
    refusal = no(400, "Amount 量が最低量(0.005 BTC)を下回っています")
    plug = bench(rules=rules).on(ORDERS, refusal)
    with pytest.raises(Refused, match="minimum"):
        run(place(plug.exchange, sell("0.002")))
    assert told == [(BTC, Decimal("0.001"), Decimal("0.005"))]
    asked = len(plug.script.asked)
    with pytest.raises(Refused, match=r"0\.005"):
        run(place(plug.exchange, sell("0.002")))
    assert len(plug.script.asked) == asked
    plug.on(ORDERS, sold())
    assert run(place(plug.exchange, sell("0.005")))
    assert rules.of("eth_usdt").min_amount == Decimal("0.001")


@pytest.mark.parametrize(
    "text", ["最低量(0.5 ETH)", "最低量(0 BTC)", "最低量(x BTC)", "最低量(0.001 BTC)", ""]
)
def test_what_states_no_other_minimum_of_this_coin_teaches_nothing(text: str) -> None:
    told: list[tuple] = []
    rules = OrderRules(DEFAULT, on_new_minimum=lambda *what: told.append(what))
    rules.learn(BTC, "btc_jpy", text)
    assert told == []


def status(**fields: Any) -> Any:
    row = payload("exchange_status")["exchange_status"][0] | fields
    return reply(200, {"exchange_status": [row]})


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (status(status="stop"), Retryable, "stop"),
        (status(status="itayose"), Retryable, "itayose"),
        (status(availability={"market_order": False}), Retryable, "market_order False"),
        (status(availability={"market_order": "true"}), Broken, "market_order"),
        (status(pair="eth_jpy"), Broken, "btc_jpy is missing"),
        (reply(200, {"exchange_status": []}), Broken, "btc_jpy is missing"),
    ],
)
def test_no_order_is_sent_to_a_market_that_is_not_open(
    answer: Any, kind: type[Exception], said: str
) -> None:
    plug = bench().on(STATUS, answer)
    with pytest.raises(kind, match=said):
        run(place(plug.exchange))
    assert plug.script.paths() == [STATUS]


def test_the_markets_state_is_known_for_some_seconds_and_asked_again_after_a_refusal() -> None:
    plug = bench()

    async def card() -> None:
        await place(plug.exchange)
        await place(plug.exchange)
        assert plug.script.paths() == [STATUS, ORDERS, ORDERS]
        plug.clock.move_to(NOW + 10_000)
        await place(plug.exchange)
        plug.on(ORDERS, no(400, "order temporally disabled"))
        with pytest.raises(Refused, match="closed this kind of order"):
            await place(plug.exchange)
        await place(plug.exchange)
        assert plug.script.paths()[3:] == [STATUS, ORDERS, ORDERS, STATUS, ORDERS]

    run(card())


def test_four_orders_a_second_at_most() -> None:
    plug = bench()
    moments: list[int] = []

    async def card() -> None:
        for _ in range(9):
            await place(plug.exchange)
            moments.append(plug.clock.now() - NOW)

    run(card())
    assert moments == [0, 0, 0, 0, 1_000, 1_000, 1_000, 1_000, 2_000]


def test_nonces_of_all_private_calls_rise_in_the_order_of_the_calls() -> None:
    plug = bench()

    async def card() -> None:
        first = await plug.exchange.nonce()
        await plug.exchange.place(buy(), first)
        await plug.exchange.balances()
        second = await plug.exchange.nonce()
        await plug.exchange.order("12345")
        plug.on(ORDERS, no(401, "Nonce must be incremented"))
        with pytest.raises(Retryable):
            await plug.exchange.place(buy(), second)
        assert plug.script.paths().count(BALANCE) == 1
        order = [first, first + 1, second + 1, second]
        assert plug.script.nonces() == order

    run(card())
