"""The command: files that a backtest reads, figures for a program, one line for what is wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters.loopback.faults import ScriptedFaults
from adapters.loopback.server import serving
from adapters.market_data import archive_fake, binance_fake
from adapters.market_data.candle_files import load_candles
from adapters.market_data.synthetic import synthetic_market
from domain.instant import CANDLE, parse
from domain.instruments import DEFAULT
from entrypoints.cli.main import cli

COINS = DEFAULT.only(("BTC", "ETH"))
START, END, NOW = parse("2024-12-01"), parse("2025-02-01"), parse("2025-03-01")


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[list[str], ScriptedFaults]]:
    series = synthetic_market(5, 62, COINS, START)
    by_symbol = {one.binance: series[one.pair] for one in COINS}
    archive = archive_fake.make_app(archive_fake.ArchiveData(by_symbol, lambda: NOW))
    rest = binance_fake.make_app(binance_fake.BinanceData(series=by_symbol, now=lambda: NOW))
    with serving(archive) as archive_url, serving(rest) as rest_url:
        urls = ["--archive-url", archive_url, "--rest-url", rest_url]
        yield urls, archive.state.faults


def run(*words: object):
    return CliRunner().invoke(cli, ["download", *map(str, words)], standalone_mode=False)


def test_two_coins_and_two_months(served, tmp_path: Path) -> None:
    urls, _ = served
    asked = ("--coins", "eth,BTC", "--from", "2024-12", "--to", "2025-01", "--out", tmp_path / "c")
    ended = run(*asked, *urls, "--json")
    assert ended.return_value == 0, ended.output
    told = json.loads(ended.stdout)
    assert told["failed"] == []
    for have in told["coins"].values():
        assert have["months"] == 2
        assert have["candles"] + have["missing"] == (END - START) // CANDLE
    assert "crypto-trader backtest --candles" in ended.stderr
    loaded = load_candles([tmp_path / "c"], COINS).series
    assert {pair: len(one) for pair, one in loaded.items()} == {
        f"{coin.lower()}_usdt": have["candles"] for coin, have in told["coins"].items()
    }
    again = run(*asked, *urls)
    assert again.return_value == 0
    assert "BTC: 2 months" in again.stdout


def test_what_failed_is_said_and_the_exit_status_is_1(served, tmp_path: Path) -> None:
    urls, faults = served
    faults.begin("checksum", "odd-checksum")
    ended = run("--coins", "BTC", "--from", "2025-01", "--to", "2025-01", "--out", tmp_path, *urls)
    faults.end("checksum")
    assert ended.return_value == 1
    assert "failed: BTC 2025-01" in ended.stderr
    assert "the same command again" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "January"), "write 2025-01"),
        (("--from", "2025-02", "--to", "2025-01"), "nothing to download"),
        (("--from", "2025-01", "--coins", "PEPE"), "PEPE"),
        (("--from", "2025-01", "--to", "2025-01", "--archive-url", "nowhere"), "https://HOST"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(words, said: str, tmp_path: Path) -> None:
    ended = run(*words, "--out", tmp_path / "c")
    assert said in str(ended.exception)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run("--from", "2025-01", "--out", tmp_path / "file")
    assert "--out" in str(ended.exception)
