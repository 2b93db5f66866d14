"""What the exchange really sent, where the recordings are at hand."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.exchange.coincheck import readings
from adapters.exchange.coincheck.errors import Asked, Shape, of_reply
from adapters.exchange.coincheck.payloads import loaded, reason_of
from application.errors import Broken, Refused, Retryable
from domain.instruments import DEFAULT
from tests.adapters.coincheck.kit import ORDERS

RECORDED = Path(__file__).parents[4] / "shared" / "data" / "coincheck"

pytestmark = pytest.mark.skipif(
    not RECORDED.is_dir(), reason=f"no recordings: {RECORDED} is missing"
)
name = readings.pair_names(DEFAULT)


def exactly(value: Any) -> Any:
    shape, read = loaded(json.dumps(value).encode())
    assert shape in {Shape.ANSWER, Shape.REFUSAL}
    return read


def replies(path: str) -> list[Any]:
    told = json.loads((RECORDED / "recorded_2017.json").read_text(encoding="utf-8"))
    return [
        exactly(one["response"])
        for one in told["responses"]
        if one["path"].split("?")[0] == path and one["status"] == 200
    ]


def later(what: str) -> Any:
    told = json.loads((RECORDED / "recorded_later.json").read_text(encoding="utf-8"))
    return next(exactly(one["body"]) for one in told if what in one["what"])


def test_recorded_fills_are_read() -> None:
    pages = replies("/api/exchange/orders/transactions_pagination")
    assert len(pages) == 2
    for one in pages:
        rows, full = readings.page(one)
        assert full == 20
        fills = readings.fills(rows, 0, name)
        assert len(fills) == len(rows) > 0
        assert [f.at for f in fills] == sorted(f.at for f in fills)
        assert {f.fee.amount for f in fills} == {Decimal(0)}


def test_a_recorded_fill_of_the_private_stream_has_the_same_fields() -> None:
    told = later("private stream")
    row = told | {"created_at": told["event_time"]}
    page = {"success": True, "pagination": {"limit": 25}, "data": [row]}
    (fill,) = readings.fills(readings.page(page)[0], 0, name)
    assert fill.exchange_id == "8047158658"
    assert fill.funds.amount == Decimal("84628.36")


def test_a_recorded_balance_is_that_of_its_own_time() -> None:
    (balance,) = replies("/api/accounts/balance")
    old = readings.balances(DEFAULT.only(["btc", "eth", "xrp"]))(balance)
    assert old.jpy_free.amount == Decimal("0.375")
    assert old.coins_free["btc_usdt"] == Decimal("0.123")
    with pytest.raises(Broken, match="sol is missing"):
        readings.balances(DEFAULT)(balance)


def test_recorded_acceptances_are_read_and_refusals_told_apart() -> None:
    kinds = [
        of_reply(200, loaded(json.dumps(one).encode())[0], Asked.ORDER) for one in replies(ORDERS)
    ]
    assert kinds.count(None) == 4
    assert kinds.count(Refused) == 1
    bought = later("order_type=market_buy")
    fields = {"pair": "btc_jpy", "order_type": "market_buy"}
    assert readings.accepted(fields)(bought) == "8645738021"


def test_recorded_open_orders_and_states_are_read() -> None:
    first, *cut = replies("/api/exchange/orders/opens")
    assert readings.open_orders(name)(first) == ()  # a limit order
    for one in cut:
        with pytest.raises(Broken):
            readings.open_orders(name)(one)
    (market,) = readings.open_orders(name)(later("orders/opens"))
    assert market.exchange_id == "38632107"
    status = readings.market_status("btc_jpy")(later("exchange_status"))
    assert (status.status, status.availability.market_order) == ("available", True)


def test_an_order_of_an_unknown_state_is_not_guessed() -> None:
    made_up = later("orders/{id}")
    with pytest.raises(Broken, match="'open' is unknown"):
        readings.placed_order("1", name)(made_up)
    known = readings.placed_order("1", name)(made_up | {"status": "NEW"})
    assert known.executed is None


def test_recorded_errors_have_a_kind() -> None:
    told = json.loads((RECORDED / "errors.json").read_text(encoding="utf-8"))
    kinds = {
        reason_of(value): of_reply(one["status"], shape, Asked.ORDER, reason_of(value))
        for one in told
        if one["body"] and one["status"]
        for shape, value in [loaded(one["body"].encode())]
    }
    assert kinds == {
        "Nonce must be incremented": Retryable,
        "order temporally disabled": Refused,
        "Amount BTC の所持金額が足りません": Refused,
    }
