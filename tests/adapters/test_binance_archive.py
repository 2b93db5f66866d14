"""Months from the archive: believed by checksum, holes filled from REST, whole files or none."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import attrs
import numpy as np
import pytest

from adapters.clock.simulated import SimulatedClock
from adapters.http_reads import Patience, reads_client
from adapters.loopback.faults import ScriptedFaults
from adapters.loopback.server import serving
from adapters.market_data import archive_fake, binance_fake
from adapters.market_data.binance.hosts import Hosts
from adapters.market_data.binance_archive.download import Downloaded, download
from adapters.market_data.binance_archive.month import Month, MonthOfCoin, holes, months
from adapters.market_data.binance_archive.remote import Archive, Tries, archive_client
from adapters.market_data.candle_files import load_candles
from adapters.market_data.synthetic import synthetic_market
from application.errors import ConfigurationError
from domain.instant import CANDLE, DAY, HOUR, parse
from domain.instruments import DEFAULT
from domain.market.candle_series import CandleSeries

COINS = DEFAULT.only(("BTC",))
(BTC,) = COINS
START = parse("2024-12-20")
DECEMBER, JANUARY, FEBRUARY = Month(2024, 12), Month(2025, 1), Month(2025, 2)
NOW = parse("2025-02-10T12:02:03")
SERIES = synthetic_market(3, 60, COINS, START)


@attrs.frozen
class Bench:
    """Both services, a clock that stands at NOW, and a folder."""

    archive: ScriptedFaults
    rest: ScriptedFaults
    archive_url: str
    rest_url: str
    clock: SimulatedClock
    data: archive_fake.ArchiveData
    folder: Path

    def download(self, *wanted: Month, check: bool = False) -> Downloaded:
        """What there is then, and what failed."""
        return asyncio.run(self._download(wanted, check=check))

    async def _download(self, wanted: tuple[Month, ...], *, check: bool) -> Downloaded:
        async with archive_client() as to_archive, reads_client() as to_rest:
            return await download(
                [MonthOfCoin(self.folder, BTC, one) for one in wanted],
                archive=Archive(
                    client=to_archive,
                    clock=self.clock,
                    url=self.archive_url,
                    tries=Tries(attempts=2),
                ),
                hosts=Hosts(
                    [self.rest_url], client=to_rest, clock=self.clock, patience=Patience(attempts=2)
                ),
                now=NOW,
                check=check,
            )

    @property
    def files(self) -> list[str]:
        return sorted(one.name for one in self.folder.iterdir())

    def same(self, start: int, end: int) -> None:
        """What a backtest would read is the market, to the bit."""
        found = load_candles([self.folder], COINS).series[BTC.pair]
        wanted = SERIES[BTC.pair].between(start, end)
        for name in ("open_time", "open", "high", "low", "close", "volume"):
            assert np.array_equal(getattr(found, name), getattr(wanted, name)), name


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    by_symbol = {BTC.binance: SERIES[BTC.pair]}
    clock = SimulatedClock(NOW)
    data = archive_fake.ArchiveData(by_symbol, lambda: NOW)
    archive = archive_fake.make_app(data)
    rest = binance_fake.make_app(binance_fake.BinanceData(series=by_symbol, now=lambda: NOW))
    folder = tmp_path / "candles"
    folder.mkdir()
    with serving(archive) as archive_url, serving(rest) as rest_url:
        yield Bench(
            archive.state.faults,
            rest.state.faults,
            archive_url,
            rest_url,
            clock,
            data,
            folder,
        )


def test_months_of_both_units_are_what_a_backtest_reads(bench: Bench) -> None:
    done = bench.download(DECEMBER, JANUARY)
    assert done.failed == []
    have = done.have["BTC"]
    assert (have.months, have.filled) == (2, 0)
    assert bench.files == ["BTCUSDT-5m-2024-12.parquet", "BTCUSDT-5m-2025-01.parquet"]
    assert have.missing == (JANUARY.end - START) // CANDLE - have.candles
    bench.same(START, JANUARY.end)


def test_a_month_that_is_not_over_comes_from_days_and_rest_and_is_made_again(bench: Bench) -> None:
    first = bench.download(FEBRUARY).have["BTC"]
    assert first.filled > 0
    until = NOW - NOW % CANDLE - CANDLE
    bench.same(FEBRUARY.start, until)
    before = len(bench.archive.asked)
    assert bench.download(FEBRUARY).have["BTC"] == first
    assert len(bench.archive.asked) > before


def test_days_stand_in_for_a_month_that_is_late(bench: Bench) -> None:
    bench.data.is_monthly_late = True
    assert bench.download(JANUARY).failed == []
    bench.same(JANUARY.start, JANUARY.end)


def test_what_is_there_is_not_fetched_again(bench: Bench) -> None:
    first = bench.download(DECEMBER, JANUARY)
    before = len(bench.archive.asked)
    assert bench.download(DECEMBER, JANUARY).have == first.have
    assert len(bench.archive.asked) == before


def test_a_month_before_the_coin_was_listed_is_no_failure(bench: Bench) -> None:
    done = bench.download(Month(2024, 11))
    assert (done.failed, done.have["BTC"].months, bench.files) == ([], 0, [])


def test_an_incomplete_file_is_filled_from_rest(bench: Bench) -> None:
    bench.archive.begin("zip", "incomplete")
    bench.archive.begin("checksum", "incomplete")
    have = bench.download(JANUARY).have["BTC"]
    assert have.filled > 300
    bench.same(JANUARY.start, JANUARY.end)


def test_a_header_row_is_no_candle(bench: Bench) -> None:
    for point in ("zip", "checksum"):
        bench.archive.begin(point, "header")
    assert bench.download(JANUARY).failed == []
    bench.same(JANUARY.start, JANUARY.end)


def test_a_file_issued_anew_is_fetched_again_when_asked(bench: Bench) -> None:
    for point in ("zip", "checksum"):
        bench.archive.begin(point, "incomplete")
    first = bench.download(JANUARY).have["BTC"]
    for point in ("zip", "checksum"):
        bench.archive.end(point)
    assert bench.download(JANUARY).have["BTC"] == first
    again = bench.download(JANUARY, check=True).have["BTC"]
    assert (again.candles, again.filled) == (first.candles, 0)


@pytest.mark.parametrize("fault", ["503", "truncated", "bad-checksum", "html"])
def test_a_fault_that_passes_leaves_no_trace(bench: Bench, fault: str) -> None:
    bench.archive.next("checksum" if fault == "bad-checksum" else "zip", fault)
    assert bench.download(JANUARY).failed == []
    bench.same(JANUARY.start, JANUARY.end)


@pytest.mark.parametrize(
    ("fault", "points", "said"),
    [
        ("503", ("zip",), "HTTP 503"),
        ("403", ("zip",), "HTTP 403"),
        ("truncated", ("zip",), "SHA-256"),
        ("bad-checksum", ("checksum",), "SHA-256"),
        ("odd-checksum", ("checksum",), "is no SHA-256"),
        ("html", ("zip",), "SHA-256"),
        ("html", ("checksum",), "is no SHA-256"),
        ("corrupt-zip", ("zip", "checksum"), "cannot be read"),
        ("empty-zip", ("zip", "checksum"), "cannot be read"),
        ("garbled", ("zip", "checksum"), "row 4"),
    ],
)
def test_a_fault_that_lasts_is_told_and_nothing_is_written(
    bench: Bench, fault: str, points: tuple[str, ...], said: str
) -> None:
    for point in points:
        bench.archive.begin(point, fault)
    done = bench.download(JANUARY)
    (failed,) = done.failed
    assert failed.startswith("BTC 2025-01: ")
    assert said in failed
    assert bench.files == []
    for point in points:
        bench.archive.end(point)
    assert bench.download(JANUARY).failed == []
    bench.same(JANUARY.start, JANUARY.end)


def test_without_its_checksum_a_zip_is_not_believed_and_rest_gives_all(bench: Bench) -> None:
    bench.archive.begin("checksum", "no-checksum")
    have = bench.download(JANUARY).have["BTC"]
    assert have.filled == have.candles
    bench.same(JANUARY.start, JANUARY.end)


def test_rest_that_is_down_is_a_failure_of_that_month_alone(bench: Bench) -> None:
    bench.rest.begin("klines", "503")
    done = bench.download(DECEMBER, JANUARY, FEBRUARY)
    assert {one[:11] for one in done.failed} >= {"BTC 2025-02"}
    bench.rest.end("klines")
    bench.clock.move_to(NOW + HOUR)
    assert bench.download(DECEMBER, JANUARY, FEBRUARY).failed == []


def test_a_file_that_is_damaged_is_made_again(bench: Bench) -> None:
    bench.download(JANUARY)
    path = bench.folder / "BTCUSDT-5m-2025-01.parquet"
    path.write_bytes(path.read_bytes()[:1000])
    assert bench.download(JANUARY).have["BTC"].months == 1
    bench.same(JANUARY.start, JANUARY.end)


def test_holes_are_where_no_candle_is() -> None:
    start = parse("2025-01-01")
    times = np.array([start + n * CANDLE for n in (0, 1, 4, 5)], dtype=np.int64)
    end = start + 7 * CANDLE
    assert holes(times, start, end) == [
        (start + 2 * CANDLE, start + 4 * CANDLE),
        (start + 6 * CANDLE, end),
    ]
    assert holes(times[:0], start, end) == [(start, end)]
    assert holes(np.arange(start, end, CANDLE), start, end) == []


def test_months_follow_one_another_over_the_year() -> None:
    found = months(Month(2024, 11), Month(2025, 2))
    assert [str(one) for one in found] == ["2024-11", "2024-12", "2025-01", "2025-02"]
    assert [(one.end - one.start) // DAY for one in found] == [30, 31, 31, 28]
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]


def test_what_is_no_address() -> None:
    with pytest.raises(ConfigurationError, match="--archive-url"):
        Archive(client=archive_client(), clock=SimulatedClock(), url="data.binance.vision")


def test_the_market_of_these_tests_has_gaps() -> None:
    series: CandleSeries = SERIES[BTC.pair]
    assert len(holes(series.open_time, START, int(series.open_time[-1]))) > 5
