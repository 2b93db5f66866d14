"""crypto-trader download as a user types it, against a fake of Binance's archives on loopback."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.loopback.server import serving
from adapters.market_data.archive_fake import KLINES, ArchiveData, make_app
from adapters.market_data.candle_files import load_candles
from adapters.market_data.candle_table import VALUES
from adapters.market_data.synthetic import synthetic_market
from domain.errors import InstrumentError
from domain.instant import parse
from domain.instruments import DEFAULT
from domain.market.candle_series import CandleSeries
from entrypoints.cli.download import command

ROOT = Path(__file__).resolve().parents[2]
COINS = DEFAULT.only(["ETH", "BTC"])
PERIOD = ("--from", "2025-01", "--to", "2025-02")
START, END = parse("2025-01-25"), parse("2025-03-01")
"""The coins were listed late in January, so that the files are small."""


@cache
def market() -> dict[str, CandleSeries]:
    return synthetic_market(4, (END - START) / 86_400_000, COINS, START)


class Bench:
    """The fake, where it is, and a folder."""

    def __init__(self, app, url: str, folder: Path) -> None:
        self.app, self.faults, self.folder = app, app.state.faults, folder
        at = ("--out", str(folder), "--archive-url", url, "--rest-url", url)
        self.words = ("--coins", "ETH,BTC", *PERIOD, *at)

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(command, [*self.words, *words], standalone_mode=False)

    def process(self, *words: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "entrypoints.cli.main", "download", *self.words, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def is_whole(self) -> bool:
        """Whether a backtest would load what was published, to the bit."""
        loaded = load_candles([self.folder], COINS).series
        return set(loaded) == set(market()) and all(
            getattr(loaded[pair], name).tobytes() == getattr(given, name).tobytes()
            for pair, given in market().items()
            for name in ("open_time", *VALUES)
        )

    def zips(self) -> list[str]:
        paths = [one.url.path.rpartition("/")[2] for one in self.faults.asked]
        self.faults.asked.clear()
        return [one for one in paths if one.endswith(".zip")]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    series = {one.binance: market()[one.pair] for one in COINS}
    app = make_app(ArchiveData(series, parse("2025-03-10")))
    with serving(app) as url:
        yield Bench(app, url, tmp_path / "my candles")


def test_json_has_what_a_program_needs_and_a_backtest_reads_the_files(bench) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-02", "incomplete")
    ran = bench.run("--json")
    assert ran.return_value == 0
    told = json.loads(ran.stdout)
    assert (told["folder"], told["from"], told["to"]) == (str(bench.folder), "2025-01", "2025-02")
    assert list(told["coins"]) == ["ETH", "BTC"]
    for coin in COINS:
        of_coin = told["coins"][coin.news]
        assert (of_coin["months"], of_coin["not_asked"], of_coin["failures"]) == (2, 0, [])
        assert of_coin["candles"] == len(market()[coin.pair])
        assert of_coin["candles"] + of_coin["missing"] == (END - START) // 300_000
        assert sum(one["candles"] for one in of_coin["gaps"]) == of_coin["missing"]
        assert of_coin["bytes"] > 10_000
    assert (told["coins"]["ETH"]["filled"], told["coins"]["BTC"]["filled"]) == (12, 0)
    assert bench.is_whole()
    assert "ETH 2025-01: " in ran.stderr
    assert f"next: crypto-trader backtest --candles '{bench.folder}' --usdjpy 150" in ran.stderr


def test_for_a_person_the_result_is_a_line_a_coin(bench) -> None:
    ran = bench.run()
    header, eth, btc = ran.stdout.splitlines()
    assert header.split()[:3] == ["coin", "months", "candles"]
    assert eth.split()[:3] == ["ETH", "2", f"{len(market()['eth_usdt']):,}"]
    assert btc.startswith("BTC ")
    bench.zips()
    again = bench.run()
    assert "as it was" in again.stderr
    assert bench.zips() == []
    assert again.stdout.splitlines()[1].endswith(" 0.0 MB")


@pytest.mark.parametrize("point", ["ETHUSDT-5m-2025-02", KLINES])
def test_what_could_not_be_had_is_one_line_and_the_rest_is_kept(bench, point) -> None:
    bench.faults.begin("ETHUSDT-5m-2025-02", "incomplete")
    bench.faults.begin(point, "451")
    ran = bench.run("--json")
    assert ran.return_value == 1
    *_, last = ran.stderr.splitlines()
    assert last.startswith("crypto-trader: not complete: ETH")
    assert "HTTP 451" in last
    assert last.endswith("run the same command again")
    told = json.loads(ran.stdout)["coins"]
    assert all("HTTP 451" in one for one in told["ETH"]["failures"])
    assert told["BTC"]["candles"] == len(market()["btc_usdt"])
    bench.faults.end(point)
    assert bench.run().return_value == 0
    assert bench.is_whole()


def test_an_archive_issued_anew_is_a_note(bench) -> None:
    bench.run()
    bench.faults.begin("ETHUSDT-5m-2025-02", "reissued")
    assert "note: ETHUSDT-5m-2025-02.zip: issued anew" in bench.run().stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "2025-03"], "comes after"),
        (["--to", "2099-12"], "yet to come"),
        (["--from", "2025-01-01"], "not a month such as 2025-01"),
        (["--coins", "LUNA"], "unknown coin 'LUNA'"),
        (["--coins", ","], "--coins names no coin"),
        (["--archive-url", "archive"], "the address cannot be used"),
    ],
)
def test_wrong_words_are_told_and_nothing_is_written(bench, words, said) -> None:
    ran = bench.run(*words)
    assert said in str(ran.exception)
    assert not isinstance(ran.exception, KeyError | TypeError | AttributeError)
    assert not bench.folder.exists() or list(bench.folder.iterdir()) == []


def test_an_unknown_coin_names_the_known_ones(bench) -> None:
    assert isinstance(bench.run("--coins", "LUNA").exception, InstrumentError)


@pytest.mark.parametrize("held", ["ETHUSDT-5m-2025-02.zip", "ETHUSDT-5m-2025-02.zip.CHECKSUM"])
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_killed_in_the_middle_it_goes_on_where_it_was(bench, held, kill) -> None:
    bench.faults.begin(held, "slow")
    with bench.process("--json") as process:
        lines = [process.stderr.readline() for _ in range(3)]  # three months of four are done
        assert all("fetched" in one for one in lines)
        assert bench.app.state.holding.wait(30)
        process.send_signal(kill)
        out, rest = process.communicate(timeout=60)
    assert out == ""
    assert len(bench.zips()) >= 3
    if kill == signal.SIGINT:
        assert process.returncode == 130
        assert rest == (
            "crypto-trader: interrupted: 3 of 4 months are done and kept; "
            "run the same command to go on\n"
        )
    else:
        assert process.returncode == -signal.SIGKILL
    there = sorted(one.name for one in bench.folder.iterdir() if one.is_file())
    assert there == [
        "BTCUSDT-5m-2025-01.parquet",
        "BTCUSDT-5m-2025-02.parquet",
        "ETHUSDT-5m-2025-01.parquet",
    ]
    assert len(load_candles([bench.folder], COINS).series["btc_usdt"]) == len(market()["btc_usdt"])
    bench.faults.end(held)
    assert bench.run().return_value == 0
    assert bench.zips() == ["ETHUSDT-5m-2025-02.zip"]
    assert bench.is_whole()
    assert len(list(bench.folder.iterdir())) == 4


def test_the_command_is_in_the_table_with_examples() -> None:
    words = [sys.executable, "-m", "entrypoints.cli.main"]
    for asked, said in ((["--help"], "download"), (["download", "--help"], "Examples:")):
        shown = subprocess.run(
            [*words, *asked], capture_output=True, text=True, cwd=ROOT, check=True
        )
        assert said in shown.stdout
