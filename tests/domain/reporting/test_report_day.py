"""Days end at 23:00 in Japan, and every moment is in one of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instant import DAY, parse
from domain.reporting.report_day import ReportDay

moments = st.integers(parse("1980-01-01"), parse("2100-01-01"))


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        ("2026-02-08T13:59:59.999+00:00", "2026-02-08"),
        ("2026-02-08T23:00:00+09:00", "2026-02-09"),
        ("2026-02-08T22:59:59+09:00", "2026-02-08"),
        ("2026-02-09T00:00:00+09:00", "2026-02-09"),
        ("2024-02-29T14:00:00+00:00", "2024-03-01"),
    ],
)
def test_a_moment_belongs_to_the_day_that_ends_next(moment: str, name: str) -> None:
    assert ReportDay.of(parse(moment)).name == name


def test_a_day_is_complete_from_its_end_on() -> None:
    end = parse("2026-02-08T14:00:00")
    assert ReportDay.complete_at(end).name == "2026-02-08"
    assert ReportDay.complete_at(end - 1).name == "2026-02-07"


@given(moments)
def test_days_leave_no_gap_and_do_not_overlap(moment: int) -> None:
    day = ReportDay.of(moment)
    assert day.start <= moment < day.end
    assert day.end - day.start == DAY
    assert ReportDay.of(day.end).start == day.end
    assert ReportDay.complete_at(moment) == day.earlier(1)
    assert ReportDay.named(day.name) == day


@given(moments)
def test_the_month_is_that_of_its_evening(moment: int) -> None:
    day = ReportDay.of(moment)
    assert day.name.startswith(day.month)
    assert day.month_start == parse(f"{day.month}-01")


@pytest.mark.parametrize("name", ["", "yesterday", "2026-02-30", "2026-02-08T14:00", "26-2-8"])
def test_what_is_no_date_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"Invalid|invalid|must be|out of range"):
        ReportDay.named(name)
