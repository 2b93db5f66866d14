"""The fake Coincheck over a real socket: authentication, shapes, refusals, limits and faults."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.coincheck_fake import faults as fault
from adapters.exchange.coincheck_fake.api import make_app, url_as_sent
from adapters.exchange.coincheck_fake.auth import Gate, signature
from adapters.exchange.coincheck_fake.faults import Faults
from adapters.exchange.coincheck_fake.market import GivenPrices
from adapters.exchange.coincheck_fake.rules import RULES, ZERO, RefusedError, Terms
from adapters.exchange.coincheck_fake.venue import Venue
from adapters.loopback.server import serving

START = 1_759_157_421_250  # 2025-09-29T14:50:21.250Z
ORDERS = "/api/exchange/orders"
PAGE = f"{ORDERS}/transactions_pagination"
OPENS = f"{ORDERS}/opens"
BALANCE = "/api/accounts/balance"
BUY = {"pair": "btc_jpy", "order_type": "market_buy", "market_buy_amount": "108792"}
SELL = {"pair": "btc_jpy", "order_type": "market_sell", "amount": "0.005"}
LIMIT = {"pair": "btc_jpy", "order_type": "buy", "rate": "15000000", "amount": "0.002"}


class Desk:
    """A client of the fake with a key and growing nonces, and the fake's insides."""

    def __init__(self, url: str, venue: Venue, clock: SimulatedClock, app: Any) -> None:
        self.url, self.venue, self.clock, self.app = url, venue, clock, app
        self.faults: Faults = app.state.faults
        self.http = httpx.Client(timeout=5)
        self.nonce = 0

    def public(self, path: str) -> httpx.Response:
        return self.http.get(self.url + path)

    def signed(
        self, method: str, path: str, body: bytes = b"", *, form: bool = False, **changed: Any
    ) -> httpx.Response:
        self.nonce += 1
        nonce = str(changed.get("nonce", self.nonce))
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        headers = {
            "ACCESS-KEY": changed.get("key", "key"),
            "ACCESS-NONCE": nonce,
            "ACCESS-SIGNATURE": signature("secret", nonce, self.url + path, body),
            "Content-Type": kind,
        }
        timeout = changed.get("timeout", 5)
        return self.http.request(
            method, self.url + path, content=body, headers=headers, timeout=timeout
        )

    def get(self, path: str, **changed: Any) -> Any:
        return self.signed("GET", path, **changed).json()

    def place(self, fields: dict[str, Any], **changed: Any) -> httpx.Response:
        return self.signed("POST", ORDERS, json.dumps(fields).encode(), **changed)

    def bought(self, times: int = 1, **fields: str) -> int:
        """The id of the last of some buys, all filled."""
        number = 0
        for _ in range(times):
            number = self.place({**BUY, **fields}).json()["id"]
            self.clock.move_to(self.clock.now() + 1_000)
        return number


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Every request is also a check of the books."""
    clock = SimulatedClock(START)
    prices = {pair: Decimal(17_000_000) for pair in RULES}
    terms = Terms(spread=Decimal("0.002"), slippage=Decimal(0))
    venue = Venue(clock=clock.now, market=GivenPrices(prices), cash=Decimal(1_000_000), terms=terms)
    app = make_app(venue, {"key": "secret", "other": "secret"}, Faults(hold_s=20))
    with serving(app) as url:
        found = Desk(url, venue, clock, app)
        with found.http:
            yield found
    venue.check()


# --- authentication


@pytest.mark.parametrize(
    ("nonce", "url", "body", "expected"),
    [
        (
            "1760000000000",
            "https://coincheck.com/api/accounts/balance",
            b"",
            "31d3e67b842cab185b6f045a0600eabe4691d435e52510ee345cd2377dc432e5",
        ),
        (
            "1760000000001",
            "https://coincheck.com/api/exchange/orders",
            b'{"pair":"btc_jpy","order_type":"market_buy","market_buy_amount":"10000"}',
            "51b7f592b055278929826b929b812471c90da3938c0b09098697c516588291ec",
        ),
        (
            "1760000000002",
            "https://coincheck.com/api/exchange/orders/transactions_pagination?limit=25&order=desc",
            b"",
            "525bff3f87f8165674e550f879a691679282a22f157722570c37f244048e5b9a",
        ),
    ],
)
def test_known_signatures_are_let_in(nonce: str, url: str, body: bytes, expected: str) -> None:
    assert signature("example-secret", nonce, url, body) == expected
    gate = Gate({"key": "example-secret"})
    headers = {"access-key": "key", "access-nonce": nonce, "access-signature": expected}
    assert gate.admit(headers, url, body) == ("key", int(nonce))
    for other in (url + "&", body + b" "):
        sent = (other, body) if isinstance(other, str) else (url, other)
        with pytest.raises(RefusedError, match="invalid authentication"):
            gate.admit(headers, *sent)


def test_the_url_is_taken_as_it_was_sent() -> None:
    scope = {
        "scheme": "https",
        "headers": [(b"host", b"coincheck.com")],
        "path": "/api/a b",
        "raw_path": b"/api/a%20b",
        "query_string": b"limit=25&order=desc",
    }
    assert url_as_sent(scope) == "https://coincheck.com/api/a%20b?limit=25&order=desc"


def refusal(answer: httpx.Response) -> tuple[int, str]:
    told = answer.json()
    assert set(told) == {"success", "error"}
    assert told["success"] is False
    return answer.status_code, told["error"]


def test_a_nonce_must_grow_for_its_key(desk: Desk) -> None:
    assert desk.signed("GET", BALANCE, nonce=1_000).status_code == 200
    for nonce in (1_000, 999, 1):
        answer = desk.signed("GET", BALANCE, nonce=nonce)
        assert refusal(answer) == (401, "Nonce must be incremented")
    assert desk.signed("GET", BALANCE, nonce=1, key="other").status_code == 200
    assert desk.signed("GET", BALANCE, nonce=2**63 - 1).status_code == 200
    for nonce in (2**63, "1.5", "-1", "x", ""):
        answer = desk.signed("GET", BALANCE, nonce=nonce, key="other")
        assert refusal(answer) == (401, "invalid authentication")


def test_a_request_that_is_refused_before_its_nonce_does_not_use_it(desk: Desk) -> None:
    wrong = desk.http.get(
        desk.url + BALANCE,
        headers={"ACCESS-KEY": "key", "ACCESS-NONCE": "50", "ACCESS-SIGNATURE": "0" * 64},
    )
    assert refusal(wrong) == (401, "invalid authentication")
    assert refusal(desk.http.get(desk.url + BALANCE)) == (401, "invalid authentication")
    assert refusal(desk.signed("GET", BALANCE, key="none")) == (401, "invalid authentication")
    assert desk.signed("GET", BALANCE, nonce=50).status_code == 200
    desk.app.state.gate.keys["key"].enabled = False
    assert refusal(desk.signed("GET", BALANCE, nonce=51)) == (401, "disabled API Key")


def test_the_signature_is_over_the_query_and_the_raw_body(desk: Desk) -> None:
    assert desk.signed("GET", f"{PAGE}?order=desc&limit=3&&x=%20").status_code == 200
    assert desk.place(BUY).json()["success"]
    form = b"pair=btc_jpy&order_type=market_buy&market_buy_amount=600"
    assert desk.signed("POST", ORDERS, form, form=True).json()["market_buy_amount"] == "600.0"


# --- public shapes


def test_the_ticker_has_numbers_with_a_decimal_and_seconds(desk: Desk) -> None:
    text = desk.public("/api/ticker?pair=eth_jpy").text
    assert text.startswith('{"last":17000000.0,"bid":16983000.0,"ask":17017000.0,"high":17170000.0')
    assert f'"timestamp":{START // 1000}' in text
    assert desk.public("/api/ticker").text == text  # BTC, and here all cost the same


def test_the_book_has_rows_of_strings(desk: Desk) -> None:
    book = desk.public("/api/order_books?pair=btc_jpy").json()
    assert book["asks"][0] == ["17017000.0", "0.7"]
    asks = [Decimal(rate) for rate, _ in book["asks"]]
    bids = [Decimal(rate) for rate, _ in book["bids"]]
    assert asks == sorted(asks)
    assert bids == sorted(bids, reverse=True)
    assert bids[0] < asks[0]


def test_trades_rate_and_estimate(desk: Desk) -> None:
    told = desk.public("/api/trades?pair=xrp_jpy").json()
    assert set(told) == {"success", "pagination", "data"}
    assert set(told["data"][0]) == {"id", "amount", "rate", "pair", "order_type", "created_at"}
    assert refusal(desk.public("/api/trades")) == (400, "invalid pair")
    assert desk.public("/api/rate/eth_jpy").json() == {"rate": "17000000.0"}
    ask = f"{ORDERS}/rate?order_type=sell&pair=btc_jpy"
    assert desk.public(f"{ask}&amount=0.1").json() == {
        "success": True,
        "rate": "16983000.0",
        "price": "1698300.0",
        "amount": "0.1",
    }
    for rest in ("", "&amount=1&price=1", "&amount=x"):
        assert desk.public(ask + rest).status_code == 400


def test_the_status_lists_pairs(desk: Desk) -> None:
    assert len(desk.public("/api/exchange_status").json()["exchange_status"]) == 6
    assert desk.public("/api/exchange_status?pair=btc_jpy").json() == {
        "exchange_status": [
            {
                "pair": "btc_jpy",
                "status": "available",
                "timestamp": START // 1000,
                "availability": {"order": True, "market_order": True, "cancel": True},
            }
        ]
    }
    desk.venue.sessions["btc_jpy"] = "itayose"
    (told,) = desk.public("/api/exchange_status?pair=btc_jpy").json()["exchange_status"]
    assert told["availability"] == {"order": True, "market_order": False, "cancel": True}
    assert refusal(desk.place(BUY)) == (400, "order temporally disabled")
    assert desk.place(LIMIT).json()["success"]


@pytest.mark.parametrize(
    "path",
    ["/api/ticker?pair=foo_jpy", "/api/rate/foo_jpy", "/api/exchange/status", "/", "/api/x"],
)
def test_an_unknown_pair_or_path_is_a_page(desk: Desk, path: str) -> None:
    answer = desk.public(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert not answer.text.isascii()
    assert desk.place({**BUY, "pair": "foo_jpy"}).status_code == 404


# --- orders


def test_a_market_order_is_answered_without_amount_and_rate(desk: Desk) -> None:
    told = desk.place(BUY).json()
    assert re.fullmatch(r"\d{10}", str(told.pop("id")))
    assert told == {
        "success": True,
        "amount": None,
        "rate": None,
        "order_type": "market_buy",
        "pair": "btc_jpy",
        "created_at": "2025-09-29T14:50:21.000Z",
        "market_buy_amount": "108792.0",
        "time_in_force": "good_til_cancelled",
        "stop_loss_rate": None,
    }
    desk.clock.move_to(START + 1_000)
    told = desk.place(SELL).json()
    assert (told["amount"], told["rate"], told["market_buy_amount"]) == (None, None, None)
    told = desk.place({**LIMIT, "amount": 0.002, "rate": 15_000_000}).json()
    assert (told["amount"], told["rate"]) == ("0.002", "15000000.0")


def test_an_order_goes_from_open_to_filled(desk: Desk) -> None:
    number = desk.place(BUY).json()["id"]
    (shown,) = desk.get(OPENS)["orders"]
    assert shown == {
        "id": number,
        "order_type": "buy",
        "rate": None,
        "pair": "btc_jpy",
        "pending_amount": None,
        "pending_market_buy_amount": "108792.0",
        "stop_loss_rate": None,
        "created_at": "2025-09-29T14:50:21.000Z",
    }
    assert desk.get(f"{ORDERS}/{number}")["status"] == "NEW"
    held = desk.get(BALANCE)
    assert (held["jpy"], held["jpy_reserved"], held["btc"]) == ("891208.0", "108792.0", "0.0")
    desk.clock.move_to(START + 1_000)
    assert desk.get(OPENS)["orders"] == []
    told = desk.get(f"{ORDERS}/{number}")
    assert told == {
        "success": True,
        "id": number,
        "pair": "btc_jpy",
        "status": "FILLED",
        "order_type": "market_buy",
        "rate": None,
        "stop_loss_rate": None,
        "maker_fee_rate": "0.0",
        "taker_fee_rate": "0.0",
        "amount": None,
        "market_buy_amount": "108792.0",
        "executed_amount": None,
        "executed_market_buy_amount": "108791.89321",
        "expired_type": None,
        "prevented_match_id": None,
        "expired_amount": None,
        "expired_market_buy_amount": None,
        "time_in_force": "good_til_cancelled",
        "created_at": "2025-09-29T14:50:21.000Z",
    }
    (row,) = desk.get(PAGE)["data"]
    assert re.fullmatch(r"\d+", str(row.pop("id")))
    assert row == {
        "order_id": number,
        "created_at": "2025-09-29T14:50:21.000Z",
        "funds": {"btc": "0.00639313", "jpy": "-108791.89321"},
        "pair": "btc_jpy",
        "rate": "17017000.0",
        "fee_currency": None,
        "fee": "0.0",
        "liquidity": "T",
        "side": "buy",
    }


def test_a_fee_is_in_the_funds_and_beside_them(desk: Desk) -> None:
    desk.venue.next_order(fees={"btc_jpy": Decimal("0.001")})
    desk.bought()
    (row,) = desk.get(PAGE)["data"]
    gross = Decimal(row["funds"]["btc"]) * Decimal(row["rate"])
    assert Decimal(row["funds"]["jpy"]) == -gross - Decimal(row["fee"])
    assert Decimal(row["fee"]) == gross / 1_000
    assert row["fee_currency"] == "JPY"


def test_an_order_in_parts_that_runs_out_of_book_expires(desk: Desk) -> None:
    desk.venue.next_order(parts=2, part_every_ms=1_000, filled_share=Decimal("0.5"))
    number = desk.place({**BUY, "market_buy_amount": "100000"}).json()["id"]
    desk.clock.move_to(START + 1_000)
    assert desk.get(f"{ORDERS}/{number}")["status"] == "PARTIALLY_FILLED"
    (shown,) = desk.get(OPENS)["orders"]
    assert 50_000 < Decimal(shown["pending_market_buy_amount"]) < 100_000
    desk.clock.move_to(START + 3_000)
    told = desk.get(f"{ORDERS}/{number}")
    assert (told["status"], told["expired_type"]) == ("PARTIALLY_FILLED_EXPIRED", "unfilled_market")
    spent, unspent = told["executed_market_buy_amount"], told["expired_market_buy_amount"]
    assert Decimal(spent) + Decimal(unspent) == 100_000
    assert len(desk.get(PAGE)["data"]) == 2
    assert desk.get(f"{ORDERS}/cancel_status?id={number}")["cancel"] is True
    desk.venue.next_order(filled_share=Decimal(0))
    number = desk.bought()
    desk.clock.move_to(desk.clock.now() + 2_000)
    assert desk.get(f"{ORDERS}/{number}")["status"] == "EXPIRED"


def test_an_order_can_be_in_neither_list_and_shows_late_in_the_balance(desk: Desk) -> None:
    desk.venue.terms = Terms(opens_lag_ms=300, fills_lag_ms=2_000, balance_lag_ms=1_000)
    desk.place(BUY)
    assert desk.get(OPENS)["orders"] == [] == desk.get(PAGE)["data"]
    desk.clock.move_to(START + 400)
    assert len(desk.get(OPENS)["orders"]) == 1
    desk.clock.move_to(START + 600)
    assert desk.get(OPENS)["orders"] == [] == desk.get(PAGE)["data"]
    assert desk.get(BALANCE)["jpy_reserved"] == "108792.0"
    desk.clock.move_to(START + 1_600)
    assert desk.get(PAGE)["data"] == []
    assert desk.get(BALANCE)["jpy_reserved"] == "0.0"
    assert Decimal(desk.get(BALANCE)["btc"]) > 0
    desk.clock.move_to(START + 2_600)
    assert len(desk.get(PAGE)["data"]) == 1


def test_a_limit_order_rests_is_cancelled_once_and_fills_at_its_rate(desk: Desk) -> None:
    number = desk.place(LIMIT).json()["id"]
    (shown,) = desk.get(OPENS)["orders"]
    assert (shown["rate"], shown["pending_amount"]) == ("15000000.0", "0.002")
    assert desk.get(BALANCE)["jpy_reserved"] == "30000.0"
    assert desk.get(f"{ORDERS}/cancel_status?id={number}")["cancel"] is False
    path = f"{ORDERS}/{number}"
    assert desk.signed("DELETE", path).json() == {"success": True, "id": number}
    assert refusal(desk.signed("DELETE", path)) == (400, "Failed to cancel the order.")
    told = desk.get(path)
    assert (told["status"], told["executed_amount"]) == ("CANCELED", "0.0")
    desk.place(LIMIT)
    desk.clock.move_to(START + 1_000)
    desk.venue.market.prices["btc_jpy"] = Decimal(14_000_000)
    (row,) = desk.get(PAGE)["data"]
    assert (row["rate"], row["liquidity"]) == ("15000000.0", "M")
    number = desk.place({**LIMIT, "time_in_force": "post_only"}).json()["id"]
    told = desk.get(f"{ORDERS}/{number}")
    assert (told["status"], told["expired_type"]) == ("EXPIRED", "post_only")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (BUY | {"market_buy_amount": "499"}, "最低量(500 JPY)"),
        (BUY | {"amount": "0.01"}, "market buy"),
        (BUY | {"market_buy_amount": None}, "Market buy amount"),
        (BUY | {"market_buy_amount": "1000001"}, "Amount JPY の所持金額が足りません"),
        (BUY | {"market_buy_amount": "NaN"}, "Market buy amount"),
        (BUY | {"order_type": "leverage_buy"}, "Order type"),
        (BUY | {"stop_loss_rate": "1"}, "Stop loss"),
        (SELL, "Amount BTC の所持金額が足りません"),
        (SELL | {"amount": "0.0009"}, "Amount 量が最低量(0.001 BTC)を下回っています"),
        (SELL | {"pair": "xrp_jpy", "amount": "0.9"}, "最低量(1.0 XRP)"),
        (SELL | {"pair": "doge_jpy", "amount": "1.005"}, "decimals"),
        (SELL | {"amount": True}, "Amount"),
        (LIMIT | {"rate": None}, "Rate"),
        (LIMIT | {"rate": "10"}, "最低量(500 JPY)"),
        (LIMIT | {"time_in_force": "fok"}, "Time in force"),
    ],
)
def test_an_order_is_refused_and_nothing_changes(
    desk: Desk, fields: dict[str, Any], text: str
) -> None:
    status, error = refusal(desk.place(fields))
    assert status == 400
    assert text in error
    assert desk.venue.history == {}
    assert desk.venue.holdings()["jpy"] == 1_000_000


def test_nonsense_is_refused(desk: Desk) -> None:
    for body in (b"{", b"[1]", b"\xff"):
        assert refusal(desk.signed("POST", ORDERS, body)) == (400, "invalid JSON")
    assert desk.place({**BUY, "pair": ["btc_jpy"]}).status_code == 404
    desk.clock.move_to(START + 1_000)
    assert desk.place({**BUY, "order_type": {}}).status_code == 400
    for number in ("1", "x"):
        desk.clock.move_to(desk.clock.now() + 1_000)
        assert refusal(desk.signed("GET", f"{ORDERS}/{number}")) == (404, "not found")


def test_more_than_four_orders_or_one_detail_a_second_are_too_many(desk: Desk) -> None:
    numbers = [desk.place(LIMIT).json()["id"] for _ in range(4)]
    assert refusal(desk.place(LIMIT)) == (429, "too_many_requests")
    path = f"{ORDERS}/{numbers[0]}"
    assert desk.signed("GET", path).status_code == 200
    assert refusal(desk.signed("GET", path)) == (429, "too_many_requests")
    desk.clock.move_to(START + 999)
    assert desk.place(LIMIT).status_code == 429
    desk.clock.move_to(START + 1_000)
    assert desk.place(LIMIT).status_code == 200
    assert desk.signed("GET", path).status_code == 200


def test_pages_hold_25_rows_and_lead_to_older_ones(desk: Desk) -> None:
    desk.bought(30, market_buy_amount="600")
    desk.venue.trade_by_hand("eth_jpy", "market_buy", Decimal(50_000))
    truth = [one.id for one in reversed(desk.venue.fills)]
    first = desk.get(f"{PAGE}?limit=100&order=desc&pair=xrp_jpy")
    assert first["pagination"] == {
        "limit": 25,
        "order": "desc",
        "starting_after": None,
        "ending_before": None,
    }
    assert [one["id"] for one in first["data"]] == truth[:25]
    rest = desk.get(f"{PAGE}?limit=25&order=desc&starting_after={truth[24]}")
    assert [one["id"] for one in rest["data"]] == truth[25:]
    older = desk.get(f"{PAGE}?limit=2&order=asc&starting_after={truth[-1]}")
    assert [one["id"] for one in older["data"]] == [truth[-2], truth[-3]]
    newer = desk.get(f"{PAGE}?limit=2&ending_before={truth[4]}")
    assert [one["id"] for one in newer["data"]] == truth[2:4]
    newest = desk.get(f"{ORDERS}/transactions?limit=1&order_id=5")["transactions"]
    assert [one["id"] for one in newest] == truth[:25]
    assert newest[0]["funds"].keys() == {"eth", "jpy"}
    assert desk.venue.history[newest[0]["order_id"]].nonce is None


def test_the_balance_has_seven_strings_a_currency(desk: Desk) -> None:
    held = desk.get(BALANCE)
    assert held.pop("success") is True
    assert len(held) == 7 * 10
    assert all(isinstance(one, str) for one in held.values())
    suffixes = ("", "_reserved", "_lending", "_lend_in_use", "_lent", "_debt", "_tsumitate")
    assert {f"jpy{one}" for one in suffixes} <= set(held)
    told = desk.get("/api/accounts")
    assert told["exchange_fees"]["sol_jpy"] == {"maker_fee_rate": "0.0", "taker_fee_rate": "0.0"}


# --- faults


@pytest.mark.parametrize("name", [fault.REPLY_LOST_AFTER, fault.REPLY_LOST_BEFORE])
def test_a_lost_reply_is_a_closed_connection(desk: Desk, name: str) -> None:
    desk.faults.next("place", name)
    with pytest.raises(httpx.TransportError):
        desk.place(BUY)
    assert len(desk.venue.history) == (name == fault.REPLY_LOST_AFTER)
    assert desk.place(BUY).status_code == 200
    assert desk.faults.struck == [("place", name)]


@pytest.mark.parametrize(
    ("name", "status", "orders"),
    [
        (fault.HTTP_502_AFTER, 502, 1),
        (fault.HTTP_502_BEFORE, 502, 0),
        (fault.HTML_200, 200, 1),
        (fault.MAINTENANCE, 503, 0),
    ],
)
def test_a_page_tells_nothing_of_the_order(desk: Desk, name: str, status: int, orders: int) -> None:
    desk.faults.next("place", name)
    answer = desk.place(BUY)
    assert (answer.status_code, len(desk.venue.history)) == (status, orders)
    assert answer.headers["content-type"].startswith("text/html")


def test_cut_json_cannot_be_read(desk: Desk) -> None:
    desk.faults.next("place", fault.TRUNCATED_JSON)
    answer = desk.place(BUY)
    assert (answer.status_code, len(desk.venue.history)) == (200, 1)
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        answer.json()


@pytest.mark.parametrize("fenced", [False, True])
def test_a_delayed_order_counts_only_if_its_nonce_is_still_the_largest(
    desk: Desk, *, fenced: bool
) -> None:
    desk.faults.next("place", fault.DELAYED)
    with pytest.raises(httpx.ReadTimeout):
        desk.place(BUY, timeout=0.2)
    assert desk.faults.wait_until_held()
    assert desk.venue.history == {}
    if fenced:
        assert desk.signed("GET", BALANCE).status_code == 200
    assert desk.faults.release()
    assert len(desk.venue.history) == (not fenced)


def test_a_delayed_order_is_answered_to_a_client_that_waits(desk: Desk) -> None:
    answers: list[httpx.Response] = []
    desk.faults.next("place", fault.DELAYED)
    waiting = threading.Thread(target=lambda: answers.append(desk.place(BUY)))
    waiting.start()
    assert desk.faults.wait_until_held()
    desk.clock.move_to(START + 9_000)
    assert desk.faults.release()
    waiting.join()
    assert [one.status_code for one in answers] == [200]
    (order,) = desk.venue.history.values()
    assert (order.placed_at, order.nonce, order.key) == (START + 9_000, 1, "key")


def test_a_server_that_goes_down_drops_what_it_holds() -> None:
    clock = SimulatedClock(START)
    venue = Venue(clock=clock.now, market=GivenPrices({}), cash=Decimal(1_000))
    app = make_app(venue, {"key": "secret"})
    app.state.faults.next("place", fault.DELAYED)
    with serving(app) as url, httpx.Client() as http:
        desk = Desk(url, venue, clock, app)
        with desk.http, pytest.raises(httpx.ReadTimeout):
            desk.place(BUY, timeout=0.2)
        assert http.get(f"{url}/api/ticker").status_code == 503  # no price yet
    assert venue.history == {}


def test_throttled_and_nonce_refused_place_nothing(desk: Desk) -> None:
    desk.faults.next("place", None)
    desk.faults.next("place", fault.THROTTLED)
    desk.faults.next("any", fault.NONCE_REFUSED)
    assert desk.place(BUY).status_code == 200
    assert refusal(desk.place(BUY)) == (429, "too_many_requests")
    assert refusal(desk.place(BUY)) == (401, "Nonce must be incremented")
    assert len(desk.venue.history) == 1
    assert desk.app.state.gate.keys["key"].last_nonce == 2


def test_in_maintenance_all_is_a_page_but_the_status_which_says_stop(desk: Desk) -> None:
    desk.faults.begin(fault.MAINTENANCE)
    assert desk.public("/api/ticker").status_code == 503
    assert desk.signed("GET", BALANCE).status_code == 503
    told = desk.public("/api/exchange_status").json()["exchange_status"]
    assert {one["status"] for one in told} == {"stop"}
    assert not told[0]["availability"]["market_order"]
    desk.faults.end()
    assert desk.public("/api/ticker").status_code == 200


def test_a_ticker_can_be_stale_or_outside_its_spread(desk: Desk) -> None:
    desk.faults.next("ticker", fault.STALE_TICKER)
    assert desk.public("/api/ticker").json()["timestamp"] == START // 1000 - 60
    desk.faults.next("ticker", fault.LAST_OUTSIDE_SPREAD)
    told = desk.public("/api/ticker").json()
    assert told["low"] <= told["last"] < told["bid"] < told["ask"]


def test_a_lagging_balance_and_list_do_not_know_the_last_fill(desk: Desk) -> None:
    desk.bought()
    desk.faults.next("balance", fault.BALANCE_LAG)
    desk.faults.next("fills-page", fault.FILLS_LAG)
    held = desk.get(BALANCE)
    assert (held["jpy_reserved"], held["btc"]) == ("108792.0", "0.0")
    assert desk.get(PAGE)["data"] == []
    assert desk.get(BALANCE)["jpy_reserved"] == "0.0"
    assert len(desk.get(PAGE)["data"]) == 1


def test_wrong_types_are_numbers_for_strings_strings_for_numbers_and_null(desk: Desk) -> None:
    desk.bought()
    desk.faults.next("any", fault.WRONG_TYPES, times=3)
    held = desk.get(BALANCE)
    assert isinstance(held["jpy"], float)
    assert held["jpy_debt"] is None
    (row,) = desk.get(PAGE)["data"]
    assert isinstance(row["funds"]["jpy"], float)
    assert row["fee"] is None
    assert desk.public("/api/ticker").json()["bid"] == "16983000.0"


def test_in_process_a_lost_reply_is_a_reset_connection() -> None:
    async def card() -> None:
        venue = Venue(clock=lambda: START, market=GivenPrices({"btc_jpy": Decimal(7)}), cash=ZERO)
        app = make_app(venue, {"key": "secret"})
        app.state.faults.next("ticker", fault.REPLY_LOST_AFTER)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://coincheck.com") as http:
            with pytest.raises(ConnectionResetError):
                await http.get("/api/ticker")
            nonce = "1"
            sign = signature("secret", nonce, f"https://coincheck.com{BALANCE}", b"")
            headers = {"ACCESS-KEY": "key", "ACCESS-NONCE": nonce, "ACCESS-SIGNATURE": sign}
            assert (await http.get(BALANCE, headers=headers)).json()["jpy"] == "0.0"

    asyncio.run(card())


def test_chance_is_the_same_for_the_same_seed() -> None:
    def drawn(seed: int) -> list[str | None]:
        some = Faults({fault.THROTTLED: 0.2, fault.STALE_TICKER: 0.5}, seed=seed)
        return [some.draw(point) for point in ("ticker", "place") * 50]

    assert drawn(7) == drawn(7) != drawn(8)
    assert {*drawn(7)} == {None, fault.THROTTLED, fault.STALE_TICKER}
    assert fault.STALE_TICKER not in drawn(7)[1::2]


def test_a_fault_that_cannot_strike_is_not_taken() -> None:
    for point, name in (("place", "stale-ticker"), ("nowhere", "throttled"), ("any", "flood")):
        with pytest.raises(ValueError, match=r"cannot strike|no point|no fault"):
            Faults().next(point, name)
    with pytest.raises(ValueError, match="flood"):
        Faults({"flood": 0.5})
