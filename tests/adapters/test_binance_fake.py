"""The fake Binance answers as the documents and recordings say that the service does."""

from collections.abc import Iterator

import attrs
import httpx
import numpy as np
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.loopback.server import serving
from adapters.market_data.binance_fake import CALLS_TO_BAN, WEIGHT_LIMIT, BinanceData, make_app
from domain.instant import CANDLE, MINUTE, SECOND
from domain.market.candle_series import CandleSeries

START = 1_735_689_600_000
COUNT = 1_200


def series(pair: str) -> CandleSeries:
    price = 100.0 + np.arange(COUNT, dtype=float)
    times = START + np.arange(COUNT, dtype=np.int64) * CANDLE
    return CandleSeries(pair, times, price, price + 8, price - 8, price + 4, price / 100)


SERIES = {"BTCUSDT": series("btc_usdt"), "ETHUSDT": series("eth_usdt")}


@attrs.frozen
class Fake:
    """The service, asked by hand, with its clock at the given place of the series."""

    client: httpx.Client
    clock: SimulatedClock
    data: BinanceData

    def get(self, path: str, headers: dict | None = None, **params) -> httpx.Response:
        return self.client.get(f"/api/v3/{path}", params=params, headers=headers)

    def rows(self, **params) -> list:
        answer = self.get("klines", **{"symbol": "BTCUSDT", "interval": "5m", **params})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def times(self, **params) -> list[int]:
        return [(row[0] - START) // CANDLE for row in self.rows(**params)]


@pytest.fixture
def fake() -> Iterator[Fake]:
    clock = SimulatedClock(START + 1_100 * CANDLE + CANDLE // 4)
    data = BinanceData(SERIES, clock.now)
    with (
        serving(make_app(data)) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        yield Fake(client, clock, data)


def test_the_newest_row_is_the_candle_that_is_forming(fake) -> None:
    closed, forming = fake.rows(limit=2)
    assert closed[:7] == [
        START + 1_099 * CANDLE,
        *("1199.00000000", "1207.00000000", "1191.00000000", "1203.00000000", "11.99000000"),
        START + 1_100 * CANDLE - 1,
    ]
    assert len(closed) == len(forming) == 12
    # a quarter of the way from 1200 to 1204
    assert forming[0:6] == [
        START + 1_100 * CANDLE,
        *("1200.00000000", "1201.00000000", "1200.00000000", "1201.00000000", "3.00000000"),
    ]
    assert forming[6] == START + 1_101 * CANDLE - 1 > fake.clock.now()


def test_which_rows_the_times_and_the_limit_choose(fake) -> None:
    at = [START + place * CANDLE for place in range(20)]
    assert fake.times() == [*range(601, 1_101)]
    assert len(fake.times(limit=5_000)) == 1_000
    assert fake.times(startTime=at[3], limit=2) == [3, 4]
    assert fake.times(startTime=at[3] + 1, limit=2) == [4, 5]
    assert fake.times(endTime=at[9], limit=2) == [8, 9]
    assert fake.times(startTime=at[3], endTime=at[5] - 1) == [3, 4]
    assert fake.times(startTime=at[5], endTime=at[3]) == []
    assert fake.times(startTime=at[3] * 1000, limit=1) == [3]
    assert fake.times(startTime=fake.clock.now()) == []


def test_times_in_microseconds_when_asked_for(fake) -> None:
    given = {"symbol": "BTCUSDT", "interval": "5m", "startTime": START, "limit": 1}
    (row,) = fake.get("klines", {"X-MBX-TIME-UNIT": "MICROSECOND"}, **given).json()
    assert (row[0], row[6]) == (START * 1000, (START + CANDLE) * 1000 - 1)


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("klines", {"interval": "5m"}, -1102),
        ("klines", {"symbol": "BTCUSDT"}, -1102),
        ("klines", {"symbol": "btc/usdt", "interval": "5m"}, -1100),
        ("klines", {"symbol": "NOSUCH", "interval": "5m"}, -1121),
        ("klines", {"symbol": "BTCUSDT", "interval": "5M"}, -1120),
        ("klines", {"symbol": "BTCUSDT", "interval": "5m", "startTime": "today"}, -1100),
        ("klines", {"symbol": "BTCUSDT", "interval": "5m", "limit": "-1"}, -1100),
        ("klines", {"symbol": "BTCUSDT", "interval": "5m", "starttime": "1"}, -1104),
        ("exchangeInfo", {"symbols": '["BTCUSDT","NOSUCH"]'}, -1121),
        ("exchangeInfo", {"symbols": "BTCUSDT"}, -1100),
        ("ticker/price", {"symbol": "NOSUCH"}, -1121),
    ],
)
def test_a_wrong_question_has_its_code(fake, path, params, code) -> None:
    answer = fake.get(path, **params)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["msg"]


def test_the_smaller_answers(fake) -> None:
    assert fake.get("ping").json() == {}
    assert fake.get("time").json() == {"serverTime": fake.clock.now()}
    price = {"symbol": "BTCUSDT", "price": "1201.00000000"}
    assert fake.get("ticker/price", symbol="BTCUSDT").json() == price
    assert fake.get("ticker/price", symbols='["BTCUSDT"]').json() == [price]
    assert len(fake.get("ticker/price").json()) == 2
    fake.data.status["ETHUSDT"] = "HALT"
    info = fake.get("exchangeInfo", symbols='["ETHUSDT","BTCUSDT"]').json()
    states = [(one["symbol"], one["status"]) for one in info["symbols"]]
    assert states == [("ETHUSDT", "HALT"), ("BTCUSDT", "TRADING")]


def test_weights_add_up_in_a_minute_and_going_on_after_a_429_is_a_ban(fake) -> None:
    def used() -> str:
        return fake.get("ping").headers["X-MBX-USED-WEIGHT-1M"]

    assert used() == "1"
    fake.rows()
    assert used() == "4"
    fake.get("exchangeInfo")
    assert used() == "25"
    fake.data.used_by_others = WEIGHT_LIMIT
    fake.clock.move_to(fake.clock.now() + MINUTE)
    refused = fake.get("ping")
    assert (refused.status_code, refused.json()["code"]) == (429, -1003)
    wait = int(refused.headers["Retry-After"])
    assert 0 < wait <= 60
    statuses = [fake.get("ping").status_code for _ in range(CALLS_TO_BAN)]
    assert statuses == [429] * (CALLS_TO_BAN - 1) + [418]
    fake.data.used_by_others = 0
    fake.clock.move_to(fake.clock.now() + 2 * MINUTE - SECOND)
    banned = fake.get("ping")
    assert (banned.status_code, banned.headers["Retry-After"]) == (418, "1")
    assert f"banned until {fake.clock.now() + SECOND}" in banned.json()["msg"]
    fake.clock.move_to(fake.clock.now() + SECOND)
    assert fake.get("ping").status_code == 200
