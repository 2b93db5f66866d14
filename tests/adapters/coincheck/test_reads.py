"""What the plug makes of the exchange's answers."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx
import pytest

from adapters.exchange.coincheck.calls import Retries, coincheck_client
from adapters.exchange.coincheck.exchange import CoincheckExchange
from application.errors import Broken, ConfigurationError, Refused, Retryable
from application.ports.exchange import PlacedState
from domain.events import Side
from domain.instant import HOUR, iso, parse
from domain.money import Jpy
from tests.adapters.coincheck.kit import (
    ACCOUNTS,
    BALANCE,
    BTC,
    NOW,
    OPENS,
    ORDERS,
    TICKER,
    TRANSACTIONS,
    Bench,
    bench,
    no,
    payload,
    reply,
    run,
)

D = Decimal
ORDER = f"{ORDERS}/12345"


def yen(text: str) -> Jpy:
    return Jpy(D(text))


def changed(name: str, **fields: Any) -> httpx.Response:
    return reply(200, payload(name) | fields)


def test_price_and_quote_are_those_of_the_ticker_of_the_pair() -> None:
    plug = bench()
    assert run(plug.exchange.price("eth_usdt")) == yen("663810")
    quote = run(plug.exchange.quote(BTC))
    assert (quote.bid, quote.ask) == (yen("664164"), yen("664940"))
    asked = [str(one.url) for one in plug.script.asked]
    assert asked == [f"https://coincheck.com/api/ticker?pair={p}_jpy" for p in ("eth", "btc")]
    assert "ACCESS-KEY" not in plug.script.asked[0].headers


@pytest.mark.parametrize(
    ("fields", "kind", "said"),
    [
        ({"timestamp": NOW // 1000 - 61}, Retryable, "stale"),
        ({"timestamp": NOW // 1000 + 61}, Retryable, "clock"),
        ({"timestamp": NOW}, Broken, "timestamp"),
        ({"timestamp": "soon"}, Broken, "timestamp"),
        ({"bid": 664941}, Broken, "bid 664941 is above"),
        ({"last": 0}, Broken, "last 0 is not positive"),
        ({"ask": "-1"}, Broken, "ask"),
        ({"last": None}, Broken, "last"),
        ({"last": True}, Broken, "last"),
        ({"last": "1e999"}, Broken, "last"),
        ({"last": "\uff11"}, Broken, "last"),
        ({"last": "NaN"}, Broken, "last"),
    ],
)
def test_a_ticker_that_cannot_be_believed_is_not_a_price(
    fields: dict, kind: type[Exception], said: str
) -> None:
    plug = bench(retries=Retries(attempts=1)).on(TICKER, changed("ticker", **fields))
    with pytest.raises(kind, match=said):
        run(plug.exchange.quote(BTC))


def test_a_pair_that_is_not_configured_names_the_setting() -> None:
    with pytest.raises(ConfigurationError, match="TRADING_PAIRS_CONFIG"):
        run(bench().exchange.price("pepe_usdt"))


def test_balances_are_free_and_reserved_by_name() -> None:
    held = run(bench().exchange.balances())
    assert (held.jpy_free, held.jpy_reserved) == (yen("200000.8401"), yen("3000"))
    assert held.coins_free == {
        "eth_usdt": D("0.5"),
        BTC: D("7.75052654"),
        "xrp_usdt": 0,
        "sol_usdt": 0,
        "doge_usdt": D("12.34"),
        "avax_usdt": 0,
    }
    assert held.coins_reserved[BTC] == D("3.5002")
    assert sum(held.coins_reserved.values()) == D("3.5002")


@pytest.mark.parametrize("name", ["jpy", "jpy_reserved", "sol", "sol_reserved"])
@pytest.mark.parametrize("value", ["missing", None, "many", True, [], "-0.1", {"a": 1}])
def test_a_balance_that_is_missing_or_no_number_is_named(name: str, value: Any) -> None:
    body = payload("balance") | {name: value}
    if value == "missing":
        del body[name]
    with pytest.raises(Broken, match=f"balance: {name} "):
        run(bench().on(BALANCE, reply(200, body)).exchange.balances())


def test_the_fee_is_told_in_per_cent_and_kept_for_an_hour() -> None:
    plug = bench()
    assert run(plug.exchange.taker_fee(BTC)) == 0
    assert run(plug.exchange.taker_fee("eth_usdt")) == D("0.001")
    assert plug.script.paths() == [ACCOUNTS]
    plug.clock.move_to(NOW + HOUR)
    assert run(plug.exchange.taker_fee("eth_usdt")) == D("0.001")
    assert len(plug.script.asked) == 2


def test_a_fee_that_is_not_told_is_not_guessed() -> None:
    with pytest.raises(Broken, match=r"exchange_fees\.sol_jpy"):
        run(bench().exchange.taker_fee("sol_usdt"))
    for rate in ("5", "-0.1", None):
        fees = {"btc_jpy": {"taker_fee_rate": rate}}
        plug = bench().on(ACCOUNTS, changed("accounts", exchange_fees=fees))
        with pytest.raises(Broken, match="taker_fee_rate"):
            run(plug.exchange.taker_fee(BTC))


def test_an_order_is_told_with_what_was_asked_and_what_it_traded() -> None:
    told = run(bench().exchange.order("12345"))
    assert (told.exchange_id, told.pair, told.side) == ("12345", BTC, Side.BUY)
    assert (told.amount, told.quantity) == (yen("10000"), None)
    assert (told.state, told.executed) == (PlacedState.EXPIRED, D("9990"))
    assert told.created_at == parse("2025-09-29T14:50:21Z")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("NEW", PlacedState.OPEN),
        ("WAITING_FOR_TRIGGER", PlacedState.OPEN),
        ("PARTIALLY_FILLED", PlacedState.OPEN),
        ("FILLED", PlacedState.FILLED),
        ("CANCELED", PlacedState.EXPIRED),
        ("EXPIRED", PlacedState.EXPIRED),
        ("PARTIALLY_FILLED_CANCELED", PlacedState.EXPIRED),
        ("PARTIALLY_FILLED_EXPIRED", PlacedState.EXPIRED),
    ],
)
def test_a_sell_tells_coins_in_every_state(status: str, state: PlacedState) -> None:
    sold = changed(
        "order",
        status=status,
        order_type="market_sell",
        amount="0.5",
        market_buy_amount=None,
        executed_amount=0.25,
        executed_market_buy_amount=None,
    )
    told = run(bench().on(ORDER, sold).exchange.order("12345"))
    assert (told.side, told.amount, told.quantity) == (Side.SELL, None, D("0.5"))
    assert (told.state, told.executed) == (state, D("0.25"))


def sold(status: str, **fields: Any) -> httpx.Response:
    made = {"order_type": "market_sell", "amount": None, "market_buy_amount": None}
    return changed("order", status=status, **(made | fields))


@pytest.mark.parametrize("rate", [None, "16925672.0"])
def test_a_market_order_is_one_by_its_type_whatever_its_rate(rate: str | None) -> None:
    told = run(bench().on(ORDER, changed("order", rate=rate)).exchange.order("12345"))
    assert (told.amount, told.executed) == (yen("10000"), D("9990"))


def test_an_ended_sell_that_does_not_tell_its_amount_is_the_sum_of_its_parts() -> None:
    parts = {"executed_amount": "0.3", "expired_amount": "0.2"}
    plug = bench().on(ORDER, sold("PARTIALLY_FILLED_EXPIRED", **parts))
    assert run(plug.exchange.order("12345")).quantity == D("0.5")
    plug.on(ORDER, sold("FILLED", executed_amount="0.3"))
    assert run(plug.exchange.order("12345")).quantity == D("0.3")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (changed("order", market_buy_amount=None), "market_buy_amount is missing"),
        (sold("NEW", executed_amount="0.3"), "amount is missing"),
        (sold("FILLED"), "amount is missing"),
    ],
)
def test_a_market_order_of_unknown_size_is_not_passed_over(
    answer: httpx.Response, said: str
) -> None:
    with pytest.raises(Broken, match=said):
        run(bench().on(ORDER, answer).exchange.order("12345"))


@pytest.mark.parametrize(("kind", "side"), [("buy", Side.BUY), ("sell", Side.SELL)])
def test_a_limit_order_does_not_tell_what_it_asks_for(kind: str, side: Side) -> None:
    limit = changed("order", order_type=kind, rate="1000000.0", amount="0.5", executed_amount="0.5")
    told = run(bench().on(ORDER, limit).exchange.order("12345"))
    assert (told.side, told.amount, told.quantity) == (side, None, None)
    assert told.executed == (None if side is Side.BUY else D("0.5"))


@pytest.mark.parametrize("answer", [reply(404, b"<html>"), no(400, "not found"), no(200, "x")])
def test_an_order_that_is_not_there_is_refused_by_its_id(answer: httpx.Response) -> None:
    plug = bench().on(f"{ORDERS}/777", answer)
    with pytest.raises(Refused, match="777"):
        run(plug.exchange.order("777"))


@pytest.mark.parametrize("number", ["", "x", "1/../opens", "\uff11\uff12", "9" * 20, "-1"])
def test_an_id_that_is_no_number_is_not_asked_for(number: str) -> None:
    plug = bench()
    with pytest.raises(Refused):
        run(plug.exchange.order(number))
    assert plug.script.asked == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (no(401, "invalid authentication"), ConfigurationError),
        (no(401, "Nonce must be incremented"), Retryable),
        (no(429, "too_many_requests"), Retryable),
        (no(500, "x"), Retryable),
        (changed("order", status="open"), Broken),
        (changed("order", id=12346), Broken),
        (changed("order", executed_market_buy_amount="-1"), Broken),
        (changed("order", created_at="1066-10-14T09:00:00Z"), Broken),
        (changed("order", created_at=1759157421), Broken),
        (changed("order", order_type="leverage_buy"), Broken),
    ],
)
def test_an_order_that_cannot_be_told_is_not_said_to_be_missing(
    answer: httpx.Response, kind: type[Exception]
) -> None:
    plug = bench().on(ORDER, *[lambda _: answer] * 3)
    with pytest.raises(kind):
        run(plug.exchange.order("12345"))


def test_details_are_asked_for_once_a_second_tries_included() -> None:
    plug = bench().on(ORDER, no(500, "x"))
    moments: list[int] = []
    plug.on(ORDER, *[lambda _: (moments.append(plug.clock.now()), changed("order"))[1]] * 4)

    async def card() -> None:
        for _ in range(4):
            await plug.exchange.order("12345")

    run(card())
    assert plug.clock.now() >= NOW + 4_000
    assert all(b - a >= 1_000 for a, b in pairwise(moments))


def test_open_orders_are_market_orders_whose_amounts_are_not_told() -> None:
    first, second = run(bench().exchange.open_orders())
    assert (first.exchange_id, first.pair, first.side) == ("38632100", "mona_jpy", Side.SELL)
    assert (second.exchange_id, second.pair, second.side) == ("38632107", BTC, Side.BUY)
    for one in (first, second):
        assert (one.amount, one.quantity, one.executed) == (None, None, None)
        assert one.state is PlacedState.OPEN


@pytest.mark.parametrize("field", ["id", "rate", "pair", "order_type", "created_at"])
def test_an_open_order_without_a_needed_field_is_not_passed_over(field: str) -> None:
    row = payload("opens")["orders"][0]
    del row[field]
    plug = bench().on(OPENS, reply(200, {"success": True, "orders": [row]}))
    with pytest.raises(Broken, match=field):
        run(plug.exchange.open_orders())


def test_fills_come_with_their_signs_off_and_their_fees_apart() -> None:
    rebate, sold, bought, last = run(bench().exchange.account_fills(0))
    assert [one.id for one in (rebate, sold, bought, last)] == ["36", "37", "38", "583710515"]
    assert (bought.side, bought.quantity, bought.price) == (Side.BUY, D("0.1"), yen("40900"))
    assert (bought.funds, bought.fee) == (yen("4090"), yen("6.135"))
    assert (sold.exchange_id, sold.side, sold.quantity) == ("48", Side.SELL, D("0.0264391"))
    assert (sold.funds, sold.fee) == (yen("17565.609258"), yen("0"))
    assert sold.at == parse("2017-10-22T06:55:46Z")
    assert (rebate.funds, rebate.fee) == (yen("4090"), yen("-4.09"))
    assert last.pair == BTC


def test_fills_of_an_order_are_picked_by_its_id_and_by_time() -> None:
    exchange = bench().exchange
    (fill,) = run(exchange.fills("8047158658", 0))
    assert fill.id == "583710515"
    assert run(exchange.fills("583710515", 0)) == ()
    assert run(exchange.fills("8047158658", fill.at + 1)) == ()
    assert run(exchange.fills("8047158658", fill.at)) == (fill,)


def row(number: int, **fields: Any) -> dict[str, Any]:
    made = payload("transactions")["data"][0] | {
        "id": number,
        "order_id": (number + 1) // 2,
        "created_at": iso(NOW - 100_000 + number * 1000),
    }
    return made | fields


def pages(rows: list[dict], limit: int = 25) -> Callable[[httpx.Request], httpx.Response]:
    """The list as the exchange keeps it: newest first, cut where asked."""

    def answer(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        assert query["order"] == "desc"
        start = 0
        if "starting_after" in query:
            start = next(i for i, r in enumerate(rows) if str(r["id"]) == query["starting_after"])
            start += 1
        cut = rows[start : start + min(limit, int(query["limit"]))]
        paging = {"limit": limit, "order": "desc", "starting_after": None, "ending_before": None}
        return reply(200, {"success": True, "pagination": paging, "data": cut})

    return answer


def paged(rows: list[dict], limit: int = 25) -> Bench:
    return bench().on(TRANSACTIONS, *[pages(rows, limit)] * 20)


@pytest.mark.parametrize("count", [0, 1, 24, 25, 26, 50, 51, 60])
@pytest.mark.parametrize("limit", [25, 20, 7])
def test_every_page_is_read_whatever_its_length(count: int, limit: int) -> None:
    plug = paged([row(n) for n in range(count, 0, -1)], limit)
    found = run(plug.exchange.account_fills(0))
    assert [one.id for one in found] == [str(n) for n in range(1, count + 1)]
    assert len(plug.script.asked) == count // limit + 1
    assert plug.script.bad_signatures == 0


def test_paging_stops_at_a_page_that_is_older_than_asked_for() -> None:
    plug = paged([row(n) for n in range(100, 0, -1)])
    found = run(plug.exchange.account_fills(NOW - 100_000 + 70_000))
    assert [one.id for one in found] == [str(n) for n in range(70, 101)]
    assert len(plug.script.asked) == 3


def test_a_fill_told_twice_counts_once() -> None:
    newest = [row(n) for n in range(30, 5, -1)]
    older = [row(n) for n in range(8, 0, -1)]
    plug = bench().on(TRANSACTIONS, pages(newest), lambda _: pages(older)(_first()))
    assert [one.id for one in run(plug.exchange.account_fills(0))] == [str(n) for n in range(1, 31)]


def _first() -> httpx.Request:
    return httpx.Request("GET", "https://coincheck.com/x?limit=25&order=desc")


def test_a_list_that_does_not_move_on_is_not_read_for_ever() -> None:
    same = [row(n) for n in range(25, 0, -1)]
    plug = bench().on(TRANSACTIONS, *[lambda _: pages(same)(_first())] * 3)
    with pytest.raises(Broken, match="no new id"):
        run(plug.exchange.account_fills(0))
    assert len(plug.script.asked) == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"funds": {"btc": "0.005", "jpy": "84628.36"}}, "funds"),
        ({"funds": {"btc": "-0.005", "jpy": "84628.36"}}, "funds"),
        ({"funds": {"btc": "0", "jpy": "-84628.36"}}, "funds"),
        ({"funds": {"btc": "0.005"}}, "jpy"),
        ({"funds": {"eth": "0.005", "jpy": "-84628.36"}}, "btc"),
        ({"funds": None}, "funds"),
        ({"funds": {"btc": None, "jpy": "-1"}}, "funds.btc"),
        ({"side": "sell"}, "sell"),
        ({"side": "market_buy"}, "side"),
        ({"rate": "0"}, "funds"),
        ({"rate": "1692567.2"}, "rate"),
        ({"fee": "1000"}, "rate"),
        ({"fee": "1", "fee_currency": "ETH"}, "fee_currency"),
        ({"created_at": "2150-01-01T00:00:00Z"}, "created_at"),
        ({"pair": "btc_usd"}, "pair"),
        ({"order_id": None}, "order_id"),
        ({"id": -3}, "id"),
    ],
)
def test_a_fill_that_cannot_be_believed_is_named(fields: dict, said: str) -> None:
    plug = paged([row(1, **fields)])
    with pytest.raises(Broken, match=said):
        run(plug.exchange.account_fills(0))


@pytest.mark.parametrize(
    ("side", "coins", "moved"), [("buy", "0.0995", "-10000"), ("sell", "-0.1", "9950")]
)
def test_a_fee_in_the_coin_leaves_what_was_moved_as_it_was(
    side: str, coins: str, moved: str
) -> None:
    fee = "0.0005"
    funds = {"btc": coins, "jpy": moved}
    one = row(1, side=side, funds=funds, fee=fee, fee_currency="BTC", rate="100000")
    (fill,) = run(paged([one]).exchange.account_fills(0))
    assert (fill.quantity, fill.fee) == (abs(D(coins)), yen("50"))
    total = fill.funds + fill.fee if fill.side is Side.BUY else fill.funds - fill.fee
    assert total == yen(moved.strip("-"))


def test_no_binary_float_is_ever_made() -> None:
    exact = "16925672.123456789012345"
    body = reply(200, payload("ticker")).content.replace(b"663810.0", exact.encode())
    plug = bench().on(TICKER, reply(200, body))
    assert run(plug.exchange.price(BTC)) == yen(exact)


Ask = Callable[[CoincheckExchange], Awaitable[Any]]


@pytest.mark.parametrize("path", [BALANCE, TRANSACTIONS, OPENS])
def test_reads_wait_longer_each_time_and_within_the_deadline(path: str) -> None:
    ask: dict[str, Ask] = {
        BALANCE: lambda one: one.balances(),
        TRANSACTIONS: lambda one: one.account_fills(0),
        OPENS: lambda one: one.open_orders(),
    }
    retries = Retries(attempts=10, first_s=1, most_s=8, deadline_s=20)
    plug = bench(retries=retries)
    moments: list[int] = []
    plug.on(path, *[lambda _: (moments.append(plug.clock.now()), no(503, "x"))[1]] * 10)
    with pytest.raises(Retryable):
        run(ask[path](plug.exchange))
    waits = [b - a for a, b in pairwise(moments)]
    assert waits == [750, 1_500, 3_000, 6_000, 6_000]
    assert moments[-1] < NOW + 20_000


def test_the_client_itself_tries_nothing_again_and_reads_no_settings_from_outside() -> None:
    client = coincheck_client()
    transport = client._transport
    assert isinstance(transport, httpx.AsyncHTTPTransport)
    assert transport._pool._retries == 0
    assert (client.follow_redirects, client.trust_env) == (False, False)


@pytest.mark.parametrize(
    "address",
    ["coincheck.com", "ftp://coincheck.com", "https://u:p@coincheck.com", "https://h?x=1"],
)
def test_an_address_that_cannot_be_one_names_the_setting(address: str) -> None:
    with pytest.raises(ConfigurationError, match="COINCHECK base_url"):
        coincheck_client(address)
