"""Yen for a dollar: what is known when, and one clear sentence for each wrong file or number."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.exchange.simulated.yen_rate import (
    LONGEST_HOLE,
    PREMIUM_LIMIT,
    YenPrice,
    YenRate,
    drifting_premium,
    load_premium,
    load_usdjpy,
)
from adapters.table_files.timeline import Timeline
from application.errors import InputError
from domain.instant import DAY, HOUR, parse

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "fx"
START = parse("2025-03-03")

Load = Callable[[str], object]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "usdjpy.csv"


def lines(path: Path, *rows: str) -> str:
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def bars(path: Path, *rows: tuple[object, object, object]) -> str:
    return lines(path, "open_time,open,close", *(",".join(map(str, row)) for row in rows))


def refusal(load: Callable[[], object]) -> str:
    with pytest.raises(InputError) as refused:
        load()
    said = str(refused.value)
    assert "\n" not in said
    assert ": " in said
    return said


def test_a_number_is_a_rate_for_ever() -> None:
    rate = load_usdjpy(" 150.5 ")
    assert rate.at(0) == rate.at(START) == rate.at(-START) == rate.at(10**15) == 150.5


@pytest.mark.parametrize("text", ["0", "-150", "0.0067", "150000", "nan", "inf"])
def test_a_number_that_is_no_rate(text: str) -> None:
    assert "yen for a dollar" in refusal(lambda: load_usdjpy(text))


@pytest.mark.parametrize("load", [load_usdjpy, load_premium])
def test_neither_a_number_nor_a_file(load: Load, tmp_path: Path) -> None:
    for text in ("much", "", str(tmp_path), str(tmp_path / "missing.csv")):
        assert "check the path" in refusal(partial(load, text))


def test_the_open_of_a_bar_is_known_as_it_opens_and_its_close_as_it_ends(path: Path) -> None:
    before = (START - HOUR, 148, 149)
    rows = (START, 150, 151), (START + HOUR, 152, 153), (START + 3 * HOUR, 154, 155)
    rate = load_usdjpy(bars(path, *rows[::-1], before))
    assert "not known before 2025-03-02T23:00:00Z" in refusal(lambda: rate.at(START - HOUR - 1))
    known = {
        -HOUR: 148,
        -1: 148,
        0: 150,
        HOUR - 1: 150,
        HOUR: 152,
        2 * HOUR - 1: 152,
        2 * HOUR: 153,
    }
    known |= {3 * HOUR - 1: 153, 3 * HOUR: 154, 4 * HOUR - 1: 154, 4 * HOUR: 155, 9 * DAY: 155}
    assert {later: rate.at(START + later) for later in known} == known


@pytest.mark.parametrize(
    ("column", "known"), [("yahoo_close", 0), ("close", DAY), ("fred_dexjpus", DAY), ("value", DAY)]
)
def test_the_value_of_a_day_is_known_when_it_is_over_and_yahoos_as_it_begins(
    column: str, known: int, path: Path
) -> None:
    file = lines(path, f"date,{column}", "2025-03-04,151", "2025-03-03,150", "2025-03-05,")
    rate, since = load_usdjpy(file), START + known
    assert "not known before" in refusal(lambda: rate.at(since - 1))
    assert (rate.at(since), rate.at(since + DAY - 1)) == (150, 150)
    assert (rate.at(since + DAY), rate.at(since + 3 * DAY)) == (151, 151)


def test_a_rate_is_carried_over_a_weekend_and_ten_days_at_most(path: Path) -> None:
    file = lines(path, "date,yahoo_close", "2025-03-03,150", "2025-03-23,151")
    rate = load_usdjpy(file)
    back = START + 20 * DAY
    assert rate.at(START + LONGEST_HOLE) == 150
    assert "hole of more than 10 days" in refusal(lambda: rate.at(START + LONGEST_HOLE + 1))
    assert "hole of more than 10 days" in refusal(lambda: rate.at(back - 1))
    assert rate.at(back) == rate.at(back + LONGEST_HOLE) == 151
    assert "ends at 2025-03-23T00:00:00Z" in refusal(lambda: rate.at(back + LONGEST_HOLE + 1))
    assert rate.at(START) == 150, "an error does not spoil the next question"


@given(
    points=st.dictionaries(st.integers(0, 40), st.integers(90, 200), min_size=1),
    moments=st.lists(st.integers(-2, 60 * 24), min_size=1, max_size=20),
)
def test_any_order_of_questions_gets_the_newest_known(
    points: dict[int, int], moments: list[int]
) -> None:
    days = sorted(points)
    rate = YenRate(Timeline([day * DAY for day in days], [float(points[day]) for day in days]))
    for moment in (hour * HOUR for hour in moments):
        known = [day for day in days if day * DAY <= moment]
        if known and moment - known[-1] * DAY <= LONGEST_HOLE:
            assert rate.at(moment) == points[known[-1]]
        else:
            refusal(partial(rate.at, moment))


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("time,open,close", "open_time"),
        ("open_time,close", "open"),
        ("open_time,open", "close"),
        ("date,price", "yahoo_close"),
        ("day,close", "date"),
    ],
)
def test_a_missing_column_is_named(header: str, named: str, path: Path) -> None:
    file = lines(path, header, ",".join(["1"] * len(header.split(","))))
    said = refusal(lambda: load_usdjpy(file))
    assert said.startswith(f"{path}: column ")
    assert named in said
    assert "missing" in said


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (("", 150, 151), "open_time"),
        (("noon", 150, 151), "open_time"),
        ((START // 1000, 150, 151), "open_time"),
        ((START + HOUR, "", 151), "open"),
        ((START + HOUR, 150, "nan"), "close"),
        ((START + HOUR, "much", 151), "open"),
        ((START + HOUR, 0, 151), "open"),
        ((START + HOUR, 150, -151), "close"),
        ((START + HOUR, 150, 0.0067), "close"),
    ],
)
def test_a_bad_bar_is_named_with_its_row(
    row: tuple[object, object, object], named: str, path: Path
) -> None:
    file = bars(path, (START, 150, 151), row)
    assert f"{path}: {named} in row 2" in refusal(lambda: load_usdjpy(file))


@pytest.mark.parametrize("row", ["soon,150", "2025-03-04,much", "2025-03-04,0", ",150"])
def test_a_bad_day_is_named_with_its_row(row: str, path: Path) -> None:
    file = lines(path, "date,close", "2025-03-03,150", row)
    assert "in row 2" in refusal(lambda: load_usdjpy(file))


def test_files_without_a_value_and_with_two(path: Path) -> None:
    assert "no value at all" in refusal(
        lambda: load_usdjpy(lines(path, "date,close", "2025-03-03,"))
    )
    twice = bars(path, (START, 150, 151), (START, 152, 151))
    assert "two values" in refusal(lambda: load_usdjpy(twice))
    assert "no rows" in refusal(lambda: load_usdjpy(lines(path, "open_time,open,close")))


def test_a_constant_premium() -> None:
    price = YenPrice(load_usdjpy("150"), load_premium("0.01"))
    assert price.factor(START) == 150 * 1.01
    assert YenPrice(load_usdjpy("150"), load_premium("-0.5")).factor(0) == 75


@pytest.mark.parametrize("text", ["1", "-0.51", "nan", "inf"])
def test_a_premium_that_is_no_fraction(text: str) -> None:
    assert "0.01 is 1 %" in refusal(lambda: load_premium(text))


def test_a_recorded_premium(path: Path) -> None:
    dated = load_premium(lines(path, "date,premium", "2025-03-03,0.01", "2025-03-04,-0.002"))
    assert [dated.at(START + later) for later in (-1, 0, DAY - 1, DAY)] == [
        0.01,
        0.01,
        0.01,
        -0.002,
    ]
    timed = load_premium(lines(path, "open_time,premium", f"{START},0.01", f"{START + 5},0.02"))
    assert (timed.at(START + 4), timed.at(START + 5)) == (0.01, 0.02)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (("date,price", "2025-03-03,0.01"), "column premium is missing"),
        (("time,premium", "2025-03-03,0.01"), "column date is missing"),
        (("date,premium", "2025-03-03,1.0"), "premium in row 1"),
        (("date,premium", "2025-03-03,"), "premium in row 1"),
        (("date,premium", "soon,0.01"), "date in row 1"),
        (("date,premium",), "no rows"),
    ],
)
def test_a_bad_premium_file(rows: tuple[str, ...], named: str, path: Path) -> None:
    said = refusal(lambda: load_premium(lines(path, *rows)))
    assert said.startswith(f"{path}: ")
    assert named in said


def test_a_drifting_premium_depends_on_seed_and_hour_only() -> None:
    moments = [START + hour * HOUR for hour in range(3_000)]
    forwards = drifting_premium(7)
    walked = [forwards.at(moment) for moment in moments]
    backwards = load_premium("drift:7")
    assert [backwards.at(moment) for moment in reversed(moments)] == walked[::-1]
    assert forwards.at(START + HOUR - 1) == forwards.at(START)
    other = load_premium("drift")
    assert [other.at(moment) for moment in moments] != walked
    assert max(map(abs, walked)) <= PREMIUM_LIMIT
    steps = [abs(b - a) for a, b in pairwise(walked)]
    assert 0 < max(steps) < 0.001
    assert forwards.at(0) == 0.0, "older than the walk"


@pytest.mark.parametrize("text", ["drift:", "drift:x", "drift:-1", "drift:1.5"])
def test_a_drift_without_a_seed(text: str) -> None:
    assert "write drift:7" in refusal(lambda: load_premium(text))


@pytest.mark.skipif(not RECORDED.is_dir(), reason=f"needs the recordings in {RECORDED}")
def test_recorded_rates_agree_by_hour_and_by_day() -> None:
    hourly = load_usdjpy(str(RECORDED / "usdjpy_1h.csv.gz"))
    daily = load_usdjpy(str(RECORDED / "usdjpy_daily.csv.gz"))
    saturday, friday = parse("2025-03-01T12:00"), parse("2025-02-28T23:59")
    assert hourly.at(saturday) == hourly.at(friday)
    for day in range(300):
        moment = parse("2024-06-01") + day * DAY
        assert hourly.at(moment) == pytest.approx(daily.at(moment), rel=0.03)
    assert "ends at" in refusal(lambda: daily.at(parse("2026-09-01")))
