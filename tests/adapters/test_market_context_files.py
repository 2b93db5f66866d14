"""Mood files: what is known when, and one clear sentence for each file that is wrong."""

import asyncio
import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.market_context.recorded import (
    RecordedMarketContext,
    load_dominance,
    load_fear_greed,
    load_funding,
)
from adapters.table_files.timeline import Timeline
from application.errors import InputError
from domain.events import MarketContextCollected
from domain.instant import DAY, HOUR, parse
from domain.instruments import DEFAULT

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "context"
NIGHT = parse("2025-03-01")
NOTHING = MarketContextCollected(None, None, 0, None)

Load = Callable[[Path], object]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mood.csv"


def funding(path: Path) -> tuple[Timeline, ...]:
    return load_funding(path, DEFAULT)


def lines(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n")
    return path


def fear_greed_file(path: Path, *rows: str) -> Path:
    return lines(path, "date,value,classification", *rows)


def funding_file(path: Path, *rows: tuple[int, str, object]) -> Path:
    return lines(path, "funding_time,symbol,rate", *(f"{t},{s},{r}" for t, s, r in rows))


def read(context: RecordedMarketContext, now: int) -> MarketContextCollected:
    return asyncio.run(context.reading(now))


def refusal(load: Load, path: Path) -> str:
    with pytest.raises(InputError) as refused:
        load(path)
    said = str(refused.value)
    assert str(path) in said
    assert "\n" not in said
    assert ": " in said.removeprefix(str(path))
    return said


def test_fear_greed_of_a_day_is_known_as_the_day_begins(path: Path) -> None:
    file = fear_greed_file(path, "2025-03-01,20,Extreme Fear", "2025-03-02,80,Extreme Greed")
    context = RecordedMarketContext(fear_greed=load_fear_greed(file))
    assert read(context, NIGHT - 1).fear_greed is None
    assert read(context, NIGHT).fear_greed == 20
    assert read(context, NIGHT + DAY - 1).fear_greed == 20
    assert read(context, NIGHT + DAY).fear_greed == 80


def test_dominance_of_a_day_is_known_when_the_day_is_over(path: Path) -> None:
    file = lines(path, "date,value", "2025-03-01,51.5", "2025-03-02,52.5")
    context = RecordedMarketContext(dominance=load_dominance(file))
    assert read(context, NIGHT + DAY - 1).btc_dominance is None
    assert read(context, NIGHT + DAY).btc_dominance == 51.5
    assert read(context, NIGHT + 2 * DAY - 1).btc_dominance == 51.5
    assert read(context, NIGHT + 2 * DAY).btc_dominance == 52.5


def test_a_funding_rate_is_known_at_its_funding_time(path: Path) -> None:
    file = funding_file(path, (NIGHT, "BTCUSDT", 0.0001), (NIGHT + 8 * HOUR, "BTCUSDT", 0.0003))
    context = RecordedMarketContext(funding=funding(file))
    assert read(context, NIGHT - 1) == read(RecordedMarketContext(), NIGHT) == NOTHING
    assert read(context, NIGHT).funding_rate == 0.0001
    assert read(context, NIGHT + 8 * HOUR - 1).funding_rate == 0.0001
    assert read(context, NIGHT + 8 * HOUR).funding_rate == 0.0003


def test_funding_is_the_mean_of_the_pairs_that_have_a_recent_rate(path: Path) -> None:
    file = funding_file(
        path,
        (NIGHT, "BTCUSDT", 0.0001),
        (NIGHT, "ETHUSDT", 0.0002),
        (NIGHT, "PEPEUSDT", 0.09),
        (NIGHT + 8 * HOUR, "ETHUSDT", 0.0004),
    )
    context = RecordedMarketContext(funding=funding(file))
    two = read(context, NIGHT)
    assert two.funding_rate == pytest.approx(0.00015, rel=1e-12)
    assert two.funding_pairs == 2
    both = read(context, NIGHT + 9 * HOUR)
    assert both.funding_rate == pytest.approx(0.00025, rel=1e-12)
    assert both.funding_pairs == 2
    one = MarketContextCollected(None, 0.0004, 1, None)
    assert read(context, NIGHT + 9 * HOUR + 1) == one
    assert read(context, NIGHT + 17 * HOUR + 1) == NOTHING


def test_daily_values_count_for_48_hours_after_they_became_known(path: Path) -> None:
    mood = load_fear_greed(fear_greed_file(path, "2025-03-01,20,x"))
    share = load_dominance(lines(path, "date,value", "2025-03-01,51.5"))
    context = RecordedMarketContext(fear_greed=mood, dominance=share)
    assert read(context, NIGHT + 48 * HOUR).fear_greed == 20
    assert read(context, NIGHT + 48 * HOUR + 1).fear_greed is None
    assert read(context, NIGHT + 72 * HOUR).btc_dominance == 51.5
    assert read(context, NIGHT + 72 * HOUR + 1).btc_dominance is None


def test_questions_may_come_in_any_order(path: Path) -> None:
    rows = [f"2025-03-{day:02d},{day},x" for day in range(1, 29)]
    context = RecordedMarketContext(load_fear_greed(fear_greed_file(path, *rows)))
    for day in (5, 28, 1, 14, 13):
        assert read(context, NIGHT + (day - 1) * DAY).fear_greed == day


def test_rows_in_any_order_and_doubles_that_agree_are_taken(path: Path) -> None:
    file = fear_greed_file(path, "2025-03-02,30,x", "2025-03-01,20,x", "2025-03-02,30,x")
    assert load_fear_greed(file).times == [NIGHT, NIGHT + DAY]


def test_a_date_with_a_time_of_day_is_not_known_earlier(path: Path) -> None:
    file = lines(path, "date,value", "2025-03-01T12:00+09:00,20", "2025-03-02T09:00,30")
    assert load_fear_greed(file).times == [NIGHT + 3 * HOUR, NIGHT + 33 * HOUR]
    assert load_dominance(file).times == [NIGHT + DAY, NIGHT + 2 * DAY]


def test_a_gzipped_file_reads_like_a_plain_one(tmp_path: Path) -> None:
    file = tmp_path / "mood.csv.gz"
    file.write_bytes(gzip.compress(b"date,value\n2025-03-01,20\n"))
    assert read(RecordedMarketContext(load_fear_greed(file)), NIGHT).fear_greed == 20


def test_the_first_dominance_column_counts_and_its_empty_days_are_missing(path: Path) -> None:
    file = lines(
        path,
        "date,btc_dominance_a,btc_dominance_b,value",
        "2025-03-01,50,60,70",
        "2025-03-02,,61,71",
    )
    context = RecordedMarketContext(dominance=load_dominance(file))
    assert read(context, NIGHT + 2 * DAY).btc_dominance == 50


def test_the_readings_need_no_pandas() -> None:
    source = (
        "import sys, adapters.market_context.recorded; "
        "sys.exit(any(one in sys.modules for one in ('pandas', 'pyarrow')))"
    )
    paths = {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    assert subprocess.run([sys.executable, "-c", source], env=paths, check=False).returncode == 0


LOADERS = pytest.mark.parametrize("load", [load_fear_greed, load_dominance, funding])


@LOADERS
def test_a_missing_file_and_a_folder(load: Load, path: Path) -> None:
    assert "no such file" in refusal(load, path)
    assert "no such file" in refusal(load, path.parent)


@LOADERS
@pytest.mark.parametrize("content", ["", "\n", "date,value\n", "funding_time,symbol,rate\n"])
def test_an_empty_file(load: Load, content: str, path: Path) -> None:
    path.write_text(content)
    assert "no rows" in refusal(load, path)


@LOADERS
def test_a_broken_gzip_file(load: Load, tmp_path: Path) -> None:
    file = tmp_path / "mood.csv.gz"
    file.write_bytes(gzip.compress(b"date,value\n2025-03-01,20\n")[:-9])
    assert "cannot be read" in refusal(load, file)


@LOADERS
def test_bytes_that_are_no_table(load: Load, path: Path) -> None:
    path.write_bytes(b"date,value\n\xff\xfe\x00\x9d,1,2,3\n1\n")
    refusal(load, path)


@LOADERS
def test_a_file_of_another_kind(load: Load, tmp_path: Path) -> None:
    assert "not a" in refusal(load, lines(tmp_path / "mood.txt", "date,value"))


@pytest.mark.parametrize(
    ("load", "header", "named"),
    [
        (load_fear_greed, "day,value", "date"),
        (load_fear_greed, "date,points", "value"),
        (load_dominance, "day,value", "date"),
        (load_dominance, "date,eth_dominance", "btc_dominance"),
        (funding, "time,symbol,rate", "funding_time"),
        (funding, "funding_time,pair,rate", "symbol"),
        (funding, "funding_time,symbol,value", "rate"),
    ],
)
def test_a_missing_column_is_named(load: Load, header: str, named: str, path: Path) -> None:
    said = refusal(load, lines(path, header, ",".join(["1"] * len(header.split(",")))))
    assert f"column {named}" in said
    assert "missing" in said


@pytest.mark.parametrize("day", ["2025-13-01", "2025-02-30", "first of March", "", "01.03.2025"])
@pytest.mark.parametrize("load", [load_fear_greed, load_dominance])
def test_a_bad_date_is_named_with_its_row(load: Load, day: str, path: Path) -> None:
    said = refusal(load, lines(path, "date,value", "2025-02-28,20", f"{day},30"))
    assert "date in row 2" in said


@pytest.mark.parametrize("value", ["many", "nan", "inf", "", "-1", "101", "100.5"])
def test_a_bad_fear_greed_value_is_named_with_its_row(value: str, path: Path) -> None:
    assert "value in row 2" in refusal(
        load_fear_greed, fear_greed_file(path, "2025-03-01,20,x", f"2025-03-02,{value},x")
    )


def test_a_fear_greed_value_between_two_points_is_refused(path: Path) -> None:
    said = refusal(load_fear_greed, fear_greed_file(path, "2025-03-01,20.5,x"))
    assert "not a whole number" in said


@pytest.mark.parametrize("value", ["many", "inf", "-0.1", "100.1"])
def test_a_bad_dominance_is_named_with_its_row(value: str, path: Path) -> None:
    file = lines(
        path, "date,btc_dominance_a", "2025-03-01,50", "2025-03-02,", f"2025-03-03,{value}"
    )
    assert "btc_dominance_a in row 3" in refusal(load_dominance, file)


def test_a_dominance_column_without_any_value(path: Path) -> None:
    file = lines(path, "date,btc_dominance_a", "2025-03-01,", "2025-03-02,")
    assert "no value at all" in refusal(load_dominance, file)


@pytest.mark.parametrize("rate", ["many", "nan", "inf", "", "0.1001", "-0.1001"])
def test_a_bad_funding_rate_is_named_with_its_row(rate: str, path: Path) -> None:
    file = funding_file(path, (NIGHT, "BTCUSDT", 0.1), (NIGHT, "ETHUSDT", rate))
    assert "rate in row 2" in refusal(funding, file)


def test_a_funding_time_in_seconds_is_refused_and_the_unit_named(path: Path) -> None:
    said = refusal(funding, funding_file(path, (NIGHT // 1000, "BTCUSDT", 0.0001)))
    assert "funding_time in row 1" in said
    assert "seconds" in said


@pytest.mark.parametrize("time", ["", "soon", 17])
def test_a_bad_funding_time_is_named_with_its_row(time: object, path: Path) -> None:
    rows = (f"{NIGHT},BTCUSDT,0.0001", f"{time},BTCUSDT,0.0001")
    said = refusal(funding, lines(path, "funding_time,symbol,rate", *rows))
    assert "funding_time in row 2" in said


def test_a_rate_without_a_symbol_is_named_with_its_row(path: Path) -> None:
    file = funding_file(path, (NIGHT, "BTCUSDT", 0.0001), (NIGHT, "", 0.0002))
    assert "symbol in row 2" in refusal(funding, file)


def test_rates_of_unknown_coins_only(path: Path) -> None:
    said = refusal(funding, funding_file(path, (NIGHT, "PEPEUSDT", 0.0001)))
    assert "BTCUSDT" in said


@pytest.mark.parametrize("load", [load_fear_greed, load_dominance])
def test_two_values_of_one_day_contradict_each_other(load: Load, path: Path) -> None:
    said = refusal(load, lines(path, "date,value", "2025-03-01,20", "2025-03-01,30"))
    assert "two values" in said


@pytest.mark.skipif(not RECORDED.is_dir(), reason=f"needs the recordings in {RECORDED}")
def test_recorded_mood_of_a_crash_night() -> None:
    context = RecordedMarketContext(
        fear_greed=load_fear_greed(RECORDED / "fear_greed_daily.csv.gz"),
        funding=load_funding(RECORDED / "funding_rate_8h.csv.gz", DEFAULT),
        dominance=load_dominance(RECORDED / "btc_dominance_daily.csv.gz"),
    )
    known = read(context, parse("2025-10-10T21:15"))
    assert (known.fear_greed, known.funding_pairs, known.btc_dominance) == (64, 6, 58.56)
    assert known.funding_rate == pytest.approx(2.8947e-5, abs=1e-9)
    assert read(context, parse("2022-06-01")).funding_pairs == 3, "SOL, AVAX, DOGE came later"
    assert read(context, parse("2026-04-11")).fear_greed is None, "the file ends on 2026-04-08"
