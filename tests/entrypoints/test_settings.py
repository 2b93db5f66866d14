"""Configuration: sources in their order, errors that name the key, secrets that never print."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from application.errors import ConfigurationError, InputError
from domain.errors import InstrumentError
from domain.instruments import DEFAULT
from entrypoints.cli.init import command
from entrypoints.wiring.settings import load_settings, schema

SECRET = "s3cr3t-of-the-test"  # noqa: S105 - made up


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Variables that are there for a while."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "trader.toml"
    path.write_text(text)
    return path


def test_without_anything_it_is_a_paper_trader_of_six_coins() -> None:
    settings = load_settings(None, env_file=None)
    assert len(settings.instruments.pairs) == 6
    assert settings.paper.cash_jpy == 100_000
    assert settings.coincheck.key_id is None
    assert settings.live.confirm == ""


def test_the_environment_counts_before_env_and_that_before_the_file(tmp_path: Path) -> None:
    path = written(
        tmp_path, '[general]\nlanguage = "en"\n[paper]\ncash_jpy = 1\n[news]\nplan = "developer"\n'
    )
    dotenv = tmp_path / ".env"
    dotenv.write_text("CRYPTO_TRADER_PAPER__CASH_JPY=2\nCRYPTO_TRADER_NEWS__PLAN=enterprise\n")
    with environment(CRYPTO_TRADER_PAPER__CASH_JPY="3"):
        settings = load_settings(path, env_file=dotenv)
    assert settings.general.language == "en"
    assert settings.news.plan == "enterprise"
    assert settings.paper.cash_jpy == 3


def test_the_strategy_and_the_coins_can_be_set(tmp_path: Path) -> None:
    path = written(tmp_path, '[general]\ncoins = ["BTC", "ETH"]\n[strategy]\nbuy_threshold = 0.3\n')
    settings = load_settings(path, env_file=None)
    assert settings.instruments.pairs == ("eth_usdt", "btc_usdt")
    assert settings.parameters.buy_threshold == 0.3


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[general]\nlangauge = "en"\n', r"\[general\] langauge: there is no such key.*language"),
        ('[general]\nlanguage = "de"\n', r"\[general\] language.*'ja' or 'en'"),
        ("[paper]\ncash_jpy = 0\n", r"\[paper\] cash_jpy.*CRYPTO_TRADER_PAPER__CASH_JPY.*greater"),
        ("[papre]\ncash_jpy = 5\n", r"\[papre\]: there is no such key.*paper"),
        ('[general]\ncoins = ["PEPE"]\n', r"\[general\] coins: unknown coin 'PEPE'"),
        ("[strategy]\nbuy_treshold = 0.3\n", r"\[strategy\].*buy_threshold"),
        ("[strategy]\nbuy_threshold = 99\n", r"\[strategy\] buy_threshold = 99"),
        ("[general\n", "is not TOML"),
        ('[coincheck]\nbase_url = "coincheck"\n', r"\[coincheck\] base_url"),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_key(
    tmp_path: Path, text: str, named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named) as caught:
        load_settings(written(tmp_path, text), env_file=None)
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="init"):
        load_settings(tmp_path / "no.toml", env_file=None)


def test_no_secret_is_ever_printed(tmp_path: Path) -> None:
    keys = (("coincheck", "secret"), ("slack", "webhook"), ("news", "token"))
    text = "".join(f'[{section}]\n{key} = "{SECRET}"\n' for section, key in keys)
    path = written(tmp_path, text)
    settings = load_settings(path, env_file=None)
    assert settings.coincheck.secret.get_secret_value() == SECRET
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
    with pytest.raises(ConfigurationError) as caught:
        load_settings(written(tmp_path, f'[slack]\nwebhok = "{SECRET}"\n'), env_file=None)
    assert SECRET not in str(caught.value)


def test_the_schema_has_every_section_with_its_words() -> None:
    told = json.loads(schema())
    assert {"general", "coincheck", "live", "strategy"} <= set(told["properties"])
    assert "withdraw" in json.dumps(told)


def test_init_writes_a_file_that_can_be_read_and_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    words = ["--config", str(path)]
    done = CliRunner().invoke(command, words, input="my folder\nen\nbtc, eth\n5000\n")
    assert done.exit_code == 0, done.output
    settings = load_settings(path, env_file=None)
    assert settings.general.folder == Path("my folder")
    assert settings.general.coins == ("BTC", "ETH")
    assert settings.paper.cash_jpy == 5_000
    before = path.read_text()
    with pytest.raises(InputError, match="is there already"):
        CliRunner().invoke(command, [*words, "--yes"], catch_exceptions=False)
    assert path.read_text() == before


def test_init_with_a_coin_that_does_not_exist_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    with pytest.raises(InstrumentError, match="PEPE"):
        CliRunner().invoke(
            command,
            ["--config", str(path)],
            input="f\nja\nPEPE\n1\n",
            catch_exceptions=False,
        )
    assert not path.exists()


LINEA = """
[pairs.eth_usdt]
binance = "ETHUSDT"
coincheck = "eth_jpy"
news = "ETH"
name = "Ethereum"
[pairs.linea_usdt]
binance = "LINEAUSDT"
coincheck = "linea_jpy"
news = "LINEA"
name = "Linea"
min_amount = "2.5"
decimals = 1
"""
OWNERS = {
    "btc_usdt": {
        "binance": "BTCUSDT", "coincheck": "btc_jpy", "news": "BTC", "name": "Bitcoin"
    }
}  # fmt: skip


def test_coins_come_and_go_without_code(tmp_path: Path) -> None:
    eth, linea = load_settings(written(tmp_path, LINEA), env_file=None).instruments
    assert eth == DEFAULT.of("eth_usdt")
    assert (linea.pair, linea.min_amount, linea.decimals) == ("linea_usdt", Decimal("2.5"), 1)
    path = written(tmp_path, '[general]\ncoins = ["LINEA"]\n' + LINEA)
    assert load_settings(path, env_file=None).instruments.pairs == ("linea_usdt",)


def test_the_owners_variable_says_the_same_as_json() -> None:
    with environment(TRADING_PAIRS_CONFIG=json.dumps(OWNERS)):
        assert load_settings(None, env_file=None).instruments.pairs == ("btc_usdt",)


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("{", "TRADING_PAIRS_CONFIG is not JSON"),
        ("[]", "TRADING_PAIRS_CONFIG: write"),
        ('{"btc_usdt": {}, "btc_usdt": {}}', "btc_usdt stands there twice"),
        ('{"btc_usdt": {"binance": "BTCUSDT"}}', "[pairs] btc_usdt.coincheck"),
        (json.dumps(OWNERS | {"x_usdt": OWNERS["btc_usdt"] | {"more": 1}}), "x_usdt.more"),
        (json.dumps(OWNERS | {"x_usdt": OWNERS["btc_usdt"]}), "binance 'BTCUSDT' is configured"),
        (json.dumps({"BTC": OWNERS["btc_usdt"]}), "[pairs] BTC"),
    ],
)
def test_what_is_wrong_with_it_is_named(variable: str, said: str) -> None:
    with (
        environment(TRADING_PAIRS_CONFIG=variable),
        pytest.raises(ConfigurationError) as caught,
    ):
        load_settings(None, env_file=None)
    text = str(caught.value)
    assert said in text
    assert len(text.strip().splitlines()) == 1
