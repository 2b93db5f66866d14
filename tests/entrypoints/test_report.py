"""crypto-trader report: a log's day for people, programs and browsers."""

import asyncio
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import domain.events as e
from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.event_store.sqlite import SqliteEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from adapters.read_models.sqlite import SqliteReadModels
from adapters.report_archive.folder import FolderArchive
from adapters.sqlite_file import open_log
from application import policy
from application.commit import Log
from application.reporting.publish_daily_report import publish_daily_report
from application.upkeep.audit_log import audit_log
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from domain.reporting.closed_trades import TradeMatcher
from domain.reporting.report_day import ReportDay
from entrypoints.replay.night_checks import night_checks_of_file
from entrypoints.replay.verify import verify
from entrypoints.report.log_span import log_span
from entrypoints.simulation.engine import run_one
from entrypoints.simulation.kept_log import keep
from entrypoints.simulation.world import Plan
from entrypoints.wiring.log_file import checking, reading
from tests.entrypoints.test_commands import run
from tests.given.desk import ScriptedExchange
from tests.given.history import commit, price


def simulated(path: Path, *, days: float, is_busy: bool) -> Path:
    plan = Plan(
        seed=5,
        days=days,
        instruments=DEFAULT,
        parameters=STANDARD,
        cash=Jpy(Decimal(100_000)),
        is_busy=is_busy,
    )
    run_one(plan, {}, finish=lambda world: keep(world, path))
    return path


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day and a half of a synthetic market, traded all the time."""
    return simulated(tmp_path_factory.mktemp("report") / "e.sqlite", days=1.5, is_busy=True)


def reported(path: Path, *words: str, status: int = 0) -> dict:
    return json.loads(run("report", "--log", str(path), "--json", *words, status=status).stdout)


@pytest.fixture(scope="module")
def told(log: Path) -> dict:
    return reported(log)


def events(path: Path) -> list[tuple[e.Event, int]]:
    async def read() -> list[tuple[e.Event, int]]:
        return [(event, one.at) async for _, one in store.read_all() for event in one.events]

    with reading(path) as store:
        return asyncio.run(read())


def test_the_newest_complete_day_is_reported(told: dict) -> None:
    assert (told["schema_version"], told["complete"]) == (1, True)
    assert told["end"] == f"{told['day']}T14:00:00Z"
    day = told["windows"]["24h"]
    assert day["trades"]["closed"] == len(told["closed"]) > 0
    assert day["signals"]["count"] == sum(day["signals"]["histogram"]["counts"]) > 0
    low, high = day["trades"]["win_rate_95"]
    assert low < day["trades"]["win_rate"] < high
    assert told["checks"]["audit"]["balanced"] is True
    assert len(told["checks"]["head"]["digest"]) == 64
    assert told["notes"] == []


def test_the_days_of_a_log_add_up(log: Path, told: dict) -> None:
    singles = [
        reported(log, "--no-checks", "--date", one["day"])["windows"]["24h"]["trades"]
        for one in told["days"]
    ]
    assert [one["gain_jpy"] for one in singles] == [one["gain_jpy"] for one in told["days"]]
    month = told["windows"]["30d"]["trades"]
    assert sum(Decimal(one["gain_jpy"]) for one in singles) == Decimal(month["gain_jpy"])
    assert sum(one["closed"] for one in singles) == month["closed"]


def test_closed_trades_and_lots_are_what_the_audited_books_say(log: Path) -> None:
    """Two ways through the same log: fills in double entry, and first in, first out."""
    matcher, gains = TradeMatcher(), Decimal(0)
    for event, at in events(log):
        if isinstance(event, e.OrderEvent):
            matcher.order(event, at)
        elif isinstance(event, e.PositionEvent) and (trade := matcher.position(event, at)):
            assert trade.unmatched == 0
            gains += trade.gain.amount
    with checking(log) as (store, evidence):
        books = asyncio.run(audit_log(store=store, evidence=evidence)).auditor.books
    left = [matcher.lots_left(pair) for pair in DEFAULT.pairs]
    assert [coins for coins, _ in left] == [books.traded(pair) for pair in DEFAULT.pairs]
    assert gains - sum(cost for _, cost in left) == books.traded("jpy")


def test_the_gain_is_what_positions_say_but_for_their_dust(log: Path, told: dict) -> None:
    positions = {
        one.position: one.gain.amount for one, _ in events(log) if isinstance(one, e.PositionClosed)
    }
    for one in told["closed"]:
        assert abs(Decimal(one["gain_jpy"]) - positions[one["position"]]) < 1


def test_the_decisions_of_the_owners_policy_come_out_again(tmp_path: Path) -> None:
    path = simulated(tmp_path / "e.sqlite", days=0.9, is_busy=False)
    last = reported(path)
    parity = last["checks"]["parity"]
    assert parity["decisions"] == parity["equal"] == last["windows"]["24h"]["analyses"] > 0


def test_the_checks_of_a_file_run_beside_others_and_say_the_same(log: Path, told: dict) -> None:
    day = ReportDay.named(told["day"])

    async def ask() -> tuple[list[object], int]:
        asked = night_checks_of_file(log, policy=policy.STANDARD, parameters=STANDARD)
        waiting = asyncio.gather(asked.head(), asked.audit(), asked.parity(day.start, day.end))
        turns = 0
        while not waiting.done():
            await asyncio.wait([waiting], timeout=0.005)
            turns += 1
        return list(await waiting), turns

    (head, audit, parity), turns = asyncio.run(ask())
    assert turns > 1
    assert head.digest == told["checks"]["head"]["digest"]
    assert (audit.balanced, audit.events) == (True, told["checks"]["audit"]["events"])
    assert parity.decisions == told["checks"]["parity"]["decisions"]


def test_parts_of_a_log_decided_again_are_the_whole(tmp_path: Path) -> None:
    path = simulated(tmp_path / "e.sqlite", days=0.4, is_busy=False)
    times = [at for event, at in events(path) if isinstance(event, e.DecisionMade)]
    cut = times[len(times) // 2]

    async def decided(**window: int) -> tuple[int, int, int]:
        with reading(path) as store:
            found = await verify(store, policy=policy.STANDARD, parameters=STANDARD, **window)
        return found.decisions, found.equal, found.fills

    whole = asyncio.run(decided())
    first, second = asyncio.run(decided(until=cut)), asyncio.run(decided(since=cut))
    assert tuple(map(sum, zip(first, second, strict=True))) == whole
    assert first[0] == len(times) // 2
    assert whole[0] == whole[1] == len(times)


def test_what_is_published_on_a_file_is_what_the_command_shows(
    log: Path, told: dict, tmp_path: Path
) -> None:
    copy, archive = tmp_path / "copy.sqlite", FolderArchive(tmp_path / "reports")
    copy.write_bytes(log.read_bytes())
    day = ReportDay.named(told["day"])

    async def publish(number: int) -> int:
        file = open_log(copy, create=False)
        clock = SimulatedClock(day.end)
        tables = SqliteReadModels(file, clock)
        made = await publish_daily_report(
            day.end + number,
            log=Log(SqliteEventStore(file, clock), tables, f"trader-{number}"),
            archive=archive,
            instruments=DEFAULT,
            parameters=STANDARD,
            exchange=ScriptedExchange(clock),
            checks=night_checks_of_file(copy, policy=policy.STANDARD, parameters=STANDARD),
        )
        file.close()
        return len(made)

    assert [asyncio.run(publish(number)) for number in range(3)] == [1, 0, 0]
    kept = json.loads(asyncio.run(archive.get(f"daily-{day.name}.json")) or b"")
    shown = reported(copy, "--date", day.name)
    assert kept["checks"]["head"] == told["checks"]["head"]
    assert shown["checks"]["audit"]["balanced"] is True, "with the report on the log, too"
    for name in ("windows", "closed", "days", "equity_jpy", "month", "market", "breaker_open"):
        assert shown[name] == kept[name], name
    assert kept["equity_jpy"] == "100000"


def test_a_terminal_shows_it(log: Path, told: dict) -> None:
    words = run("report", "--log", str(log)).stdout
    for said in (
        told["day"],
        "23:00 in Japan",
        "30d",
        "win rate",
        "technical",
        "Scores from",
        "books balance, nothing wrong",
        told["checks"]["head"]["digest"],
    ):
        assert said in words
    assert not re.search(r"\bnan\b|None", words)


def test_a_browser_needs_nothing_from_outside(log: Path, told: dict, tmp_path: Path) -> None:
    page = tmp_path / "new" / "day.html"
    done = run("report", "--log", str(log), "--html", str(page), "--json", "--no-checks")
    assert json.loads(done.stdout)["closed"] == told["closed"]
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert not re.search(r"<(script|img|link)[^>]+(src|href)=", text)
    charts = re.search(r'id="chart-data">(.*?)</script>', text, re.DOTALL)
    assert charts is not None
    drawn = json.loads(charts.group(1), parse_constant=pytest.fail)
    assert set(drawn) == {"days", *DEFAULT.pairs}
    assert told["closed"][0]["position"] in text
    assert [one.name for one in page.parent.iterdir()] == ["day.html"]


def test_a_log_that_was_edited_is_said_and_the_status_is_1(log: Path, tmp_path: Path) -> None:
    import sqlite3

    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(log.read_bytes())
    connection = sqlite3.connect(copy)
    connection.execute("UPDATE commits SET at = at + 1 WHERE position = 40")
    connection.commit()
    connection.close()
    found = reported(copy, status=1)["checks"]["audit"]
    assert (found["balanced"], found["violations"] > 0) == (False, True)
    assert "NOT in order" in run("report", "--log", str(copy), status=1).stdout
    page = tmp_path / "day.html"
    run("report", "--log", str(copy), "--html", str(page), status=1)
    assert "The log is not in order" in page.read_text(encoding="utf-8")


def test_a_log_without_a_complete_day_shows_the_one_there_is(tmp_path: Path) -> None:
    path = simulated(tmp_path / "e.sqlite", days=0.1, is_busy=True)
    assert reported(path, "--no-checks")["complete"] is False
    assert "not over yet" in run("report", "--log", str(path), "--no-checks").stdout


def test_the_configured_log_is_the_default(log: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text(f'[general]\nfolder = "{tmp_path / "trader"}"\n', encoding="utf-8")
    done = run("report", "--config", str(config), status=1)
    assert "trader.sqlite" in done.stderr
    (tmp_path / "trader").mkdir()
    (tmp_path / "trader" / "trader.sqlite").write_bytes(log.read_bytes())
    done = run("report", "--config", str(config), "--json", "--no-checks")
    assert json.loads(done.stdout)["events"] > 0


BAD = {
    "a date": (["--date", "yesterday"], 2, "is not a date such as 2026-02-08"),
    "before": (["--date", "1999-01-01"], 1, "it goes from"),
    "after": (["--date", "2999-01-01"], 1, "it goes from"),
    "a folder for a page": (["--html", "."], 1, "--html . is a folder"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line(log: Path, name: str) -> None:
    words, status, said = BAD[name]
    done = run("report", "--log", str(log), *words, status=status)
    assert said in done.stderr
    assert not done.stdout
    if status == 1:
        assert len(done.stderr.strip().splitlines()) == 1


def test_an_empty_log_has_nothing_to_report(tmp_path: Path) -> None:
    path = tmp_path / "empty.sqlite"
    open_log(path, create=True).close()
    assert "the log is empty" in run("report", "--log", str(path), status=1).stderr


def test_help_has_examples() -> None:
    assert "crypto-trader report --log" in run("report", "--help").stdout


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 9, 49, 50, 51, 130])
def test_the_ends_of_a_log_are_found_whatever_its_length(count: int) -> None:
    async def span() -> tuple[int, int] | None:
        store = InMemoryEventStore(InMemoryReadModels(SimulatedClock()))
        for number in range(1, count + 1):
            await store.append([commit("ticks", number, price(), at=1_000 + number)])
        return await log_span(store)

    assert asyncio.run(span()) == ((1_001, 1_000 + count) if count else None)


def test_the_name_of_a_day_is_a_date(told: dict) -> None:
    assert date.fromisoformat(told["day"]).isoformat() == told["day"]
