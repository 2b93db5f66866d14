"""Binance's archives: what is fetched, what is believed, what is filled, and what stays a gap."""

import asyncio
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import attrs
import httpx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.http_reads import Patience, reads_client
from adapters.loopback.faults import ScriptedFaults
from adapters.loopback.server import serving
from adapters.market_data.archive_fake import DAILY, KLINES, MONTHLY, ArchiveData, make_app
from adapters.market_data.binance_archive.download import CoinResult, Sources, download
from adapters.market_data.binance_archive.downloads import Downloads
from adapters.market_data.binance_archive.file_server import FileServer
from adapters.market_data.binance_archive.folder import filling
from adapters.market_data.binance_archive.months import Month, monthly, months_from
from adapters.market_data.binance_archive.row_check import RowCheck
from adapters.market_data.binance_archive.zip_file import read_zip
from adapters.market_data.candle_files import load_candles
from adapters.market_data.candle_table import VALUES
from adapters.market_data.synthetic import synthetic_market
from application.errors import (
    Broken,
    ConfigurationError,
    InputError,
    OutsideError,
    Refused,
    Retryable,
)
from domain.instant import CANDLE, MINUTE, parse
from domain.instruments import DEFAULT
from domain.market.candle_series import CandleSeries

ETH, PAIR = "ETHUSDT", "eth_usdt"
COIN = DEFAULT.only([PAIR])
DECEMBER, JANUARY, FEBRUARY = Month(2024, 12), Month(2025, 1), Month(2025, 2)
NOW = parse("2025-02-04T10:02:00")
"""January's archive came out on Monday, 3 February; those of the first three days are there."""
CLOSED = parse("2025-02-04T10:00:00")
PATIENCE = Patience(attempts=2, read_s=5.0)
RECORDED = Path(__file__).parents[3] / "shared" / "data" / "klines_5m"


@cache
def market(start: str = "2024-12-01", days: float = 67) -> CandleSeries:
    return synthetic_market(3, days, COIN, parse(start))[PAIR]


def without(series: CandleSeries, *times: int) -> CandleSeries:
    keep = ~np.isin(series.open_time, times)
    return CandleSeries(
        series.pair,
        series.open_time[keep],
        *(getattr(series, name)[keep] for name in VALUES),
    )


@attrs.frozen
class Bench:
    """The fake, and a folder that runs fill."""

    faults: ScriptedFaults
    data: ArchiveData
    url: str
    folder: Path

    def run(
        self,
        first: Month = JANUARY,
        last: Month = JANUARY,
        *,
        client: httpx.AsyncClient | None = None,
        patience: Patience = PATIENCE,
    ) -> CoinResult:
        """One run at the server's moment."""
        sources = Sources(
            archive_url=self.url,
            rest_url=self.url,
            archive_patience=patience,
            rest_patience=patience,
        )

        async def go() -> list[CoinResult]:
            async with client or reads_client() as asks:
                return await download(
                    COIN.all,
                    months_from(first, last),
                    self.folder,
                    client=asks,
                    clock=SimulatedClock(self.data.now),
                    sources=sources,
                )

        (result,) = asyncio.run(go())
        return result

    def asked(self) -> list[str]:
        """What was asked for since the last time, by the last part of its path."""
        paths = [one.url.path.rpartition("/")[2] for one in self.faults.asked]
        self.faults.asked.clear()
        return paths

    def loaded(self) -> CandleSeries:
        return load_candles([self.folder], COIN).series[PAIR]


def same(found: CandleSeries, given: CandleSeries) -> None:
    """Equal to the last bit."""
    for name in ("open_time", *VALUES):
        column: np.ndarray = getattr(found, name)
        assert column.tobytes() == getattr(given, name).tobytes(), name


def zips(asked: Sequence[str]) -> list[str]:
    return [one for one in asked if one.endswith(".zip")]


@contextmanager
def opened(folder: Path, series: CandleSeries | None = None, now: int = NOW) -> Iterator[Bench]:
    data = ArchiveData({ETH: series or market()}, now)
    app = make_app(data)
    with serving(app) as url:
        yield Bench(app.state.faults, data, url, folder / "candles")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with opened(tmp_path) as made:
        yield made


def january(series: CandleSeries | None = None) -> CandleSeries:
    return (series or market()).between(JANUARY.start, JANUARY.end)


def said(result: CoinResult) -> str:
    return "; ".join(one for month in result.months for one in month.said)


def test_what_a_backtest_loads_is_what_was_published_to_the_bit(bench) -> None:
    result = bench.run(DECEMBER, FEBRUARY)
    assert not result.failures
    same(bench.loaded(), market().between(0, CLOSED))
    names = [one.name for one in sorted(bench.folder.iterdir())]
    assert names == [f"ETHUSDT-5m-{month}.parquet" for month in (DECEMBER, JANUARY, FEBRUARY)]
    gaps = sum(count for month in result.months for _, count in month.gaps)
    assert gaps == (CLOSED - DECEMBER.start) // CANDLE - len(bench.loaded())
    assert zips(bench.asked()) == [
        "ETHUSDT-5m-2024-12.zip",
        "ETHUSDT-5m-2025-01.zip",
        *(f"ETHUSDT-5m-2025-02-0{day}.zip" for day in (1, 2, 3)),
    ]


def test_a_second_run_asks_for_checksums_alone(bench) -> None:
    first = bench.run(DECEMBER, JANUARY)
    files = {one: (one.read_bytes(), one.stat().st_mtime_ns) for one in bench.folder.iterdir()}
    bench.asked()
    second = bench.run(DECEMBER, JANUARY)
    assert bench.asked() == [f"ETHUSDT-5m-{one}.zip.CHECKSUM" for one in (DECEMBER, JANUARY)]
    assert files == {one: (one.read_bytes(), one.stat().st_mtime_ns) for one in files}
    assert [(one.candles, one.gaps) for one in first.months] == [
        (one.candles, one.gaps) for one in second.months
    ]
    assert (first.received > 100_000, second.received) == (True, 0)


PASSING = (
    *((".zip", one) for one in ("503", "429", "html", "truncated", "corrupt-zip", "reissued")),
    *((".zip.CHECKSUM", one) for one in ("503", "429", "html", "bad-checksum", "reissued")),
)


@pytest.mark.parametrize(("suffix", "fault"), PASSING)
def test_what_passes_is_fetched_again(bench, suffix, fault) -> None:
    bench.faults.next(f"ETHUSDT-5m-2025-01{suffix}", fault)
    result = bench.run()
    assert not result.failures
    same(bench.loaded(), january())
    assert not [one for one in bench.asked() if "-01-" in one], "no archive of a day"


LASTING = {
    "503": Retryable,
    "429": Retryable,
    "html": Retryable,
    "slow": Retryable,
    "451": Refused,
    "404-page": Refused,
    "moved": ConfigurationError,
    "truncated": Broken,
    "bad-checksum": Broken,
    "odd-checksum": Broken,
    "corrupt-zip": Broken,
    "encrypted": Broken,
    "two-files": Broken,
    "empty": Broken,
}


def one_archive(bench: Bench, patience: Patience = PATIENCE):
    """What the archive of January comes to, and what is left in its folder."""

    async def go():
        async with reads_client() as client:
            clock = SimulatedClock(NOW)
            server = FileServer(client=client, clock=clock, url=bench.url, patience=patience)
            bench.folder.mkdir(exist_ok=True)
            return await Downloads(server, bench.folder).archive(monthly(ETH, JANUARY))

    try:
        return asyncio.run(go())
    finally:
        assert list(bench.folder.iterdir()) == []


@pytest.mark.parametrize("fault", LASTING)
def test_a_fault_that_lasts_ends_in_a_typed_error(bench, fault) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-01", fault)
    patience = Patience(attempts=1, read_s=0.2) if fault == "slow" else PATIENCE
    with pytest.raises((OutsideError, ConfigurationError)) as failed:
        one_archive(bench, patience)
    assert type(failed.value) is LASTING[fault] or fault == "429"
    assert isinstance(failed.value, LASTING[fault])
    assert "\n" not in str(failed.value)
    assert "ETHUSDT-5m-2025-01.zip" in str(failed.value)


def test_an_archive_that_is_not_there_is_none(bench) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-01", "404")
    assert one_archive(bench) is None


def test_a_checksum_that_stays_wrong_is_tried_twice(bench) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-01", "bad-checksum")
    with pytest.raises(Broken, match="twice"):
        one_archive(bench)
    assert len(zips(bench.asked())) == 2


def test_without_a_checksum_an_archive_is_taken_and_it_is_said(bench) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-01", "no-checksum")
    assert "no checksum" in said(bench.run())
    same(bench.loaded(), january())
    bench.faults.end("ETHUSDT-5m-2025-01")
    bench.asked()
    assert not bench.run().failures
    assert zips(bench.asked()) == [], "the checksum that came later is that of what is there"


@pytest.mark.parametrize("fault", ["bad-checksum", "encrypted", "404"])
def test_days_stand_in_for_a_month_until_it_is_whole(bench, fault) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-01", fault)
    result = bench.run()
    assert not result.failures
    same(bench.loaded(), january())
    assert len([one for one in zips(bench.asked()) if "-01-" in one]) == 31
    bench.faults.end("ETHUSDT-5m-2025-01")
    assert not bench.run().failures
    assert zips(bench.asked()) == ["ETHUSDT-5m-2025-01.zip"]
    bench.run()
    assert zips(bench.asked()) == []
    same(bench.loaded(), january())


@pytest.mark.parametrize("fault", ["header", "milliseconds", "doubles"])
def test_other_ways_of_writing_a_file(bench, fault) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-01", fault)
    result = bench.run()
    same(bench.loaded(), january())
    assert ("1 row that stood there twice" in said(result)) == (fault == "doubles")


def test_rows_that_cannot_be_believed_come_from_rest(bench) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-01", "bad-rows")
    result = bench.run()
    assert not result.failures
    assert "4 rows not believed (the first: impossible prices" in said(result)
    assert result.months[0].filled == 4
    same(bench.loaded(), january())


def test_holes_of_an_archive_are_filled_from_rest(bench) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-01", "incomplete")
    result = bench.run()
    assert result.months[0].filled == 4 + 9
    same(bench.loaded(), january())
    bench.faults.begin(KLINES, "503")
    again = bench.run()
    assert (again.months[0].filled, again.failures) == (13, [])


def test_what_rest_does_not_have_either_stays_a_gap_and_is_asked_for_once(bench) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-01", "incomplete")
    bench.faults.begin(KLINES, "empty")
    result = bench.run()
    assert not result.failures
    own = (JANUARY.end - JANUARY.start) // CANDLE - len(january())
    assert sum(count for _, count in result.months[0].gaps) == own + 13
    assert (JANUARY.start + 5 * CANDLE, 4) in result.months[0].gaps
    bench.asked()
    bench.faults.end(KLINES)
    assert bench.run().months[0].gaps == result.months[0].gaps
    assert KLINES not in bench.asked()


@pytest.mark.parametrize("fault", ["503", "html", "451", "429", "truncated", "slow", "404"])
def test_without_rest_the_archives_are_kept_and_the_next_run_asks_again(bench, fault) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-01", "incomplete")
    bench.faults.begin(KLINES, fault)
    patience = Patience(attempts=1, read_s=0.2) if fault == "slow" else PATIENCE
    result = bench.run(DECEMBER, JANUARY, patience=patience)
    own = len(market().between(JANUARY.start, JANUARY.end))
    assert result.months[1].candles == own - 13
    assert result.months[1].not_asked >= 13
    assert "2025-01: " in result.failures[1]
    assert "not asked for: Binance REST: " in result.failures[1]
    assert len([one for one in bench.asked() if one == KLINES]) <= PATIENCE.attempts
    bench.faults.end(KLINES)
    assert not bench.run(DECEMBER, JANUARY).failures
    assert zips(bench.asked()) == []
    same(bench.loaded(), market().between(DECEMBER.start, JANUARY.end))


def test_rest_rows_that_cannot_be_believed_stay_gaps_and_are_said(bench) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-01", "incomplete")
    bench.faults.begin(KLINES, "bad-rows")
    result = bench.run()
    assert "REST: " in said(result)
    assert "not believed" in said(result)
    assert (JANUARY.start + 5 * CANDLE, 1) in result.months[0].gaps
    assert 0 < result.months[0].filled < 13


def test_an_archive_issued_anew_is_noticed(bench) -> None:
    bench.run(DECEMBER, JANUARY)
    bench.asked()
    bench.faults.begin("ETHUSDT-5m-2025-01", "reissued")
    result = bench.run(DECEMBER, JANUARY)
    assert zips(bench.asked()) == ["ETHUSDT-5m-2025-01.zip"]
    assert "ETHUSDT-5m-2025-01.zip: issued anew" in said(result)
    assert "1 candle otherwise than known before" in said(result)
    assert bench.loaded().volume[-1] == january().volume[-1] + 1
    bench.run(DECEMBER, JANUARY)
    assert zips(bench.asked()) == []


def test_a_new_issue_that_is_broken_leaves_the_old_one(bench) -> None:
    bench.run()
    bench.faults.begin("ETHUSDT-5m-2025-01", "bad-checksum")
    assert "went on without it" in said(bench.run())
    same(bench.loaded(), january())


def test_the_month_under_way_grows_day_by_day(bench) -> None:
    bench.data.now = parse("2025-01-02T10:02")
    assert bench.run().months[0].filled > 0
    same(bench.loaded(), january().between(0, parse("2025-01-02T10:00")))
    assert zips(bench.asked()) == ["ETHUSDT-5m-2025-01-01.zip"]
    bench.data.now += 30 * MINUTE
    bench.run()
    assert zips(bench.asked()) == []
    same(bench.loaded(), january().between(0, parse("2025-01-02T10:30")))
    bench.data.now = parse("2025-01-04T07:00:10")
    bench.run()  # the third of January comes out at eight
    assert zips(bench.asked()) == ["ETHUSDT-5m-2025-01-02.zip", "ETHUSDT-5m-2025-01-03.zip"]
    same(bench.loaded(), january().between(0, parse("2025-01-04T07:00")))
    bench.data.now = NOW
    result = bench.run()
    assert zips(bench.asked()) == ["ETHUSDT-5m-2025-01.zip"]
    assert result.months[0].filled == 0
    same(bench.loaded(), january())


def test_a_candle_that_is_forming_or_has_just_closed_is_left_out(bench) -> None:
    for moment, newest in (("10:04:59", "09:55"), ("10:05:03", "09:55"), ("10:05:05", "10:00")):
        bench.data.now = parse(f"2025-02-04T{moment}")
        bench.run(FEBRUARY, FEBRUARY)
        assert int(bench.loaded().open_time[-1]) == parse(f"2025-02-04T{newest}")


def test_a_clock_that_is_ahead_of_binances_does_not_bring_a_forming_candle(bench) -> None:
    ahead = SimulatedClock(NOW + 20 * MINUTE)

    async def go() -> None:
        async with reads_client() as client:
            sources = Sources(archive_url=bench.url, rest_url=bench.url)
            await download(
                COIN.all, [FEBRUARY], bench.folder, client=client, clock=ahead, sources=sources
            )

    asyncio.run(go())
    assert int(bench.loaded().open_time[-1]) == CLOSED - CANDLE


def test_a_coin_that_was_listed_later(tmp_path: Path) -> None:
    listed = parse("2025-01-10T08:00")
    with opened(tmp_path, market().between(listed, NOW)) as bench:
        result = bench.run(Month(2024, 11), FEBRUARY)
        assert not result.failures
        assert "ETHUSDT 2024-12: nothing there; first traded on 2025-01-10" in said(result)
        assert not [one for one in bench.asked() if "2024-12-" in one], "no archive of a day"
        assert result.months[2].gaps[0][0] > listed
        same(bench.loaded(), market().between(listed, CLOSED))


def test_a_month_without_archives_comes_from_rest(bench) -> None:
    bench.faults.begin(MONTHLY, "404")
    bench.faults.begin(DAILY, "404")
    assert not bench.run().failures
    assert len(zips(bench.asked())) == 1 + 3, "after three days that are not there it stops asking"
    same(bench.loaded(), january())


def test_without_anything_nothing_is_written(bench) -> None:
    for point in (MONTHLY, DAILY, KLINES):
        bench.faults.begin(point, "404")
    result = bench.run()
    assert result.failures
    assert list(bench.folder.iterdir()) == []


class Killed(BaseException):
    """Nothing in the program expects it."""


class Dying(httpx.AsyncHTTPTransport):
    """Dies in the middle of a request, once so many have been made."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.left -= 1
        if self.left < 0:
            raise Killed
        return await super().handle_async_request(request)


def test_ended_at_any_request_nothing_is_half_and_little_is_fetched_twice(tmp_path: Path) -> None:
    whole = market().between(parse("2025-01-29"), CLOSED)
    with opened(tmp_path, whole) as first:
        first.faults.begin("ETHUSDT-5m-2025-01", "incomplete")
        first.run(JANUARY, FEBRUARY)
        requests = len(first.faults.asked)
        needed = zips(first.asked())
        assert requests > 10
        refetched = 0
        for after in range(requests):
            bench = attrs.evolve(first, folder=tmp_path / str(after))
            with pytest.raises((Killed, BaseExceptionGroup)):
                bench.run(JANUARY, FEBRUARY, client=reads_client(Dying(after)))
            bench.asked()
            there = [one.name for one in bench.folder.iterdir()]
            assert all(one.endswith(".parquet") for one in there)
            if there:
                assert np.isin(bench.loaded().open_time, whole.open_time).all()
            assert not bench.run(JANUARY, FEBRUARY).failures
            same(bench.loaded(), whole)
            fetched = zips(bench.asked())
            assert set(fetched) <= set(needed)
            refetched += len(fetched)
        assert refetched < requests * len(needed) * 0.7, "what was there is not fetched again"


def files(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}


@pytest.mark.parametrize("content", ["table of somebody's", "damaged", "another coin's"])
def test_a_file_in_the_way_is_named_and_left_alone(bench, content) -> None:
    bench.folder.mkdir()
    path = bench.folder / "ETHUSDT-5m-2025-01.parquet"
    if content == "damaged":
        path.write_bytes(b"PAR1")
    elif content == "table of somebody's":
        pd.DataFrame({"open_time": [1]}).to_parquet(path)
    else:
        bench.run(DECEMBER, DECEMBER)
        (bench.folder / "ETHUSDT-5m-2024-12.parquet").rename(path)
    before = files(bench.folder)
    with pytest.raises(InputError, match=r"ETHUSDT-5m-2025-01\.parquet: ") as refused:
        bench.run()
    assert "\n" not in str(refused.value)
    assert files(bench.folder) == before


def test_a_folder_is_filled_by_one_run_at_a_time(bench) -> None:
    with filling(bench.folder), pytest.raises(InputError, match="another download is filling it"):
        bench.run()
    assert not bench.run().failures


def test_what_a_killed_run_left_is_cleared(bench) -> None:
    left = bench.folder / ".download" / "ETHUSDT-5m-2025-01.zip.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    bench.run()
    assert list(files(bench.folder)) == ["ETHUSDT-5m-2025-01.parquet"]
    assert not left.parent.exists()


def test_a_folder_that_cannot_be_made_is_named(bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file/candles: "):
        attrs.evolve(bench, folder=tmp_path / "file" / "candles").run()


def test_months() -> None:
    assert list(map(str, months_from(Month(2024, 11), Month(2025, 2)))) == [
        "2024-11",
        "2024-12",
        "2025-01",
        "2025-02",
    ]
    assert Month.of(JANUARY.end - 1) == JANUARY == Month.parse("2025-01")
    assert [str(Month(2024, 1).plus(by)) for by in (-1, 12)] == ["2023-12", "2025-01"]
    assert len(Month(2024, 2).days) == 29
    for text in ("2025-13", "2025-00", "2025", "2025-1", "2025-01-01", "x", "1999-01"):
        with pytest.raises(ValueError, match="is not a month such as"):
            Month.parse(text)


FIELDS = ["1735689600000", "10", "12", "9", "11", "1.5", "1735689899999"]


@pytest.mark.parametrize(
    ("at", "value", "why"),
    [
        (0, "1735689600001", "off the 5-minute grid"),
        (0, "57111", "neither milliseconds nor microseconds"),
        (0, "1735689600000000000", "neither milliseconds nor microseconds"),
        (0, "noon", "not a whole number"),
        (0, "1735689300000", "another length"),
        (0, "1738368000000", "another length"),
        (1, "13", "impossible prices"),
        (2, "8", "impossible prices"),
        (3, "0", "impossible prices"),
        (4, "nan", "not finite"),
        (4, "", "not a number"),
        (4, "1_0", "not a number"),
        (5, "-1", "impossible prices"),
        (6, "1735693199999", "another length"),
    ],
)
def test_a_row_that_cannot_be_believed_says_why(at: int, value: str, why: str) -> None:
    check = RowCheck(JANUARY.start, JANUARY.end)
    check.add([*FIELDS[:at], value, *FIELDS[at + 1 :]])
    assert (check.done().rows, check.refused) == ({}, 1)
    assert why in check.first_reason


def test_units_are_told_apart_row_by_row() -> None:
    check = RowCheck(JANUARY.start, JANUARY.end)
    check.add(FIELDS)
    check.add(["1735689900000000", *FIELDS[1:6], "1735690199999999"])
    check.add([1735690200000, *FIELDS[1:6]])
    assert list(check.done().rows) == [JANUARY.start + k * CANDLE for k in range(3)]


FIELD = st.one_of(
    st.sampled_from([*FIELDS, "1735689600000000", "open_time", "", "0", "nan", "-1", "1e400"]),
    st.text(max_size=8),
)


@settings(max_examples=60, deadline=None)
@drawn(lines=st.lists(st.lists(FIELD, max_size=8), max_size=5))
def test_whatever_an_archive_holds_it_is_read_or_refused(tmp_path_factory, lines) -> None:
    path = tmp_path_factory.mktemp("zip") / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        text = "\n".join(",".join(one) for one in lines)
        archive.writestr("x.csv", text.encode("utf-8", "replace"))
    try:
        check = read_zip(path, monthly(ETH, JANUARY))
    except Broken:
        pass
    else:
        assert all(JANUARY.start <= at < JANUARY.end for at in check.rows)


@pytest.mark.skipif(not RECORDED.is_dir(), reason=f"needs the recordings in {RECORDED}")
def test_recorded_candles_come_through_to_the_bit(tmp_path: Path) -> None:
    paths = [
        RECORDED / f"ETHUSDT_5m_{one}.parquet" for one in ("2024-01_2024-12", "2025-01_2026-02")
    ]
    recorded = load_candles(paths, COIN, start=DECEMBER.start, end=NOW).series[PAIR]
    with opened(tmp_path, recorded) as bench:
        assert not bench.run(DECEMBER, FEBRUARY).failures
        same(bench.loaded(), recorded.between(0, CLOSED))
