"""The tax of a log: by both methods, the same coins and yen as the audited books."""

import asyncio
import csv
import json
import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path

import attrs
import pytest

import domain.events as e
from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.read_models.in_memory import InMemoryReadModels
from application.reporting.tax_moves import TaxMoves, tax_moves
from application.upkeep.audit_log import LogAuditor, audit_log
from domain.instant import DAY, JAPAN, to_datetime
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from domain.reporting.tax_check import tax_check
from domain.reporting.tax_year import Carried, CoinYear, Method, Move, coin_years, year_of
from domain.trading.books import Account
from entrypoints.report.tax_object import check_object, tax_object
from entrypoints.report.tax_page import write_tax_page
from entrypoints.simulation.engine import run_one
from entrypoints.simulation.kept_log import keep
from entrypoints.simulation.world import Plan
from entrypoints.wiring.log_file import checking, reading
from tests.entrypoints.test_commands import run

YEAR = "2025"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day of a synthetic market, traded all the time."""
    path = tmp_path_factory.mktemp("tax") / "e.sqlite"
    plan = Plan(
        seed=5,
        days=1.0,
        instruments=DEFAULT,
        parameters=STANDARD,
        cash=Jpy(Decimal(100_000)),
        is_busy=True,
    )
    run_one(plan, {}, finish=lambda world: keep(world, path))
    return path


def told(log: Path, *words: str) -> dict:
    return json.loads(run("tax", YEAR, "--log", str(log), "--json", *words).stdout)


@pytest.mark.parametrize("method", ["moving", "total"])
def test_it_agrees_with_the_audited_books_to_the_yen(log: Path, method: str) -> None:
    found = told(log, "--method", method)
    with checking(log) as (store, evidence):
        books = asyncio.run(audit_log(store=store, evidence=evidence)).auditor.books
    assert len(found["coins"]) > 2
    for one in found["coins"]:
        assert Decimal(one["bought"]) - Decimal(one["sold"]) == books.traded(one["pair"])
        assert Decimal(one["left"]) == books.traded(one["pair"])
        paid = Decimal(one["bought_cost_jpy"])
        over = one["cost_jpy"] + Decimal(one["left_cost_jpy"]) - paid
        assert over == 0 if Decimal(one["left"]) else 0 <= over < 1
    left = sum(Decimal(one["left_cost_jpy"]) for one in found["coins"])
    assert found["gain_jpy"] == sum(one["gain_jpy"] for one in found["coins"])
    exact = books.traded("jpy") + left
    # proceeds down, costs and fees up: at most three yen a coin
    assert 0 <= exact - found["gain_jpy"] < 3 * len(found["coins"])
    assert "no tax advice" in found["note"]


def test_another_year_is_empty_and_coins_from_before_are_carried(log: Path) -> None:
    done = run("tax", "2031", "--log", str(log), "--json")
    assert json.loads(done.stdout)["coins"] == []
    plain = {one["pair"]: one for one in told(log)["coins"]}
    carried = {one["pair"]: one for one in told(log, "--carried", "ETH=1:100000")["coins"]}
    assert Decimal(carried["eth_usdt"]["carried"]) == 1
    assert Decimal(carried["eth_usdt"]["left"]) == Decimal(plain["eth_usdt"]["left"]) + 1
    assert carried["eth_usdt"]["cost_jpy"] < plain["eth_usdt"]["cost_jpy"]


def test_the_table_is_the_same(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "tax.csv"
    found = told(log, "--csv", str(path))
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [one["pair"] for one in rows] == [one["pair"] for one in found["coins"]]
    assert sum(int(one["gain_jpy"]) for one in rows) == found["gain_jpy"]
    shown = run("tax", YEAR, "--log", str(log)).stdout
    assert f"{found['gain_jpy']:,} JPY" in shown
    assert "no tax advice" in shown


@pytest.mark.parametrize("words", ["BTC", "BTC=1", "BTC=x:1", "BTC=0:1", "BTC=NaN:1"])
def test_what_was_carried_is_understood_or_said(log: Path, words: str) -> None:
    done = run("tax", YEAR, "--log", str(log), "--carried", words, status=2)
    assert "--carried" in done.stderr
    assert "Traceback" not in done.stderr


YEAR_LATER = 365 * DAY


async def years_of(commits: list[e.Commit], method: Method) -> tuple[TaxMoves, list[CoinYear]]:
    store = InMemoryEventStore(InMemoryReadModels(SimulatedClock(0)))
    for one in commits:
        await store.append([one])
    found = await tax_moves(store)
    return found, [one for moves in found.moves.values() for one in coin_years(moves, method)]


@pytest.fixture(scope="module")
def two_years(log: Path) -> list[e.Commit]:
    """The log's commits, the later half of its fills a year later: the books do not change."""

    async def read() -> list[e.Commit]:
        return [commit async for _, commit in store.read_all()]

    with reading(log) as store:
        commits = asyncio.run(read())

    def later(event: e.Event) -> e.Event:
        if not isinstance(event, e.OrderFillReceived):
            return event
        return attrs.evolve(event, filled_at=event.filled_at + YEAR_LATER)

    half = len(commits) // 2
    return commits[:half] + [
        attrs.evolve(one, events=tuple(map(later, one.events))) for one in commits[half:]
    ]


def taken(moves: list[Move], year: CoinYear) -> Decimal:
    """What rounding took from the gain of a coin's year, from its fills."""
    sales = [one for one in moves if one.side is e.Side.SELL and year_of(one.at) == year.year]
    proceeds = sum((one.jpy for one in sales), Decimal(0))
    fees = sum((one.fee for one in sales), Decimal(0))
    down = proceeds - proceeds.quantize(Decimal(1), ROUND_FLOOR)
    up = fees.quantize(Decimal(1), ROUND_CEILING) - fees
    paid = year.carried.cost + year.bought.cost - year.left.cost
    return down + up + year.cost - paid


@pytest.mark.parametrize("method", Method)
def test_the_gains_of_all_years_are_the_cash_of_the_audit(
    two_years: list[e.Commit], method: Method
) -> None:
    auditor = LogAuditor()
    for position, commit in enumerate(two_years, 1):
        auditor.add(position, commit)
    assert (auditor.violations, auditor.residuals) == ([], {})
    books = auditor.books
    cash = books.held("jpy") + books.balance(Account.OPENING, "jpy")
    found, years = asyncio.run(years_of(two_years, method))
    assert {one.year for one in years} == {2025, 2026}
    # a coin's last year: what is left of it
    left = {one.pair: one.left.cost for one in years}
    gain = sum((one.gain for one in years), Decimal(0))
    rounded = sum((taken([*found.moves[one.pair]], one) for one in years), Decimal(0))
    assert cash == gain - sum(left.values()) + rounded
    assert 0 <= rounded < 3 * len(years)


HEADER = ["id", "time", "operation", "amount", "trading_currency", "price", "original_currency"]
HEADER += ["fee", "comment"]
Rows = list[list[str]]


@pytest.fixture(scope="module")
def rows(log: Path) -> Rows:
    """The list that the exchange would write of this log."""
    with reading(log) as store:
        moves = asyncio.run(tax_moves(store)).moves
    return [HEADER, *(listed(one) for of in moves.values() for one in of)]


def listed(fill: Move) -> list[str]:
    coin = fill.pair.partition("_")[0]
    time = to_datetime(fill.at + JAPAN).strftime("%Y-%m-%d %H:%M:%S +0900")
    sign = 1 if fill.side is e.Side.BUY else -1
    amounts = [f"{sign * fill.quantity:f}", coin.upper(), f"{-sign * fill.jpy:f}", "JPY"]
    return [fill.fill, time, fill.side.value.capitalize(), *amounts, f"{fill.fee:f}", ""]


def checked(log: Path, folder: Path, rows: Rows, *words: str, status: int) -> dict:
    path = folder / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    done = run("tax", YEAR, "--log", str(log), "--json", "--check", str(path), *words,
               status=status)  # fmt: skip
    return json.loads(done.stdout)["check"]


def test_the_exchanges_list_of_the_same_trades_has_nothing_apart(
    log: Path, tmp_path: Path, rows: Rows
) -> None:
    deposit = ["1", "2025-01-01 00:00:00", "Received", "1", "JPY", "", "", "", ""]
    found = checked(log, tmp_path, [*rows, deposit], status=0)
    fills = len(rows) - 1
    assert (found["rows"], found["fills"], found["matched"]) == (fills, fills, fills)
    assert (found["only_in_file"], found["only_in_log"], found["different"]) == ([], [], [])
    assert found["other_rows"] == {"Received": 1}


def test_each_kind_of_what_is_apart_is_listed(log: Path, tmp_path: Path, rows: Rows) -> None:
    by_hand = ["77", "2025-03-01 10:00:00", "Buy", "1", "BTC", "-9000000", "JPY", "0", ""]
    changed = [*rows[2]]
    changed[5] = "1"
    path = tmp_path / "page.html"
    words = ("--html", str(path))
    found = checked(log, tmp_path, [HEADER, changed, *rows[3:], by_hand], *words, status=1)
    assert found["matched"] == len(rows) - 3
    (extra,) = found["only_in_file"]
    assert (extra["row"], extra["id"], extra["pair"]) == (len(rows), "77", "btc_usdt")
    assert (extra["at"], extra["jpy"]) == ("2025-03-01T01:00:00Z", "9000000")
    assert [one["id"] for one in found["only_in_log"]] == [rows[1][0]]
    (other,) = found["different"]
    assert (other["row"], other["id"], other["apart"]) == (2, changed[0], ["jpy"])
    assert Decimal(other["file"]["jpy"]) == 1
    assert Decimal(other["log"]["jpy"]) == abs(Decimal(rows[2][5]))
    page = path.read_text(encoding="utf-8")
    assert f"only in the file, row {len(rows)}" in page
    assert "only on the log" in page
    assert "file, row 2: other jpy" in page
    plain = run("tax", YEAR, "--log", str(log), "--check", str(tmp_path / "list.csv"), status=1)
    assert f"{len(rows) - 3} the same" in plain.stdout
    assert "only in the file: row" in plain.stdout
    assert "other jpy: row 2" in plain.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no rows"),
        ("a,b\n1,2\n", "is missing in row 1"),
        (",".join(HEADER) + "\n1,2025-01-01 00:00:00,Buy,x,BTC,1,JPY,0,\n", "amount in row 2"),
    ],
)
def test_a_list_that_cannot_be_read_is_one_line(
    log: Path, tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    done = run("tax", YEAR, "--log", str(log), "--check", str(path), status=1)
    assert said in done.stderr
    assert (len(done.stderr.splitlines()), done.stdout) == (1, "")


@pytest.fixture(scope="module")
def page(log: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "deep" / "tax.html"
    run("tax", YEAR, "--log", str(log), "--html", str(path), "--carried", "ETH=1.5:300000")
    return path.read_text(encoding="utf-8")


def test_the_page_holds_all_of_the_year_and_loads_nothing(page: str, log: Path, rows: Rows) -> None:
    assert not re.search(r"(?:src|href|url|@import)\s*[=(]", page)
    assert "<script" not in page
    for said in ("prefers-color-scheme: dark", "@media print", "no tax advice", "rounded up",
                 "rounded down", "total-average method", "Nothing else is rounded"):  # fmt: skip
        assert said in page
    found = told(log, "--carried", "ETH=1.5:300000")
    assert f"{found['gain_jpy']:,} JPY".replace("-", "\u2212") in page
    for one in found["coins"]:
        assert f">{one['pair'].partition('_')[0].upper()}</th>" in page
        assert f"<td>{one['proceeds_jpy']:,}</td>" in page
    assert "<td>1.5</td><td>300,000</td>" in page
    assert page.count("acquired</td>") == sum(one[2] == "Buy" for one in rows)
    assert page.count("disposed of</td>") == sum(one[2] == "Sell" for one in rows)
    assert f"{rows[1][1][:19]}</th>" in page


def test_a_page_is_written_whole_or_not_at_all(log: Path, tmp_path: Path) -> None:
    done = run("tax", YEAR, "--log", str(log), "--html", str(tmp_path), status=1)
    assert "--html" in done.stderr
    assert list(tmp_path.iterdir()) == []


def shown(change: Callable[[dict, dict], None], path: Path) -> str:
    """The page of a small year with dust and coins gone, after a change to what it is told."""
    at = 1_740_000_000_000
    buy = Move(at, "btc_usdt", e.Side.BUY, Decimal("0.0005"), Decimal(5000), Decimal("0.5"))
    found = TaxMoves({"btc_usdt": [buy]}, {"eth_usdt": Decimal("0.5")})
    years = coin_years([buy], Method.TOTAL, Carried())
    object_ = tax_object(2025, "total", years, found)
    check = check_object(tax_check([], [buy], 2025), {"Sent": 2})
    change(object_, check)
    write_tax_page(object_, [buy], check, path)
    return path.read_text(encoding="utf-8")


def test_the_page_notes_dust_and_what_went_by_other_hands(tmp_path: Path) -> None:
    page = shown(lambda told, check: None, tmp_path / "tax.html")
    assert "0.0005 BTC are left as dust: the exchange sells no less than 0.001" in page
    assert "0.5 ETH went by other hands" in page
    assert "<td>5,000.50</td>" in page
    assert "Rows that are no trades: Sent 2." in page


HOSTILE = '"><script>alert(1)</script>&'


def test_hostile_text_is_only_text(tmp_path: Path) -> None:
    def change(told: dict, check: dict) -> None:
        told["note"] = HOSTILE
        check["other_rows"] = {HOSTILE: 1}
        check["only_in_log"][0].update(id=HOSTILE, pair=HOSTILE)

    page = shown(change, tmp_path / "tax.html")
    assert "<script" not in page.lower()
    assert page.count("&lt;script&gt;") >= 3


def test_hostile_text_in_a_list_is_escaped(log: Path, tmp_path: Path) -> None:
    trade = [HOSTILE, "2025-03-01 10:00:00", "Buy", "1", "BTC", "1", "JPY", "0", HOSTILE]
    other = ["1", "x", HOSTILE, "", "", "", "", "", "$style ${year}"]
    path = tmp_path / "page.html"
    found = checked(log, tmp_path, [HEADER, trade, other], "--html", str(path), status=1)
    assert found["only_in_file"][0]["id"] == HOSTILE
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)") == 2
