"""The report of a day from the log alone, and its publication: once, whole, and told."""

import asyncio
import hashlib
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import domain.events as e
from adapters.analysis_starter.in_process import InProcessStarter
from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.order_queue.in_memory import InMemoryOrderQueue
from adapters.read_models.in_memory import InMemoryReadModels
from adapters.report_archive.in_memory import InMemoryArchive
from application.commit import Log
from application.errors import Broken, Refused, Retryable
from application.messages import DailyReport
from application.ports.tamper_evidence import Anchor
from application.reactions import Reactions
from application.reporting.daily_report import Budget, DailyFigures, daily_report
from application.reporting.night_checks import AuditLine, NightChecks, ParityLine
from application.reporting.publish_daily_report import publish_daily_report
from application.reporting.report_json import report_bytes, report_object
from domain.instant import DAY, HOUR, parse
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from domain.reporting.day_figures import DayFigures
from domain.reporting.day_fold import DayFold
from domain.reporting.report_day import ReportDay
from tests.given.desk import ScriptedExchange
from tests.given.finished_run import BTC, ETH, START, given_log, yen
from tests.given.history import commit, mixed_history
from tests.given.lines import Line, failing

FIRST, SECOND, THIRD = (ReportDay.named(f"2025-01-0{day}") for day in (1, 2, 3))
Store = InMemoryEventStore


def figures_of(commits: list[e.Commit], day: ReportDay) -> DayFigures:
    fold = DayFold(day)
    for one in commits:
        fold.add(one)
    return fold.figures()


async def reported(day: ReportDay, store: Store | None = None, **given: object) -> DailyFigures:
    return await daily_report(
        day,
        store=store or await given_log(),
        instruments=DEFAULT,
        parameters=given.pop("parameters", STANDARD),
        **given,
    )


def log_on(store: Store, writer: str = "test") -> Log:
    return Log(store, InMemoryReadModels(SimulatedClock(START)), writer)


async def published(
    at: int, log: Log, archive: InMemoryArchive, **given: object
) -> tuple[e.Commit, ...]:
    return await publish_daily_report(
        at, log=log, archive=archive, instruments=DEFAULT, parameters=STANDARD, **given
    )


@pytest.mark.asyncio(loop_scope="function")
async def test_trades_count_for_the_day_that_they_were_closed_in() -> None:
    gains = []
    for day in (FIRST, SECOND, THIRD):
        last = (await reported(day)).figures.last_24h
        gains.append((last.trades.closed, last.trades.wins, last.trades.gain))
    assert gains == [(2, 1, yen(150)), (1, 1, yen(150)), (0, 0, yen(0))]


@pytest.mark.asyncio(loop_scope="function")
async def test_windows_look_back_from_the_end_of_the_day() -> None:
    figures = (await reported(THIRD)).figures
    assert [(one.name, one.trades.closed) for one in figures.windows] == [
        ("24h", 0), ("7d", 3), ("30d", 3)
    ]  # fmt: skip
    week = figures.windows[1]
    assert (week.buys, week.sells, week.analyses) == (4, 3, 6)
    assert week.decisions == (("buy", 5), ("sell", 1))
    assert dict(week.declined) == {"buy_threshold": 6}
    assert week.refused == (("spread_pct", 1),)
    assert (week.breaker_trips, week.in_doubt) == (1, 0)
    assert week.signals.signals == 12
    parts = {one.name: one for one in week.signals.components}
    assert (parts["technical"].mean, parts["sentiment"].absent) == (0.6, 12)
    assert week.trades.reasons == (("signal", 1), ("stop_loss", 1), ("take_profit", 1))


@pytest.mark.asyncio(loop_scope="function")
async def test_positions_market_and_breaker_are_those_of_the_end() -> None:
    first, third = await reported(FIRST), await reported(THIRD)
    assert (first.positions, first.figures.breaker_open) == ((), True)
    (held,) = third.positions
    assert (held.position.pair, held.price, held.gain) == (BTC, None, None)
    assert first.figures.market is not None
    assert first.figures.market.fear_greed == 30
    assert third.figures.is_complete is False, "the log ends before that evening"
    assert (first.figures.is_complete, first.equity, first.audit) == (True, None, None)


@pytest.mark.asyncio(loop_scope="function")
async def test_the_days_before_are_there_from_the_first_on() -> None:
    days = (await reported(THIRD)).figures.days
    assert [(one.day, one.closed, one.gain) for one in days] == [
        ("2025-01-01", 2, yen(150)), ("2025-01-02", 1, yen(150)), ("2025-01-03", 0, yen(0))
    ]  # fmt: skip


@pytest.mark.asyncio(loop_scope="function")
async def test_an_empty_log_is_an_empty_day() -> None:
    report = await reported(FIRST, Store(InMemoryReadModels(SimulatedClock())))
    assert (report.figures.events, report.figures.days) == (0, ())
    json.dumps(report_object(report), allow_nan=False)


@pytest.mark.asyncio(loop_scope="function")
async def test_an_event_that_cannot_follow_is_counted_and_left_out() -> None:
    store = await given_log()
    twice = e.PositionClosed(
        "b1", ETH, "s1", e.Reason.SIGNAL, Decimal(10), yen(1), yen(10), yen(9), 1.0, Decimal(0), 1
    )
    await store.append([e.Commit("position/b1", 3, (twice,), FIRST.end - HOUR, "c", "", "test")])
    report = await reported(FIRST, store)
    assert (report.figures.contradictions, report.figures.last_24h.trades.closed) == (1, 2)


@pytest.mark.asyncio(loop_scope="function")
async def test_failed_collections_and_news_calls_are_counted() -> None:
    at = FIRST.end - HOUR
    failed = e.CollectionFailed("news_feed", "down")
    calls = [e.NewsCallsMade("2024-12", 2, 900), e.NewsCallsMade("2025-01", 2, 40)]
    commits = [
        commit("feeds/news", 1, failed, calls[0], at=at - HOUR),
        commit("feeds/news", 3, calls[1], at=at),
        commit("ticks", 1, e.CollectionFailed("market_data/eth_usdt", "down"), at=at),
        commit("order/x", 1, e.OrderInDoubt("x", ETH, "lost"), at=at),
    ]
    figures = figures_of(commits, FIRST)
    assert figures.last_24h.failures == (("market_data/eth_usdt", 1), ("news_feed", 1))
    assert (figures.last_24h.in_doubt, figures.month.news_calls) == (1, 40)
    assert figures_of(commits, FIRST.earlier(1)).month.news_calls is None


@pytest.mark.asyncio(loop_scope="function")
async def test_what_an_exchange_says_gives_positions_a_price_and_the_account_a_value() -> None:
    exchange = ScriptedExchange(SimulatedClock(START), last=Decimal(8_100_000))
    exchange.coins = {BTC: Decimal("0.001"), ETH: Decimal(0)}
    report = await reported(THIRD, exchange=exchange)
    assert report.positions[0].gain == yen(100)
    assert report.equity == Jpy(Decimal(100_000 + 8_100))
    assert report.figures.days[-1].equity == report.equity


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.parametrize("call", ["price", "balances"])
async def test_a_silent_exchange_leaves_out_what_only_it_knows(call: str) -> None:
    exchange = ScriptedExchange(SimulatedClock(START))
    exchange.coins = {BTC: Decimal("0.001")}
    silent = Line(exchange, before=failing(Retryable("maintenance"), call))
    report = await reported(THIRD, exchange=silent)
    assert report.equity is None
    assert any("maintenance" in note for note in report.notes)
    assert (report.positions[0].price is None) == (call == "price")
    assert silent.calls["price"] <= 1, "a price is asked for once"


HEAD = Anchor(77, "ab" * 32)
AUDIT = AuditLine(balanced=True, events=9, compared=3, violations=0, first_bad=None, residuals=())
PARITY = ParityLine(decisions=4, equal=4, fills=1, mean_bp=2.0, worst_bp=2.0)


def checks(failure: Exception | None = None) -> NightChecks:
    async def head() -> Anchor:
        return HEAD

    async def audit() -> AuditLine:
        if failure is not None:
            raise failure
        return AUDIT

    async def parity(start: int, end: int) -> ParityLine:
        assert (start, end) == (SECOND.start, SECOND.end)
        return PARITY

    return NightChecks(head=head, audit=audit, parity=parity)


@pytest.mark.asyncio(loop_scope="function")
async def test_the_checks_are_in_the_report() -> None:
    report = await reported(SECOND, checks=checks(), spent_usd=1.5, budget=Budget(usd=8.0))
    assert (report.head, report.audit, report.parity, report.notes) == (HEAD, AUDIT, PARITY, ())
    told = report_object(report)
    assert told["checks"]["head"] == {"commits": 77, "digest": "ab" * 32}
    assert told["checks"]["audit"]["balanced"] is True
    assert (told["month"]["spent_usd"], told["month"]["budget_usd"]) == (1.5, 8.0)


@pytest.mark.asyncio(loop_scope="function")
@pytest.mark.parametrize("failure", [Retryable("busy"), Broken("commit 7")])
async def test_a_check_that_fails_is_said_and_the_report_comes(failure: Exception) -> None:
    report = await reported(SECOND, checks=checks(failure))
    assert (report.audit, report.parity) == (None, PARITY)
    assert report.notes == (f"audit: {failure}",)


@pytest.mark.asyncio(loop_scope="function")
async def test_parameters_that_are_not_the_owners_are_named() -> None:
    report = await reported(FIRST, parameters=STANDARD.with_settings(["buy_threshold=0.3"]))
    assert report.changed == (("buy_threshold", 0.3),)


@pytest.mark.asyncio(loop_scope="function")
async def test_the_same_log_gives_the_same_bytes_and_amounts_stay_exact() -> None:
    one, two = await reported(SECOND), await reported(SECOND)
    assert report_bytes(one) == report_bytes(two)
    told = json.loads(report_bytes(one), parse_constant=pytest.fail)
    assert (told["schema_version"], told["day"], told["end"]) == (
        1, "2025-01-02", "2025-01-02T14:00:00Z"
    )  # fmt: skip
    assert told["closed"][0]["cost_jpy"] == "7500"
    assert told["closed"][0]["quantity"] == "0.001"
    assert len(told["windows"]["24h"]["signals"]["histogram"]["edges"]) == 21


# publishing

AT = SECOND.end + 2_000


@pytest.mark.asyncio(loop_scope="function")
async def test_a_day_is_published_once_and_the_log_has_the_digest_of_the_file() -> None:
    log, archive = log_on(await given_log()), InMemoryArchive()
    (made,) = await published(AT, log, archive, checks=checks())
    (event,) = made.events
    assert isinstance(event, e.DailyReportPublished)
    assert (event.day, event.wins, event.losses, event.gain) == ("2025-01-02", 1, 0, yen(150))
    assert (event.balanced, event.head, event.equal) == (True, HEAD.digest, 4)
    content = await archive.get(event.file)
    assert content is not None
    assert hashlib.sha256(content).hexdigest() == event.digest
    assert json.loads(content)["complete"] is True
    assert (made.stream, made.version, made.at, made.causation) == ("reports", 1, AT, "")
    for later in (AT, AT + HOUR, SECOND.end + DAY - 1, SECOND.start):
        assert await published(later, log, archive) == ()
    assert list(await archive.names()) == ["daily-2025-01-02.json"]


@pytest.mark.asyncio(loop_scope="function")
async def test_every_evening_has_its_own() -> None:
    log, archive = log_on(await given_log()), InMemoryArchive()
    made: list[e.Commit] = []
    for at in (FIRST.end, FIRST.end + HOUR, SECOND.end, THIRD.end):
        made += await published(at, log, archive)
    days = [(one.version, one.events[0].day) for one in made]
    assert days == [(1, "2025-01-01"), (2, "2025-01-02"), (3, "2025-01-03")]
    assert len(await archive.names()) == 3


@pytest.mark.asyncio(loop_scope="function")
async def test_a_day_without_events_is_not_reported() -> None:
    log, archive = log_on(await given_log()), InMemoryArchive()
    assert await published(FIRST.start, log, archive) == ()
    assert list(await archive.names()) == []
    assert await log.store.version("reports") == 0


@pytest.mark.asyncio(loop_scope="function")
async def test_without_an_archive_nothing_is_said_and_the_next_try_makes_up_for_it() -> None:
    log = log_on(await given_log())
    archive = Line(InMemoryArchive(), before=failing(Retryable("disk full"), "put", times=1))
    with pytest.raises(Retryable, match="disk full"):
        await published(AT, log, archive)
    assert await log.store.version("reports") == 0
    assert len(await published(AT + 1, log, archive)) == 1


@pytest.mark.asyncio(loop_scope="function")
async def test_of_two_who_publish_one_tells() -> None:
    store = await given_log()
    ours, theirs = log_on(store), log_on(store, "another")
    archive = InMemoryArchive()

    async def faster(name: str) -> None:
        if name == "put":
            assert len(await published(AT, theirs, archive)) == 1

    assert await published(AT, ours, Line(archive, before=faster)) == ()
    assert await store.version("reports") == 1


@pytest.mark.asyncio(loop_scope="function")
async def test_a_published_value_of_the_account_is_known_later() -> None:
    log = log_on(await given_log())
    exchange = ScriptedExchange(SimulatedClock(START))
    await published(AT, log, InMemoryArchive(), exchange=exchange)
    report = await reported(THIRD, log.store)
    assert [one.equity for one in report.figures.days] == [None, yen(100_000), None]
    assert (await reported(SECOND, log.store)).equity == yen(100_000)


@pytest.mark.asyncio(loop_scope="function")
async def test_a_human_is_told_in_short() -> None:
    log = log_on(await given_log())
    told: list[object] = []

    class Listener(InMemoryNotifier):
        async def tell(self, message: object) -> None:
            told.append(message)

    queue = InMemoryOrderQueue(SimulatedClock(START))
    reactions = Reactions(InProcessStarter(), queue, Listener(wants_routine=False))
    await reactions.to(await published(AT, log, InMemoryArchive(), checks=checks()))
    (message,) = told
    assert isinstance(message, DailyReport)
    assert (message.day, message.gain, message.balanced) == ("2025-01-02", yen(150), True)
    assert (message.decisions, message.equal, message.head) == (4, 4, HEAD.digest)


@pytest.mark.asyncio(loop_scope="function")
async def test_positions_that_cannot_be_read_do_not_stop_the_telling() -> None:
    class Blind:
        async def positions(self) -> tuple[object, ...]:
            raise Refused("no tables")

    log, notifier = log_on(await given_log()), InMemoryNotifier(wants_routine=False)
    queue = InMemoryOrderQueue(SimulatedClock(START))
    reactions = Reactions(InProcessStarter(), queue, notifier, Blind())
    await reactions.to(await published(AT, log, InMemoryArchive()))
    assert [one.split(":")[0] for one in notifier.said] == ["2025-01-02"]


# properties

EVENINGS = st.integers(0, 40 * DAY)
CASES = st.lists(
    st.tuples(EVENINGS, st.integers(1, 3 * DAY), st.integers(-500, 500), st.booleans()),
    max_size=25,
)


def history(cases: list[tuple[int, int, int, bool]], start: int) -> list[e.Commit]:
    """Round trips of 1 coin for 1,000 JPY, each of a pair of its own, in the order of time."""
    found: list[e.Commit] = []
    for number, (after, held, gain, is_fee) in enumerate(cases):
        pair, name, fee = f"c{number}_usdt", f"p{number}", yen(1 if is_fee else 0)
        bought, sold = start + after, start + after + held
        one, zero, cost, funds = Decimal(1), Decimal(0), yen(1_000), yen(1_000 + gain)
        buy, sell, order = e.Side.BUY, e.Side.SELL, f"s{number}"
        opened = e.PositionOpened(name, pair, name, one, cost, cost + fee, yen(1), cost, bought)
        gained = funds - fee - cost - fee
        closed = e.PositionClosed(
            name, pair, order, e.Reason.SIGNAL, one, funds, funds - fee, gained, 0.0, zero, sold
        )
        found += [
            commit(
                f"order/{name}",
                1,
                e.OrderRequested(name, pair, buy, e.Reason.SIGNAL, "a", 0.3, None, bought),
                e.OrderFilled(name, pair, buy, one, one, cost, cost, fee),
                at=bought,
            ),
            commit(f"position/{name}", 1, opened, at=bought),
            commit(
                f"order/{order}",
                1,
                e.OrderRequested(order, pair, sell, e.Reason.SIGNAL, "a", 0.1, name, sold),
                e.OrderFilled(order, pair, sell, one, one, funds, funds, fee),
                at=sold,
            ),
            commit(f"position/{name}", 2, closed, at=sold),
        ]
    return sorted(found, key=lambda commit: commit.at)


@settings(max_examples=40, deadline=None)
@given(CASES)
def test_days_add_up_to_windows_and_to_the_whole(cases: list[tuple[int, int, int, bool]]) -> None:
    start = parse("2025-03-03")
    commits = history(cases, start)
    last = ReportDay.of(start + 44 * DAY)
    days = {(day := last.earlier(back)).name: figures_of(commits, day) for back in range(46)}
    total = sum(gain - (2 if fee else 0) for _, _, gain, fee in cases)
    singles = {name: one.last_24h.trades.gain.amount for name, one in days.items()}
    assert sum(singles.values()) == total
    assert sum(one.last_24h.trades.closed for one in days.values()) == len(cases)
    whole = days[last.name]
    assert whole.windows[2].trades.gain.amount == sum(
        singles[last.earlier(back).name] for back in range(30)
    )
    assert whole.windows[1].trades.gain.amount == sum(
        singles[last.earlier(back).name] for back in range(7)
    )
    for one in whole.days:
        assert one.gain.amount == singles[one.day]
    assert [len(one.closed) for one in days.values()] == [
        one.last_24h.trades.closed for one in days.values()
    ]


@settings(max_examples=25, deadline=None)
@given(CASES, st.integers(0, 44))
def test_what_comes_later_never_changes_a_report(
    cases: list[tuple[int, int, int, bool]], after: int
) -> None:
    start = parse("2025-03-03")
    commits = history(cases, start)
    day = ReportDay.of(start + after * DAY)
    known = [one for one in commits if one.at < day.end]
    full, cut = figures_of(commits, day), figures_of(known, day)
    assert full.windows == cut.windows
    assert (full.positions, full.closed, full.month) == (cut.positions, cut.closed, cut.month)
    assert full.days == cut.days


def test_a_history_of_every_kind_of_event_can_be_reported() -> None:
    commits = [one for append in mixed_history() for one in append]
    day = ReportDay.of(commits[0].at)
    figures = figures_of(commits, day)
    assert figures.events == sum(len(one.events) for one in commits)
    assert figures.last_24h.trades.closed == 1
    assert figures.last_24h.trades.gain == yen(-25)
    assert figures.breaker_open is False


def test_published_twice_by_the_same_writer_is_one_commit() -> None:
    """The acknowledgement was lost: the same append again changes nothing."""

    async def run() -> tuple[int, int]:
        store = await given_log()
        log, archive = log_on(store), InMemoryArchive()
        made = await published(AT, log, archive)
        before = len(store.commits)
        await log.append(*made)
        return before, len(store.commits)

    before, after = asyncio.run(run())
    assert before == after
