"""Every seeded misconfiguration is found, nothing else is, and each finding says what to do."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from adapters.exchange.coincheck.nonces import SqliteNonces
from application.ports.exchange import Balances
from domain.events import OrderRefused
from domain.instant import DAY
from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from entrypoints.cli.main import cli
from entrypoints.doctor import account, coins, machine
from entrypoints.doctor.examine import examine
from entrypoints.doctor.findings import Level
from entrypoints.doctor.patients import PATIENTS, patient
from entrypoints.wiring.settings import Settings

FOUND = {
    "healthy": set(),
    "over-privileged": {"rights"},
    "clock-skewed": {"clock"},
    "nonce-ahead": {"nonce"},
    "missing-coin": {"Coincheck"},
    "wide-spread": {"spread"},
    "thin-book": {"depth"},
    "costly-coin": {"fee"},
    "bad-news-token": {"news"},
    "damaged-log": {"log"},
    "wrong-minimum": {"order rules"},
}


def examined(name: str, folder: Path, **coincheck):
    with patient(name, Settings(_env_file=None), folder) as (given, clock):
        changed = given.coincheck.model_copy(update=coincheck)
        settings = given.model_copy(update={"coincheck": changed})
        return asyncio.run(examine(settings, clock=clock))


def test_every_patient_is_examined() -> None:
    assert FOUND.keys() == PATIENTS.keys()


@pytest.mark.parametrize("name", PATIENTS)
def test_what_is_wrong_is_found_and_nothing_else(name: str, tmp_path: Path) -> None:
    report = examined(name, tmp_path)
    assert {one.check for one in report.errors} == FOUND[name], report.errors
    for one in report.findings:
        assert bool(one.what_to_do) is (one.level is not Level.OK), one
        assert one.text
        assert "fake-secret" not in one.text + one.what_to_do


def test_without_a_key_paper_trading_is_all(tmp_path: Path) -> None:
    report = examined("healthy", tmp_path, key_id=None)
    levels = {one.check: one.level for one in report.findings}
    assert levels["key"] is Level.WARNING
    assert "rights" not in levels


def test_a_wrong_secret_is_an_error_and_says_what_to_check(tmp_path: Path) -> None:
    (found,) = examined("healthy", tmp_path, secret=SecretStr("of-another-key")).errors
    assert found.check == "key"
    assert "secret" in found.what_to_do
    assert "of-another-key" not in found.text


def test_a_secret_that_cannot_be_one_says_so(tmp_path: Path) -> None:
    (found,) = examined("healthy", tmp_path, secret=SecretStr("two words")).errors
    assert "copy it again" in found.text


def test_services_that_are_down_are_findings_not_a_crash(tmp_path: Path) -> None:
    settings = Settings(_env_file=None)
    with patient("healthy", settings, tmp_path) as (given, clock):
        pass  # they are down now
    hasty = given.model_copy(
        update={"binance": given.binance.model_copy(update={"hosts": given.binance.hosts[:1]})}
    )
    report = asyncio.run(examine(hasty, clock=clock))
    levels = {one.check: one.level for one in report.findings}
    assert levels["Binance"] is levels["Coincheck"] is levels["key"] is Level.ERROR
    assert levels["mood"] is levels["news"] is levels["clock"] is Level.WARNING


def test_the_newest_stated_minimum_counts() -> None:
    def refused(text: str) -> OrderRefused:
        return OrderRefused("o", "eth_usdt", "exchange", text)

    first, last = refused("最低量(0.01 ETH)を下回"), refused("最低量(0.001 ETH)を下回")
    assert [one.level for one in machine.stated_minimums([first, last], DEFAULT)] == [Level.OK]
    (found,) = machine.stated_minimums([last, first], DEFAULT)
    assert found.level is Level.ERROR
    assert "0.01" in found.what_to_do


@pytest.mark.parametrize(
    ("ahead", "level"), [(-DAY, "ok"), (0, "ok"), (60_000, "warning"), (2 * DAY, "error")]
)
def test_nonces_against_the_clock(ahead: int, level: str, tmp_path: Path) -> None:
    now = 1_735_689_600_000
    SqliteNonces(tmp_path / "nonces.sqlite").reserve("key", now + ahead)
    assert machine.nonces(tmp_path, "key", now).level == level


def test_a_folder_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert machine.disk(tmp_path / "file" / "trader").level is Level.ERROR
    assert machine.disk(tmp_path / "not" / "yet").level is not Level.ERROR


def test_many_coins_and_little_money() -> None:
    many = [*DEFAULT, *DEFAULT]
    assert coins.how_many(many).level is Level.WARNING
    poor = Balances(Jpy(Decimal(1_400)), Jpy(Decimal(0)), {}, {})
    assert account.money(poor, STANDARD).level is Level.WARNING


def test_the_command_prints_json_and_fails(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text(f'[general]\nfolder = "{tmp_path}"\n', encoding="utf-8")
    asked = ["doctor", "--config", str(config), "--fakes", "over-privileged", "--json"]
    ended = CliRunner().invoke(cli, asked, standalone_mode=False)
    assert ended.return_value == 1, ended.output
    errors = [one for one in json.loads(ended.stdout) if one["level"] == "error"]
    assert [one["check"] for one in errors] == ["rights"]


def test_the_command_names_its_patients() -> None:
    ended = CliRunner().invoke(cli, ["doctor", "--fakes", "list"])
    assert ended.stdout.split() == list(PATIENTS)
    assert CliRunner().invoke(cli, ["doctor", "--fakes", "flu"]).exit_code == 2
