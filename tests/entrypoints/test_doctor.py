"""doctor: each seeded misconfiguration is found, alone and with what to do; nothing crashes it."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest
from pydantic import SecretStr

from adapters.clock.simulated import SimulatedClock
from adapters.exchange.coincheck.account_checks import MOVING, NEEDED, Answer, Told
from adapters.exchange.coincheck.market_checks import Book
from adapters.exchange.coincheck.nonces import LARGEST, SqliteNonces
from adapters.loopback.server import serving
from application.ports.tamper_evidence import Anchor, ChainReport
from domain.events import OrderRefused
from domain.instant import DAY, parse
from domain.instruments import DEFAULT, Instruments
from entrypoints.doctor.examine import _made, examine
from entrypoints.doctor.fakes import KEY, SECRET, SEEDS, TOKEN, binance_app, misconfigured
from entrypoints.doctor.findings import Finding, Level, Report
from entrypoints.doctor.judge_coins import CoinFacts, impact_pct, judge_coin, judge_number
from entrypoints.doctor.judge_key import judge_key, judge_pages, judge_unknown_order
from entrypoints.doctor.judge_machine import (
    Skew,
    judge_clock,
    judge_disk,
    judge_log,
    judge_mark,
    judge_version,
)
from entrypoints.doctor.look_at_machine import compare_rules, look_at_disk
from tests.entrypoints.test_commands import run

NOW = parse("2026-03-01T12:00:00")
AVAX = "coin AVAX"
EXPECTED = {
    "healthy": [],
    "over-privileged": [("withdrawal right", "delete this key")],
    "under-privileged": [("API key", "transactions")],
    "clock-skewed": [("clock", "NTP")],
    "nonce-ahead": [("nonce", "make a new API key")],
    "wide-spread": [(AVAX, "take AVAX out of")],
    "thin-book": [(AVAX, "max_position_jpy")],
    "fee-charged": [(AVAX, "take AVAX out of")],
    "missing-coin": [(AVAX, "take AVAX out of")],
    "wrong-rules": [("order rules", "min_amount of [pairs.avax_usdt]")],
    "bad-news-token": [("news", "[news]")],
    "damaged-log": [("log", "audit")],
}
"""Errors by seed: the check, and words of what to do."""


def examined(
    name: str,
    folder: Path,
    *,
    clock: SimulatedClock | None = None,
    changed: dict[str, dict[str, Any]] | None = None,
    **given: Any,
) -> Report:
    """What doctor says of a seed's world; `changed` settings by section."""
    clock = clock or SimulatedClock(NOW)
    with misconfigured(name, folder, clock) as settings:
        sections = {
            section: getattr(settings, section).model_copy(update=update)
            for section, update in (changed or {}).items()
        }
        return asyncio.run(examine(settings.model_copy(update=sections), clock=clock, **given))


def of(report: Report | Sequence[Finding], check: str) -> list[Finding]:
    findings = report.findings if isinstance(report, Report) else report
    return [one for one in findings if one.check == check]


# --- seeds


def test_every_seed_is_expected() -> None:
    assert {*SEEDS} == {*EXPECTED}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_seed_is_found_alone_and_with_what_to_do(name: str, tmp_path: Path) -> None:
    report = examined(name, tmp_path)
    assert [one.check for one in report.errors] == [check for check, _ in EXPECTED[name]]
    for one, (_, words) in zip(report.errors, EXPECTED[name], strict=True):
        assert words in one.what_to_do
    text = repr(report)
    assert not [one for one in (KEY, SECRET, TOKEN) if one in text]
    assert all(len(f"{one.text}{one.what_to_do}".splitlines()) == 1 for one in report.findings)


def test_a_healthy_world_has_no_warning_either(tmp_path: Path) -> None:
    report = examined("healthy", tmp_path)
    assert report.warnings == ()
    assert {one.check for one in report.findings} >= {
        *("version", "disk", "log", "order rules", "clock", "nonce", "API key"),
        *(
            "exchange's habits",
            "withdrawal right",
            "fees",
            "Binance",
            "Coincheck",
            "market mood",
            "news",
        ),
        *(f"coin {one.news}" for one in DEFAULT),
    }


def test_while_the_clock_is_wrong_the_key_is_left_alone(tmp_path: Path) -> None:
    report = examined("clock-skewed", tmp_path)
    (said,) = of(report, "API key")
    assert (said.level, "not used" in said.text) == (Level.WARNING, True)
    assert not (tmp_path / "nonces.sqlite").exists()


def test_examining_twice_finds_the_same(tmp_path: Path) -> None:
    clock = SimulatedClock(NOW)
    with misconfigured("healthy", tmp_path, clock) as settings:
        first, second = (asyncio.run(examine(settings, clock=clock)) for _ in range(2))
    assert [(one.check, one.level) for one in first.findings] == [
        (one.check, one.level) for one in second.findings
    ]
    assert "head-room" in of(second, "nonce")[0].text


# --- settings


def test_without_a_key_it_warns_and_live_would_not_start(tmp_path: Path) -> None:
    without = {"coincheck": {"key_id": None, "secret": None}}
    report = examined("healthy", tmp_path / "a", changed=without)
    assert report.errors == ()
    assert "no key configured" in of(report, "API key")[0].text
    needing = examined("healthy", tmp_path / "b", changed=without, needs_key=True)
    assert [one.check for one in needing.errors] == ["API key"]


@pytest.mark.parametrize(
    ("update", "words"),
    [
        ({"secret": None}, "secret is missing"),
        ({"key_id": None}, "key_id is missing"),
        ({"secret": SecretStr("line\nbreak")}, "line breaks"),
        ({"secret": SecretStr("another")}, "refuses this key"),
    ],
)
def test_a_key_that_cannot_be_right_is_an_error(tmp_path: Path, update, words) -> None:
    report = examined("healthy", tmp_path, changed={"coincheck": update})
    (said,) = report.errors
    assert (said.check, words in said.text) == ("API key", True)


def test_without_a_news_token_it_warns(tmp_path: Path) -> None:
    report = examined("healthy", tmp_path, changed={"news": {"token": None}})
    assert (report.errors, len(report.warnings)) == ((), 1)


def test_a_nonce_file_of_another_unit_or_kind_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "nonces.sqlite"
    SqliteNonces(path).reserve(KEY, NOW)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE nonces SET unit = 'ms'")
    report = examined("healthy", tmp_path)
    assert [(one.check, "'ms'" in one.text) for one in report.errors] == [("nonce", True)]


def test_a_mark_of_tomorrow_is_an_error(tmp_path: Path) -> None:
    SqliteNonces(tmp_path / "nonces.sqlite").reserve(KEY, NOW + DAY)
    report = examined("healthy", tmp_path)
    assert [(one.check, "1.0 days ahead" in one.text) for one in report.errors] == [("nonce", True)]


@pytest.mark.parametrize(
    "content", [b"not a database at all, and long enough to tell", b"", b"SQLite format 3\0"]
)
def test_a_log_that_is_none_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "paper.sqlite").write_bytes(content)
    report = examined("healthy", tmp_path)
    assert [(one.check, "paper.sqlite" in one.text) for one in report.errors] == [("log", True)]


# --- services that are not there


def test_with_nobody_there_it_still_says_everything(tmp_path: Path) -> None:
    with serving(binance_app(lambda: NOW)) as url:
        pass
    gone = {
        "coincheck": {"base_url": url},
        "binance": {"hosts": (url,), "futures": url},
        "news": {"base_url": url},
        "mood": {"fear_greed_url": url, "coingecko_url": url},
    }
    report = examined("healthy", tmp_path, changed=gone)
    assert {one.check for one in report.errors} == {"clock", "Binance", "Coincheck"}
    assert {one.check for one in report.warnings} == {"API key", "market mood", "news"}
    assert all(one.what_to_do for one in (*report.errors, *report.warnings))


def test_coincheck_alone_tells_the_time_when_binance_is_away(tmp_path: Path) -> None:
    with serving(binance_app(lambda: NOW)) as url:
        pass
    report = examined("healthy", tmp_path, changed={"binance": {"hosts": (url,)}})
    assert [one.check for one in report.errors] == ["Binance"]
    assert of(report, "withdrawal right")[0].level is Level.OK


def test_what_breaks_a_check_is_a_finding_that_gives_nothing_away() -> None:
    async def broken() -> list[Finding]:
        raise KeyError(SECRET)

    failed: list[Finding] = []
    assert asyncio.run(_made("disk", broken(), [], failed)) == []
    (said,) = failed
    assert (said.check, said.level) == ("disk", Level.ERROR)
    assert "KeyError" in said.text
    assert SECRET not in said.text


# --- judgements


@pytest.mark.parametrize(
    ("skews", "level"),
    [
        ([], Level.ERROR),
        ([Skew("a", 0.4, 0.1)], Level.OK),
        ([Skew("a", -0.9, 0.0)], Level.OK),
        ([Skew("a", 3.0, 0.1)], Level.WARNING),
        ([Skew("a", -3.0, 2.5)], Level.OK),
        ([Skew("a", -9.0, 0.1)], Level.ERROR),
        ([Skew("a", 9.0, 0.1), Skew("b", 12.0, 15.0)], Level.ERROR),
        ([Skew("b", 30.0, 15.0), Skew("a", 0.1, 0.1)], Level.OK),
        ([Skew("a", 90.0, 0.1), Skew("b", 2.0, 15.0)], Level.WARNING),
        ([Skew("a", 90.0, 0.1), Skew("b", 95.0, 15.0)], Level.ERROR),
    ],
)
def test_the_clock_is_judged_by_its_best_witness(skews, level) -> None:
    assert judge_clock(skews).level is level


@pytest.mark.parametrize(
    ("mark", "level"),
    [
        (0, Level.OK),
        (NOW, Level.OK),  # milliseconds leave head-room enough
        (NOW * 1000, Level.OK),
        ((NOW + 9_000) * 1000, Level.OK),
        ((NOW + 11_000) * 1000, Level.ERROR),
        (NOW * 1_000_000, Level.ERROR),
        (LARGEST, Level.ERROR),
    ],
)
def test_a_mark_must_not_lie_in_the_future(mark, level) -> None:
    said = judge_mark(mark, NOW)
    assert said.level is level
    assert ("unit" in said.text) == (mark >= NOW * 1_000_000)


@pytest.mark.parametrize(
    ("free", "problem", "level"),
    [
        (10**10, None, Level.OK),
        (5 * 10**8, None, Level.WARNING),
        (10**7, None, Level.ERROR),
        (10**10, "Permission denied", Level.ERROR),
    ],
)
def test_the_disk_must_have_room_and_be_writable(free, problem, level) -> None:
    assert judge_disk(Path("trader"), free, problem).level is level


def test_a_folder_that_cannot_be_made_is_found_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (said,) = look_at_disk(tmp_path / "file" / "trader")
    assert (said.level, "cannot be written" in said.text) == (Level.ERROR, True)
    (said,) = look_at_disk(tmp_path / "new" / "trader")
    assert "free" in said.text
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_versions() -> None:
    assert judge_version((3, 11, 7), "1.0", "3.40").level is Level.OK
    assert judge_version((3, 10, 9), "1.0", "3.40").level is Level.ERROR
    assert judge_version((3, 13, 0), None, "3.40").level is Level.WARNING


def test_a_log_without_a_chain_is_a_warning() -> None:
    report = ChainReport(Anchor(3, ""), 5, is_chained=False, violations=())
    assert judge_log(Path("x"), report).level is Level.WARNING


def test_what_an_order_pays_over_the_best_price() -> None:
    levels = ((Decimal(100), Decimal(1)), (Decimal(110), Decimal(10)))
    assert impact_pct(levels, Decimal(50)) == 0
    # 100 yen at 100 and 110 yen at 110: two coins for 210
    assert impact_pct(levels, Decimal(210)) == 5
    assert impact_pct(levels, Decimal(10_000)) is None


@pytest.mark.parametrize(
    ("changed", "level", "words"),
    [
        ({"binance": ""}, Level.ERROR, "no AVAXUSDT"),
        ({"binance": "BREAK"}, Level.WARNING, "BREAK"),
        ({"is_listed": False}, Level.ERROR, "does not list"),
        ({"fee": Decimal("0.001")}, Level.ERROR, "0.100 %"),
        ({"ticker_age_s": 700.0}, Level.WARNING, "700 s old"),
        ({"ask": "100.5"}, Level.WARNING, "spread 0.50 %"),
        ({"ask": "103"}, Level.ERROR, "spread 2.96 %"),
        ({"coins": "1"}, Level.ERROR, "thinner"),
    ],
)
def test_a_coin_is_judged_by_each_criterion(changed, level, words) -> None:
    changed = dict(changed)
    ask = (Decimal(changed.pop("ask", "100.1")), Decimal(changed.pop("coins", "1000")))
    book = Book(bids=((Decimal(100), Decimal(1000)),), asks=(ask,))
    good = CoinFacts(
        instrument=DEFAULT.of("AVAX"),
        binance="TRADING",
        is_listed=True,
        book=book,
        ticker_age_s=1.0,
        fee=Decimal(0),
    )
    (said,) = judge_coin(attrs.evolve(good, **changed), Decimal(15_000))
    assert (said.level, words in said.text, bool(said.what_to_do)) == (level, True, True)


def test_several_faults_of_a_coin_are_several_findings() -> None:
    facts = CoinFacts(instrument=DEFAULT.of("AVAX"), binance="", fee=Decimal("0.002"))
    assert len(judge_coin(facts, Decimal(15_000))) == 2


def test_from_ten_coins_on_the_figures_are_told() -> None:
    assert judge_number(9, 0.2).level is Level.OK
    said = judge_number(10, 0.2)
    assert said.level is Level.WARNING
    for figure in ("2.0 a coin", "2.0 s one after", "2,880 forecasts", "10 series of 3,360"):
        assert figure in said.text
    assert "5,760 forecasts" in judge_number(20, 0.2).text


@pytest.mark.parametrize(
    ("stated", "level"),
    [
        ((), Level.OK),
        (("0.01",), Level.OK),
        (("0.1",), Level.ERROR),
        (("0.1", "0.01"), Level.OK),
        (("0.001",), Level.WARNING),
    ],
)
def test_the_newest_refusal_of_a_coin_states_its_minimum(stated, level) -> None:
    text = "order: under the exchange's minimum: Amount 量が最低量({} AVAX)を下回っています"
    refusals = [OrderRefused("o", "avax_usdt", "exchange", text.format(one)) for one in stated]
    # neither a guard of ours nor a coin that is no longer traded states anything
    refusals.append(OrderRefused("o", "avax_usdt", "minimum", text.format("7")))
    refusals.append(OrderRefused("o", "mona_usdt", "exchange", text.format("7")))
    (said,) = compare_rules(refusals, Instruments(DEFAULT.all))
    assert said.level is level


def told(**changed: Told) -> dict[str, Answer]:
    healthy = dict.fromkeys(NEEDED, Told.ANSWERED) | dict.fromkeys(MOVING, Told.FORBIDDEN)
    return {name: Answer(name, one, "said") for name, one in (healthy | changed).items()}


@pytest.mark.parametrize(
    ("name", "answer", "expected"),
    [
        ("withdrawals", Told.ANSWERED, {"withdrawal right": Level.ERROR}),
        ("bank accounts", Told.ANSWERED, {"withdrawal right": Level.ERROR}),
        ("sent coins", Told.ANSWERED, {"withdrawal right": Level.ERROR}),
        ("sent coins", Told.UNCLEAR, {"withdrawal right": Level.WARNING}),
        ("sent coins", Told.UNREACHED, {"withdrawal right": Level.ERROR}),
        ("balance", Told.FORBIDDEN, {"API key": Level.ERROR}),
        ("balance", Told.UNREACHED, {"API key": Level.ERROR}),
    ],
)
def test_one_answer_decides_about_the_key(name, answer, expected) -> None:
    found = judge_key(told(**{name: answer}))
    assert {one.check: one.level for one in found if one.level is not Level.OK} == expected


@pytest.mark.parametrize(
    ("first", "second", "level"),
    [
        ([], [], Level.OK),
        ([9], [], Level.OK),
        ([9], [8], Level.OK),
        ([9, 8], [7, 6], Level.OK),
        ([9], [10], Level.ERROR),
        ([9], [9], Level.ERROR),
        ([9, 7], [8], Level.ERROR),
    ],
)
def test_pages_of_fills_must_go_back(first, second, level) -> None:
    assert judge_pages(first, second).level is level


def test_an_order_of_somebody_else_must_be_missing() -> None:
    assert judge_unknown_order(is_told=False).level is Level.OK
    assert judge_unknown_order(is_told=True).level is Level.WARNING


# --- the command


def test_the_command_prints_json_and_fails_with_an_error() -> None:
    done = run("doctor", "--fakes", "over-privileged", "--json", status=1)
    findings = json.loads(done.stdout)
    assert {*findings[0]} == {"check", "level", "text", "what_to_do"}
    (said,) = [one for one in findings if one["level"] == "error"]
    assert said["check"] == "withdrawal right"
    assert "delete this key" in said["what_to_do"]


def test_the_command_says_in_a_table_that_all_is_well() -> None:
    done = run("doctor", "--fakes", "healthy")
    assert "fit for trading: 0 errors, 0 warnings" in done.stdout
    assert "withdrawal right" in done.stdout


def test_the_command_lists_its_seeds_and_knows_no_others() -> None:
    assert len(run("doctor", "--fakes", "list").stdout.splitlines()) == len(SEEDS)
    assert "choose from healthy" in run("doctor", "--fakes", "other", status=2).stderr
    assert "--fakes over-privileged" in run("doctor", "--help").stdout
