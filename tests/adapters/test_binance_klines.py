"""Binance's candles against every fault of its hosts, and against bodies of any kind."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.http_reads import Patience, reads_client
from adapters.loopback.faults import ScriptedFaults
from adapters.loopback.server import serving
from adapters.market_data.binance.hosts import AT_ONCE, HELD_AT, REST
from adapters.market_data.binance.klines import MOST_PAGES, BinanceKlines
from adapters.market_data.binance_fake import BinanceData, make_app
from adapters.market_data.closed_only import ClosedOnly
from adapters.market_data.synthetic import synthetic_market
from application.errors import Broken, ConfigurationError, OutsideError, Refused, Retryable
from domain.events import Candle
from domain.instant import CANDLE, DAY, HOUR, MINUTE, SECOND
from domain.instruments import DEFAULT, Instruments

COINS = DEFAULT.only(["eth_usdt", "btc_usdt", "xrp_usdt"])
MARKET = synthetic_market(4, 6, COINS)
START = int(MARKET["btc_usdt"].open_time[0])
TICK = START + 2 * DAY
"""Late enough for a day before it, early enough for pages of candles after it."""
QUICK = Patience(attempts=2, read_s=5.0)


def candles(pair: str, after: int, now: int) -> list[Candle]:
    """What is really there, closed by `now`."""
    part = MARKET[pair].between(after + 1, now - CANDLE + 1)
    columns = attrs.astuple(part, recurse=False)[1:]
    found = zip(*(column.tolist() for column in columns), strict=True)
    return [Candle(pair, *row) for row in found]


def whole(after: int, now: int) -> dict[str, list[Candle]]:
    return {pair: candles(pair, after, now) for pair in COINS.pairs}


@attrs.frozen
class Bench:
    """One data set behind one or more hosts, and a plug that goes on from question to question."""

    clock: SimulatedClock
    data: BinanceData
    urls: tuple[str, ...]
    faults: tuple[ScriptedFaults, ...]

    def run(self, *steps: Callable, patience: Patience = QUICK, coins: Instruments = COINS) -> list:
        """What each step got from one plug, or what was raised."""

        async def ask() -> list:
            async with reads_client() as client:
                plug = BinanceKlines(
                    coins, hosts=self.urls, client=client, clock=self.clock, patience=patience
                )
                return [await had(step(plug)) for step in steps]

        return asyncio.run(ask())

    def asked(self, after: int, now: int, **given) -> dict:
        """One question about all pairs."""
        return self.run(question(after, now), **given)[0]

    def calls(self, path: str = "klines", host: int = 0) -> int:
        paths = [one.url.path for one in self.faults[host].asked]
        return sum(one.endswith(path) for one in paths)

    def moved(self, moment: int) -> Callable:
        """A step that lets time pass."""

        async def step() -> None:
            self.clock.move_to(moment)

        return lambda _: step()


async def had(answer) -> object:
    try:
        return await answer
    except (OutsideError, ConfigurationError) as failure:
        return failure


def question(after: int, now: int, coins: Instruments = COINS) -> Callable:
    return lambda plug: plug.closed_candles(dict.fromkeys(coins.pairs, after), now)


@contextmanager
def opened(hosts: int, now: int = TICK) -> Iterator[Bench]:
    clock = SimulatedClock(now)
    series = {one.binance: MARKET[one.pair] for one in COINS}
    data = BinanceData(series, clock.now)
    apps = [make_app(data) for _ in range(hosts)]
    urls: list[str] = []

    def nested(rest: list) -> Iterator[Bench]:
        if not rest:
            faults = tuple(one.state.faults for one in apps)
            yield Bench(clock, data, tuple(urls), faults)
            return
        with serving(rest[0]) as url:
            urls.append(url)
            yield from nested(rest[1:])

    yield from nested(apps)


@pytest.fixture
def one() -> Iterator[Bench]:
    with opened(1) as made:
        yield made


@pytest.fixture
def two() -> Iterator[Bench]:
    with opened(2) as made:
        yield made


HOUR_AGO = TICK - HOUR - CANDLE
SILENCING = ("503", "html", "html-403", "451", "moved")
"""The host is out of order."""
STOPPING = ("429", "418")
DAMAGING = ("truncated", "deep", "wrong-types", "null")
HARMLESS = ("other-types", "microseconds", "doubled", "unsorted")


@pytest.mark.parametrize("fault", [*SILENCING, *STOPPING, *DAMAGING])
def test_when_the_first_host_fails_the_second_serves(two, fault) -> None:
    two.faults[0].begin("klines", fault)
    assert two.asked(HOUR_AGO, TICK) == whole(HOUR_AGO, TICK)


@pytest.mark.parametrize("fault", [*SILENCING, *STOPPING])
def test_a_host_that_failed_is_not_asked_first_for_a_while(two, fault) -> None:
    for point in ("klines", "time"):
        two.faults[0].begin(point, fault)
    later = TICK + CANDLE
    first, _, second, _, third = two.run(
        question(HOUR_AGO, TICK),
        two.moved(later),
        question(TICK - CANDLE, later),
        two.moved(later + REST),
        question(later - CANDLE, later + REST),
    )
    assert first == whole(HOUR_AGO, TICK)
    assert second == whole(TICK - CANDLE, later)
    assert third == whole(later - CANDLE, later + REST)
    # the question about the time tells; it is asked again when its rest is over
    assert (two.calls("time"), two.calls("klines")) == ((3, 0) if fault in STOPPING else (2, 0))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        *((fault, Retryable) for fault in ("503", "html", *STOPPING)),
        *((fault, Refused) for fault in ("html-403", "451", "moved")),
        *((fault, Broken) for fault in DAMAGING),
    ],
)
def test_a_fault_that_lasts_costs_the_pair_it_strikes_alone(one, fault, kind) -> None:
    one.faults[0].begin("klines BTCUSDT", fault)
    found = one.asked(HOUR_AGO, TICK)
    lost = found.pop("btc_usdt")
    assert type(lost) in {kind, *kind.__subclasses__()}
    assert "127.0.0.1" in str(lost)
    assert "\n" not in str(lost)
    others = {pair: rows for pair, rows in whole(HOUR_AGO, TICK).items() if pair != "btc_usdt"}
    if fault in STOPPING:  # whoever had not asked by then is not heard
        assert all(rows == others[pair] or isinstance(rows, kind) for pair, rows in found.items())
    else:
        assert found == others


@pytest.mark.parametrize("fault", ["503", "html"])
def test_what_passes_is_asked_again(one, fault) -> None:
    one.faults[0].next("klines BTCUSDT", fault)
    assert one.asked(HOUR_AGO, TICK) == whole(HOUR_AGO, TICK)
    assert one.calls() == 3 + 1


def test_a_host_that_does_not_answer_holds_nobody_up(two) -> None:
    for point in ("klines", "time"):
        two.faults[0].begin(point, "slow")
    found = two.asked(HOUR_AGO, TICK, patience=Patience(attempts=1, read_s=0.2))
    assert found == whole(HOUR_AGO, TICK)
    assert two.calls("klines") == 0


def test_a_host_that_is_not_there_is_replaced(one) -> None:
    dead = attrs.evolve(one, urls=("http://127.0.0.1:9", *one.urls))
    assert dead.asked(HOUR_AGO, TICK) == whole(HOUR_AGO, TICK)


@pytest.mark.parametrize(("fault", "wait"), [("429", MINUTE), ("418", 2 * MINUTE)])
def test_who_was_told_to_stop_makes_no_call_until_it_is_over(one, fault, wait) -> None:
    one.faults[0].next("time", fault)
    ask = question(HOUR_AGO, TICK)
    first, second, _, third, _, fourth = one.run(
        ask, ask, one.moved(TICK + wait - 5 * SECOND), ask, one.moved(TICK + wait), ask
    )
    for found in (first, second):
        assert all(type(lost) is Retryable for lost in found.values())
        assert all("not asked before 20" in str(lost) for lost in found.values())
    # seconds before the end it waits out the rest
    assert third == fourth == whole(HOUR_AGO, TICK)
    assert one.clock.now() >= TICK + wait
    first, second, *_ = (at.url.path for at in one.faults[0].asked)
    assert (first, second) == ("/api/v3/time", "/api/v3/klines")


def test_used_weight_is_watched_and_holds_calls_back_before_the_limit(one) -> None:
    one.data.used_by_others = HELD_AT
    ask = question(HOUR_AGO, TICK)
    held, again = one.run(ask, ask)
    assert all("weight used" in str(lost) for lost in (*held.values(), *again.values()))
    assert all(type(lost) is Retryable for lost in (*held.values(), *again.values()))
    assert len(one.faults[0].asked) == 1


def test_after_the_minute_calls_go_on(one) -> None:
    one.data.used_by_others = HELD_AT - 2

    async def of_the_others(used: int) -> None:
        one.data.used_by_others = used

    one.clock.move_to(TICK + 20 * SECOND)
    ask = question(HOUR_AGO, TICK)
    first, held, _, _, after = one.run(
        ask, ask, lambda _: of_the_others(0), one.moved(TICK + MINUTE + SECOND), ask
    )
    # the calls that were under way when the limit was reached are heard
    assert first == after == whole(HOUR_AGO, TICK)
    assert all(type(lost) is Retryable for lost in held.values())
    assert len(one.faults[0].asked) == 2 * (1 + 3)


@pytest.mark.parametrize("fault", HARMLESS)
def test_other_spellings_and_orders_make_no_difference(one, fault) -> None:
    one.faults[0].begin("klines", fault)
    assert one.asked(HOUR_AGO, TICK) == whole(HOUR_AGO, TICK)
    assert one.calls() == 3


def test_the_candle_that_is_forming_is_not_given(one) -> None:
    one.clock.move_to(TICK + 2 * MINUTE)
    assert one.asked(HOUR_AGO, TICK + 2 * MINUTE) == whole(HOUR_AGO, TICK)


def test_a_clock_that_is_a_little_ahead_waits_for_the_newest_candle(one) -> None:
    one.data.now = lambda: one.clock.now() - 3 * SECOND
    assert one.asked(HOUR_AGO, TICK) == whole(HOUR_AGO, TICK)
    assert one.clock.now() == TICK + 4_500


def test_a_clock_that_is_far_ahead_is_not_believed(one) -> None:
    one.data.now = lambda: one.clock.now() - 2 * MINUTE
    assert one.asked(HOUR_AGO, TICK) == whole(HOUR_AGO, TICK - CANDLE)


@pytest.mark.parametrize("fault", ["503", "null", "missing", "451"])
@pytest.mark.parametrize("behind", [0, 30 * SECOND])
def test_without_binances_time_only_what_a_later_candle_follows_is_closed(
    one, fault, behind
) -> None:
    one.clock.move_to(TICK + SECOND)
    one.data.now = lambda: one.clock.now() - behind
    one.faults[0].begin("time", fault)
    # the re-read a second later is too early still when Binance is so far behind
    assert one.asked(HOUR_AGO, TICK) == whole(HOUR_AGO, TICK - CANDLE if behind else TICK)


def test_a_candle_that_is_late_is_asked_for_once_more(one) -> None:
    one.faults[0].next("klines BTCUSDT", "missing")
    assert one.asked(TICK - 2 * CANDLE, TICK) == whole(TICK - 2 * CANDLE, TICK)
    assert one.calls() == 3 + 1
    assert one.clock.now() == TICK + 1_500 + 1_000


def test_a_candle_that_stays_away_is_made_up_by_the_next_question(one) -> None:
    one.faults[0].begin("klines BTCUSDT", "missing")
    found = one.asked(TICK - 2 * CANDLE, TICK)
    assert found["btc_usdt"] == []
    assert found["eth_usdt"] == candles("eth_usdt", TICK - 2 * CANDLE, TICK)
    one.faults[0].end("klines BTCUSDT")
    one.clock.move_to(TICK + CANDLE)
    assert one.asked(TICK - 2 * CANDLE, TICK + CANDLE) == whole(TICK - 2 * CANDLE, TICK + CANDLE)


@pytest.mark.parametrize("fault", ["missing", "gap", "half", "stale"])
def test_what_one_host_lacks_the_other_is_asked_for(two, fault) -> None:
    two.faults[0].begin("klines", fault)
    assert two.asked(HOUR_AGO, TICK) == whole(HOUR_AGO, TICK)
    # page after page of half of what is left gets there as well
    assert (two.calls(host=1), two.calls("time", host=1)) == (0 if fault == "half" else 3, 0)


@pytest.mark.parametrize("fault", ["missing", "gap", "half", "stale"])
@pytest.mark.parametrize("hours", [1, 30, 47])
def test_what_is_lacking_everywhere_leaves_candles_that_are_true(one, fault, hours) -> None:
    one.faults[0].begin("klines", fault)
    after = TICK - hours * HOUR
    for pair, found in one.asked(after, TICK).items():
        assert isinstance(found, list)
        assert {*found} <= {*candles(pair, after, TICK)}
        if fault in {"half", "stale"} and found:  # nothing is skipped that could still come
            assert found == candles(pair, after, found[-1].close_time)


def test_a_pair_that_is_silent_for_an_hour_has_failed(one) -> None:
    one.faults[0].begin("klines BTCUSDT", "stale")
    found = one.asked(TICK - 5 * HOUR, TICK)
    assert type(found["btc_usdt"]) is Retryable
    assert "BTCUSDT has nothing since 2025-01-02T19:05:00Z" in str(found["btc_usdt"])
    assert one.asked(TICK - 3 * CANDLE, TICK)["btc_usdt"] == []


def test_nothing_is_asked_when_nothing_can_be_new(one) -> None:
    found = one.asked(TICK - CANDLE, TICK + CANDLE - 1)
    assert found == {pair: [] for pair in COINS.pairs}
    assert not one.faults[0].asked


def test_pages_follow_one_another(one) -> None:
    now = START + 6 * DAY
    one.clock.move_to(now)
    assert one.asked(START - 1, now) == whole(START - 1, now)
    limits = [at.query_params.get("limit") for at in one.faults[0].asked]
    assert limits.count("1000") == 3
    assert one.calls() >= 3 * 2


def test_a_page_that_fails_leaves_the_pages_before_it(one) -> None:
    now = START + 6 * DAY
    one.clock.move_to(now)
    one.faults[0].next("klines BTCUSDT", None, "truncated")
    found = one.asked(START - 1, now)
    (btc, expected) = found["btc_usdt"], candles("btc_usdt", START - 1, now)
    assert btc == expected[:1000]
    assert one.asked(btc[-1].open_time, now)["btc_usdt"] == expected[1000:]


def test_a_symbol_that_binance_does_not_know_is_named_and_costs_one_call(two) -> None:
    series = dict(two.data.series)
    del series["BTCUSDT"]
    two.data.series = series
    found = two.asked(HOUR_AGO, TICK)
    lost = found.pop("btc_usdt")
    assert isinstance(lost, Refused)
    assert "no such symbol" in str(lost)
    assert [len(rows) for rows in found.values()] == [13 - 1, 13 - 1]
    assert (two.calls(host=0), two.calls(host=1)) == (3, 0)


@pytest.mark.parametrize("fault", [None, *HARMLESS, "gap"])
def test_behind_the_guard_of_the_port_it_is_the_same(one, fault) -> None:
    if fault:
        one.faults[0].begin("klines", fault)

    async def both(plug: BinanceKlines) -> tuple:
        after = dict.fromkeys(COINS.pairs, HOUR_AGO)
        return await plug.closed_candles(after, TICK), await ClosedOnly(plug).closed_candles(
            after, TICK
        )

    ((bare, guarded),) = one.run(both)
    assert bare == guarded


def test_impossible_prices_fail_their_pair_behind_the_guard(one) -> None:
    bad = one.data.series["BTCUSDT"]
    upside_down = attrs.evolve(bad, high=bad.low, low=bad.high)
    one.data.series = {**one.data.series, "BTCUSDT": upside_down}
    after = dict.fromkeys(COINS.pairs, HOUR_AGO)
    (found,) = one.run(lambda plug: ClosedOnly(plug).closed_candles(after, TICK))
    assert type(found.pop("btc_usdt")) is Broken
    assert found == {pair: candles(pair, HOUR_AGO, TICK) for pair in found}


def test_the_time_and_the_state_of_symbols(one) -> None:
    one.data.status["XRPUSDT"] = "BREAK"
    names = ["XRPUSDT", "BTCUSDT"]
    time, known = one.run(lambda plug: plug.server_time(), lambda plug: plug.symbols(names))
    assert time == TICK
    assert known == {"XRPUSDT": "BREAK", "BTCUSDT": "TRADING"}
    assert list(known) == names
    assert one.calls("exchangeInfo") == 1


def test_an_unknown_symbol_does_not_hide_the_others(one) -> None:
    names = ["BTCUSDT", "NOSUCH", "btc/usdt", "ETHUSDT", "BTCUSDT"]
    known, none = one.run(lambda plug: plug.symbols(names), lambda plug: plug.symbols([]))
    assert known == {"BTCUSDT": "TRADING", "ETHUSDT": "TRADING"}
    assert none == {}
    assert one.calls("exchangeInfo") == 1 + 4


@pytest.mark.parametrize("fault", [*SILENCING, *STOPPING, *DAMAGING, "missing"])
def test_the_time_and_the_symbols_or_a_typed_error(one, fault) -> None:
    for point in ("time", "exchangeInfo"):
        one.faults[0].begin(point, fault)
    names = ["BTCUSDT", "NOSUCH"]
    time, known = one.run(lambda plug: plug.server_time(), lambda plug: plug.symbols(names))
    assert isinstance(time, OutsideError)
    # an unknown symbol is said before its answer could be damaged, and then each is asked alone
    assert isinstance(known, OutsideError)


@pytest.mark.parametrize("hosts", [(), ("data-api.binance.vision",), ("ftp://x",), ("http://",)])
def test_a_host_that_cannot_be_is_said_at_the_start(hosts) -> None:
    with pytest.raises(ConfigurationError, match=r"host|address"):
        BinanceKlines(COINS, hosts=hosts, client=reads_client(), clock=SimulatedClock())


# --- answers by hand -----------------------------------------------------------------------------

BTC = DEFAULT.only(["btc_usdt"])
FIRST = 1_735_689_600_000
RECORDED = """[
 [1735689600000,"93576.00000000","93702.15000000","93489.03000000","93656.18000000","60.84541000",
  1735689899999,"5694924.47284930",15382,"31.23117000","2923283.32341170","0"],
 [1735689900000,"93656.19000000","93711.17000000","93656.18000000","93700.01000000","38.12095000",
  1735690199999,"3571388.33104180",8911,"20.71003000","1940210.70122540","0"],
 [1735690200000,"93700.00000000","93700.01000000","93690.00000000","93690.00000000","0.21740000",
  1735690499999,"20370.11410000",51,"0.10000000","9370.00100000","0"]
]"""


def by_hand(answer: Callable, *steps: Callable, clock: SimulatedClock, hosts: int = 1) -> list:
    """Steps of a plug whose answers a function makes; asked at each host's own name."""
    urls = [f"https://host{number}.invalid" for number in range(hosts)]

    async def ask() -> list:
        async with reads_client(httpx.MockTransport(answer)) as client:
            plug = BinanceKlines(BTC, hosts=urls, client=client, clock=clock)
            return [await had(step(plug)) for step in steps]

    return asyncio.run(ask())


def served(rows: str | bytes, now: int) -> Callable:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("time"):
            return httpx.Response(200, json={"serverTime": now})
        return httpx.Response(200, content=rows)

    return answer


def test_rows_as_binance_writes_them() -> None:
    now = FIRST + 2 * CANDLE + 2 * SECOND
    ask = question(FIRST - CANDLE, now, BTC)
    (found,) = by_hand(served(RECORDED, now), ask, clock=SimulatedClock(now))
    assert found["btc_usdt"] == [
        Candle("btc_usdt", FIRST, 93576.0, 93702.15, 93489.03, 93656.18, 60.84541),
        Candle("btc_usdt", FIRST + CANDLE, 93656.19, 93711.17, 93656.18, 93700.01, 38.12095),
    ]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda row: row.pop(0), "row 1, open time"),
        (lambda row: row.__delitem__(slice(5, None)), "row 1, volume"),
        (lambda row: row.__setitem__(2, "abc"), "row 1, high: "),
        (lambda row: row.__setitem__(3, "NaN"), "row 1, low: "),
        (lambda row: row.__setitem__(4, "0.00"), "row 1, close: "),
        (lambda row: row.__setitem__(5, -1), "row 1, volume: "),
        (lambda row: row.__setitem__(0, 1735689900), "row 1, open time: "),
        (lambda row: row.__setitem__(6, 1735690200000), "row 1 is not a 5-minute candle"),
        (lambda row: row.__setitem__(0, 1735689900001), "row 1 is not a 5-minute candle"),
    ],
)
def test_a_row_that_cannot_be_is_named(change, named) -> None:
    rows = json.loads(RECORDED)
    change(rows[1])
    now = FIRST + 2 * CANDLE
    ask = question(FIRST - CANDLE, now, BTC)
    (found,) = by_hand(served(json.dumps(rows), now), ask, clock=SimulatedClock(now))
    assert type(found["btc_usdt"]) is Broken
    assert f"Binance host0.invalid: klines: {named}" in str(found["btc_usdt"])


def test_more_columns_than_known_do_no_harm() -> None:
    rows = [[*row, {"new": None}] for row in json.loads(RECORDED)]
    now = FIRST + 2 * CANDLE
    ask = question(FIRST - CANDLE, now, BTC)
    (found,) = by_hand(served(json.dumps(rows), now), ask, clock=SimulatedClock(now))
    assert len(found["btc_usdt"]) == 2


BAN = "Way too much request weight used; IP banned until {}. Please use the websocket."


@pytest.mark.parametrize(
    ("status", "headers", "text", "wait"),
    [
        (418, {}, BAN.format(FIRST + HOUR), HOUR),
        (418, {"Retry-After": "60"}, BAN.format(FIRST + HOUR), HOUR),
        (418, {"Retry-After": "7200"}, BAN.format(FIRST + HOUR), 2 * HOUR),
        (418, {}, "banned", 2 * MINUTE),
        (429, {"Retry-After": "90"}, "Too many requests.", 90 * SECOND),
        (429, {"Retry-After": "soon"}, "Too many requests.", MINUTE),
        (429, {"Retry-After": "inf"}, "Too many requests.", MINUTE),
        (418, {"Retry-After": "1e30"}, BAN.format(9_999_999_999_999), 3 * DAY),
        (503, {}, BAN.format(FIRST + HOUR), HOUR),
    ],
)
def test_how_long_a_stop_lasts(status, headers, text, wait) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, json={"code": -1003, "msg": text}, headers=headers)

    clock = SimulatedClock(FIRST)

    def at(moment: int) -> Callable:
        async def step(plug: BinanceKlines) -> int:
            clock.move_to(moment)
            return await plug.server_time()

        return step

    async def count() -> int:
        return len(asked)

    early, late = FIRST + wait - 11 * SECOND, FIRST + wait
    found = by_hand(
        answer, at(FIRST), at(early), lambda _: count(), at(late), lambda _: count(), clock=clock
    )
    assert [type(one) for one in found] == [Retryable, Retryable, int, Retryable, int]
    assert found[2::2] == [1, 2]


@pytest.mark.parametrize("code", [-1000, -1001, -1007, -1008])
def test_passing_trouble_with_any_status_is_asked_again(code) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) == 1:
            return httpx.Response(400, json={"code": code, "msg": "disconnected"})
        return httpx.Response(200, json={"serverTime": FIRST})

    (found,) = by_hand(answer, lambda plug: plug.server_time(), clock=SimulatedClock(FIRST))
    assert found == FIRST


def test_so_many_calls_at_once_and_no_more() -> None:
    under_way, most = 0, 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _ in range(5):
            await asyncio.sleep(0)
        under_way -= 1
        return httpx.Response(200, json={"serverTime": FIRST})

    async def many(plug: BinanceKlines) -> list[int]:
        return await asyncio.gather(*(plug.server_time() for _ in range(3 * AT_ONCE)))

    (found,) = by_hand(answer, many, clock=SimulatedClock(FIRST))
    assert found == [FIRST] * (3 * AT_ONCE)
    assert most == AT_ONCE


def test_a_source_that_gives_little_at_a_time_is_asked_only_so_often() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("time"):
            return httpx.Response(200, json={"serverTime": FIRST + 9 * DAY})
        asked.append(request)
        start = int(request.url.params["startTime"])
        return httpx.Response(200, json=[[start, *["1"] * 5, start + CANDLE - 1]])

    ask = question(FIRST - CANDLE, FIRST + 9 * DAY, BTC)
    (found,) = by_hand(answer, ask, clock=SimulatedClock(FIRST + 9 * DAY))
    assert len(asked) == MOST_PAGES
    times = [one.open_time for one in found["btc_usdt"]]
    assert times == [FIRST + place * CANDLE for place in range(MOST_PAGES)]


def test_a_host_that_is_days_behind_leaves_no_hole() -> None:
    now, behind = FIRST + 9 * DAY, FIRST + DAY

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("time"):
            return httpx.Response(200, json={"serverTime": now})
        start, limit = (int(request.url.params[one]) for one in ("startTime", "limit"))
        last = behind if request.url.host == "host0.invalid" else now
        end = min(start + limit * CANDLE, last)
        rows = [[at, *["1"] * 5, at + CANDLE - 1] for at in range(start, end, CANDLE)]
        return httpx.Response(200, json=rows)

    ask = question(FIRST - CANDLE, now, BTC)
    (found,) = by_hand(answer, ask, clock=SimulatedClock(now), hosts=2)
    times = [one.open_time for one in found["btc_usdt"]]
    assert times == [FIRST + place * CANDLE for place in range(288 + 1000)]


# --- bodies of any kind --------------------------------------------------------------------------

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats()
    | st.sampled_from(
        ["", "nan", "-1", "1e999", "inf", "1_0", "\ud800", "x" * 300, "\u0661", "1735689600000"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


def damaged(place: int, value: object) -> bytes:
    rows = json.loads(RECORDED)
    if place < 36:
        rows[place // 12][place % 12] = value
    elif place < 39:
        rows[place - 36] = value
    else:
        rows = value
    return json.dumps(rows).encode()


bodies = (
    st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | st.sampled_from(
        [
            b"1e99999999999999999999",
            b'[[1e999999999,"1","1","1","1","1",1735689899999]]',
            b"[[1735689600000,1e-999999999,1,1,1,1e999999999,1735689899999]]",
            b"9" * 5000,
            b"[" * 9999,
            b'{"code":-1121,"msg":"Invalid symbol."}',
            b'{"code":1e5,"msg":[]}',
            b'{"code":-1003,"msg":"\\ud800 until 1735689600000"}',
        ]
    )
    | st.builds(damaged, st.integers(0, 40), anything)
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "X-MBX-USED-WEIGHT-1M": st.sampled_from(["", "-1", "5999", "x", "9" * 40]),
        "Retry-After": st.sampled_from(["", "0", "-1", "nan", "1e400", "Wed, 21 Oct 2026"]),
        "Content-Type": st.sampled_from(["text/html; charset=nonsense", "application/json"]),
    },
)
statuses = st.sampled_from([200, 200, 200, 204, 302, 400, 403, 404, 418, 429, 451, 500])


@settings(max_examples=400, deadline=None)
@given(status=statuses, body=bodies, given_headers=headers, hosts=st.integers(1, 2))
def test_any_answer_is_candles_or_a_typed_error(status, body, given_headers, hosts) -> None:
    now = FIRST + 3 * CANDLE

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=body, headers=given_headers)

    answers = by_hand(
        answer,
        question(FIRST - CANDLE, now, BTC),
        lambda plug: plug.server_time(),
        lambda plug: plug.symbols(["BTCUSDT", "ETHUSDT"]),
        clock=SimulatedClock(now),
        hosts=hosts,
    )
    found = answers[0]["btc_usdt"]
    for one in (found, *answers[1:]):
        if isinstance(one, Exception):
            assert isinstance(one, OutsideError)
            assert len(str(one)) < 2_000
            str(one).encode()  # it can be written down
    if not isinstance(found, OutsideError):
        times = [one.open_time for one in found]
        assert times == sorted({*times})
        for one in found:
            assert one.open_time % CANDLE == 0
            assert FIRST <= one.open_time <= now - CANDLE
            prices = (one.open, one.high, one.low, one.close)
            assert all(type(price) is float and 0 < price < float("inf") for price in prices)
            assert 0 <= one.volume < float("inf")
    guarded = by_hand(
        answer,
        lambda plug: ClosedOnly(plug).closed_candles({"btc_usdt": FIRST - CANDLE}, now),
        clock=SimulatedClock(now),
    )
    assert isinstance(guarded[0]["btc_usdt"], OutsideError | list)
