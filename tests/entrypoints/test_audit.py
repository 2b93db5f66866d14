"""Audit of a small run's log: in order as it is, and never in order once something was changed."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

import domain.events as e
from application.upkeep.audit_log import LogAuditor
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from entrypoints.cli import audit as audit_command
from entrypoints.simulation.engine import run_one
from entrypoints.simulation.kept_log import keep
from entrypoints.simulation.world import Plan
from entrypoints.wiring.log_file import checking
from tests.entrypoints.test_commands import run
from tests.given import history

Changed = Callable[[e.Event], e.Event | None]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a day of a synthetic market with a few round trips."""
    path = tmp_path_factory.mktemp("audit") / "e.sqlite"
    plan = Plan(
        seed=5,
        days=0.6,
        instruments=DEFAULT,
        parameters=STANDARD,
        cash=Jpy(Decimal(100_000)),
        is_busy=True,
    )
    run_one(plan, {}, finish=lambda world: keep(world, path))
    return path


@pytest.fixture(scope="module")
def commits(log: Path) -> list[e.Commit]:
    async def read() -> list[e.Commit]:
        return [commit async for _, commit in store.read_all()]

    with checking(log) as (store, _):
        return asyncio.run(read())


@pytest.fixture
def copy(log: Path, tmp_path: Path) -> Path:
    path = tmp_path / "copy.sqlite"
    path.write_bytes(log.read_bytes())
    return path


def execute(path: Path, sql: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute(sql, values).rowcount > 0
    connection.commit()
    connection.close()


def audited(path: Path, *words: str, status: int) -> dict:
    return json.loads(run("audit", str(path), "--json", *words, status=status).stdout)


def test_the_log_of_a_run_is_in_order(log: Path, commits: list[e.Commit]) -> None:
    told = audited(log, status=0)
    assert told["balanced"] is True
    assert told["events"] == sum(len(commit.events) for commit in commits)
    assert (told["residuals"], told["first_bad"]) == ({}, None)
    assert told["chain"] == "whole"
    assert told["compared"] > 5
    words = run("audit", str(log)).stdout
    for said in ("jpy", "hash chain whole", told["anchor"], "nothing wrong"):
        assert said in words


def test_an_edited_copy_names_the_event(copy: Path) -> None:
    execute(copy, "UPDATE commits SET at = at + 1 WHERE position = 40")
    connection = sqlite3.connect(copy)
    query = "SELECT stream || '@' || version FROM commits WHERE position = 40"
    (edited,) = connection.execute(query).fetchone()
    connection.close()
    told = audited(copy, status=1)
    assert (told["balanced"], told["first_bad"], told["chain"]) == (False, edited, "broken")
    assert edited in run("audit", str(copy), status=1).stdout


def test_a_text_that_cannot_even_be_read_is_named_all_the_same(copy: Path) -> None:
    execute(copy, "UPDATE commits SET writer = CAST(x'ff' AS TEXT) WHERE position = 3")
    assert audited(copy, status=1)["violations"][0]["position"] == 3


def test_an_anchor_kept_elsewhere_is_found_again(log: Path) -> None:
    digest = run("anchor", str(log)).stdout.strip()
    assert json.loads(run("anchor", str(log), "--json").stdout)["digest"] == digest
    assert audited(log, "--anchor", digest.upper(), status=0)["anchor"] == digest
    told = audited(log, "--anchor", "0" * 64, status=1)
    assert told["violations"][0]["rule"] == "anchor"
    assert "64 hex digits" in run("audit", str(log), "--anchor", "abc", status=2).stderr


@pytest.mark.parametrize("name", ["audit", "anchor"])
def test_a_file_that_is_no_log_is_one_line(name: str, tmp_path: Path) -> None:
    text = tmp_path / "text.sqlite"
    text.write_text("not a database, " * 100, encoding="utf-8")
    for path in (text, tmp_path / "missing.sqlite"):
        done = run(name, str(path), status=1)
        assert path.name in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        assert not done.stdout
    assert "Example" in run(name, "--help").stdout


def fed(commits: list[e.Commit]) -> LogAuditor:
    auditor = LogAuditor()
    for position, commit in enumerate(commits, start=1):
        auditor.add(position, commit)
    return auditor


def changed(commits: list[e.Commit], kind: type, change: Changed) -> tuple[list[e.Commit], str]:
    """The history with the first event of a kind changed or left out; the id of that event."""
    for number, commit in enumerate(commits):
        for offset, event in enumerate(commit.events):
            if type(event) is kind:
                new = change(event)
                events = [*commit.events[:offset], *([new] if new else [])]
                other = attrs.evolve(commit, events=(*events, *commit.events[offset + 1 :]))
                name = f"{commit.stream}@{commit.version + offset}"
                return [*commits[:number], other, *commits[number + 1 :]], name
    raise AssertionError(f"no {kind.__name__} in this run")


def more(value: object) -> object:
    """A little more of an amount."""
    least = Decimal("0.000000000001")
    if isinstance(value, Jpy):
        return Jpy(value.amount + least)
    assert isinstance(value, Decimal)
    return value + least


def with_more(field: str) -> Changed:
    return lambda event: attrs.evolve(event, **{field: more(getattr(event, field))})


AMOUNTS = {
    e.OrderFillReceived: ("quantity", "funds", "fee"),
    e.OrderFilled: ("quantity", "funds", "fee"),
    e.PositionOpened: ("quantity", "cost"),
    e.PositionClosed: ("quantity", "proceeds", "gain", "dust"),
}


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, fields in AMOUNTS.items() for field in fields]
)
def test_the_last_decimal_of_any_amount_counts(
    commits: list[e.Commit], kind: type, field: str
) -> None:
    history, _ = changed(commits, kind, with_more(field))
    assert fed(history).violations


@pytest.mark.parametrize("field", ["jpy_free", "jpy_reserved", "coins_free", "coins_reserved"])
def test_a_statement_that_differs_is_the_first_bad_event_and_its_difference_the_residual(
    commits: list[e.Commit], field: str
) -> None:
    first, opened = changed(commits, e.OrderSubmitting, lambda event: event)
    at = next(n for n, commit in enumerate(first) if opened.startswith(commit.stream + "@"))
    sells = [
        n
        for n, commit in enumerate(commits)
        if n > at and any(type(o) is e.OrderSubmitting and o.quantity for o in commit.events)
    ]
    later, name = changed(commits[sells[0] :], e.OrderSubmitting, with_more(field))
    auditor = fed([*commits[: sells[0]], later[0]])
    assert [one.event for one in auditor.violations] == [name]
    assert list(auditor.residuals.values()) == [Decimal("0.000000000001")]


def test_a_fill_that_never_happened_shows_at_the_next_statement(commits: list[e.Commit]) -> None:
    history, _ = changed(commits, e.OrderFillReceived, lambda _: None)
    auditor = fed(history)
    assert {"version", "order", "balance"} <= {one.rule for one in auditor.violations}
    assert auditor.residuals


def test_a_second_fill_of_the_same_id_and_a_state_that_cannot_follow_are_found(
    commits: list[e.Commit],
) -> None:
    doubled = [
        attrs.evolve(c, events=(*c.events[:1], *c.events))
        if any(type(o) is e.OrderFillReceived for o in c.events)
        else c
        for c in commits
    ]
    assert "order" in {one.rule for one in fed(doubled).violations}


def test_a_stop_that_goes_down_is_found(commits: list[e.Commit]) -> None:
    opened = next(c for c in commits if type(c.events[0]) is e.PositionOpened)
    event = opened.events[0]
    lower = e.TrailingStopRaised(event.position, event.pair, Jpy(Decimal(1)), 0.0)
    at = commits.index(opened)
    down = attrs.evolve(opened, version=2, events=(lower,), causation=f"{opened.stream}@1")
    (found,) = fed([*commits[: at + 1], down]).violations
    assert (found.rule, found.event) == ("position", f"{opened.stream}@2")


@pytest.mark.parametrize("cause", ["", "nothing@1", "ticks@999999", "ticks", "ticks@0"])
def test_a_cause_must_stand_on_the_log(commits: list[e.Commit], cause: str) -> None:
    at = next(n for n, one in enumerate(commits) if one.stream.startswith("order/"))
    orphan = attrs.evolve(commits[at], causation=cause)
    found = fed([*commits[:at], orphan]).violations
    assert {one.rule for one in found} == {"cause"}
    assert {one.event for one in found} == {f"{orphan.stream}@1"}


def test_what_a_log_line_told_has_no_cause_on_the_log(commits: list[e.Commit]) -> None:
    told = e.ErrorDetected("technical", "it failed", 1)
    assert fed([*commits, history.commit("errors/technical", 1, told)]).violations == []
    (found,) = fed([*commits, history.commit("order/technical", 1, told)]).violations
    assert found.rule == "cause"


def test_an_order_out_of_nothing_but_prices_is_found(commits: list[e.Commit]) -> None:
    at = next(n for n, one in enumerate(commits) if one.stream.startswith("order/"))
    (found,) = fed([*commits[:at], attrs.evolve(commits[at], causation="ticks@1")]).violations
    assert "not a decision" in found.detail


def test_a_dropped_commit_is_a_gap_in_its_stream(commits: list[e.Commit]) -> None:
    gap = [n for n, one in enumerate(commits) if one.stream == "ticks"][1]
    after = next(one for one in commits[gap + 1 :] if one.stream == "ticks")
    found = fed([*commits[:gap], *commits[gap + 1 :]]).violations
    names = {one.event for one in found if one.rule == "version"}
    assert names == {f"ticks@{after.version}"}


def test_a_statement_is_not_compared_while_another_order_may_be_filling(
    commits: list[e.Commit],
) -> None:
    """What the exchange did in between is on the log only when that order is booked."""
    placed = next(n for n, c in enumerate(commits) if type(c.events[0]) is e.OrderPlaced)
    sending = next(c for c in commits if type(c.events[0]) is e.OrderSubmitting)
    other = attrs.evolve(sending.events[0], order="x", jpy_free=Jpy(Decimal(7)))
    request = e.OrderRequested(
        "x", other.pair, e.Side.BUY, e.Reason.SIGNAL, "a", 0.5, None, sending.at
    )
    cause = commits[placed].stream + "@1"
    both = attrs.evolve(
        sending, stream="order/x", version=1, events=(request, other), causation=cause
    )
    auditor = fed([*commits[: placed + 1], both])
    assert auditor.skipped == 2
    assert "balance" not in {one.rule for one in auditor.violations}
    assert "x" in auditor.under_way


def test_what_an_abandoned_order_had_traded_is_in_no_position(commits: list[e.Commit]) -> None:
    """A human gave it up after a fill; the pair's next position is in order all the same."""
    at = next(n for n, c in enumerate(commits) if type(c.events[0]) is e.OrderPlaced)
    stream, version = commits[at].stream, commits[at].version
    name, pair = commits[at].events[0].order, commits[at].events[0].pair
    coins, yen = Decimal("0.25"), Jpy(Decimal(500))
    fill = e.OrderFillReceived(name, "f", coins, Jpy(Decimal(2_000)), yen, Jpy(Decimal(0)), 0)
    given_up = attrs.evolve(
        commits[at],
        version=version + 1,
        causation=f"{stream}@{version}",
        events=(fill, e.OrderQuarantined(name, pair, "f2", ""), e.OrderAbandoned(name, pair, "")),
    )
    request = e.OrderRequested("x", pair, e.Side.BUY, e.Reason.SIGNAL, "a", 0.5, None, 0)
    sending = next(c for c in commits if type(c.events[0]) is e.OrderSubmitting).events[0]
    auditor = fed([*commits[: at + 1], given_up])
    sent = attrs.evolve(
        sending,
        order="x",
        jpy_free=Jpy(auditor.books.held("jpy")),
        coins_free=auditor.books.held(pair),
    )
    again = [
        request,
        sent,
        e.OrderPlaced("x", pair, "9"),
        attrs.evolve(fill, order="x"),
        e.OrderFilled("x", pair, e.Side.BUY, yen.amount, coins, fill.price, yen, fill.fee),
    ]
    cause = next(c for c in commits if c.stream == stream).causation
    order = e.Commit("order/x", 1, tuple(again), 0, "a", cause, "test")
    opened = e.PositionOpened("x", pair, "x", coins, fill.price, yen, yen, yen, 0)
    position = e.Commit("position/x", 1, (opened,), 0, "a", "order/x@5", "test")
    auditor = fed([*commits[: at + 1], given_up, order, position])
    assert auditor.violations == []
    assert auditor.books.traded(pair) == 2 * coins
    assert auditor.compared > 1


def test_a_judge_compares_with_the_true_balances(commits: list[e.Commit]) -> None:
    auditor = LogAuditor(statements=False)
    for position, commit in enumerate(commits, start=1):
        assert auditor.add(position, commit) == ()
    assert (auditor.compared, auditor.events) == (0, sum(len(one.events) for one in commits))
    held = auditor.books.held("jpy")
    assert auditor.residual("jpy", held + 1) == 1


def test_the_command_says_at_most_a_screen_of_it(copy: Path) -> None:
    execute(copy, "UPDATE commits SET at = at + 1")
    told = audited(copy, status=1)
    assert len(told["violations"]) == audit_command.MOST
    assert told["events"] == 0
    assert "more" in run("audit", str(copy), status=1).stdout
