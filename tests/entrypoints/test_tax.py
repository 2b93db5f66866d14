"""The tax of a log: by both methods, the same coins and yen as the audited books."""

import asyncio
import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from application.upkeep.audit_log import audit_log
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from entrypoints.simulation.engine import run_one
from entrypoints.simulation.kept_log import keep
from entrypoints.simulation.world import Plan
from entrypoints.wiring.log_file import checking
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
