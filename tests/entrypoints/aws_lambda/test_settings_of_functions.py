"""What a function is told by its environment; what is missing or wrong names itself."""

import json

import pytest

from application.errors import ConfigurationError
from domain.instruments import DEFAULT
from domain.parameters import STANDARD
from entrypoints.aws_lambda.all_functions import functions
from entrypoints.aws_lambda.settings import (
    DailyReporter,
    Function,
    OrderExecutor,
    Orders,
    PriceCollector,
    read,
)

PREFIX = {"TABLE_PREFIX": "eth-trading-"}
COIN = {"binance": "LTCUSDT", "coincheck": "ltc_jpy", "news": "LTC", "name": "Litecoin"}


@pytest.mark.parametrize(
    ("kind", "given", "missing"),
    [
        (Function, {}, "TABLE_PREFIX"),
        (PriceCollector, PREFIX, "STATE_MACHINE_ARN"),
        (Orders, PREFIX, "ORDER_QUEUE_URL"),
        (OrderExecutor, PREFIX, "COINCHECK_SECRET"),
        (DailyReporter, PREFIX, "REPORT_BUCKET"),
        (DailyReporter, {**PREFIX, "REPORT_BUCKET": " "}, "REPORT_BUCKET"),
    ],
)
def test_a_missing_variable_names_itself_and_what_to_do(kind, given, missing) -> None:
    with pytest.raises(ConfigurationError, match=f"{missing} is (missing|empty).*deploy it"):
        read(kind, given)


def test_what_is_wrong_names_its_variable_and_what_it_may_be() -> None:
    with pytest.raises(ConfigurationError, match=r"TRADING_MODE.*yes"):
        read(OrderExecutor, {**PREFIX, "COINCHECK_SECRET": "c", "TRADING_MODE": "yes"})


def test_a_function_trades_nothing_unless_it_is_told_to() -> None:
    assert read(OrderExecutor, {**PREFIX, "COINCHECK_SECRET": "c"}).trading_mode == "dry_run"


def test_variables_of_others_are_none_of_its_business() -> None:
    found = read(Function, {**PREFIX, "ORDER_QUEUE_URL": "x", "PATH": "y"})
    assert found.table_prefix == "eth-trading-"
    assert found.instruments == DEFAULT
    assert found.parameters == STANDARD


def test_constants_of_the_strategy_are_json() -> None:
    given = {**PREFIX, "STRATEGY_PARAMETERS": '{"buy_threshold": 0.5}'}
    assert read(Function, given).parameters.buy_threshold == 0.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not a JSON object"),
        ("[1]", "is not a JSON object"),
        ('{"buy": 1}', "unknown parameter 'buy'"),
        ('{"buy_threshold": "high"}', "buy_threshold = 'high' is not a number"),
    ],
)
def test_constants_that_are_none_are_named(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        _ = read(Function, {**PREFIX, "STRATEGY_PARAMETERS": text}).parameters


def test_a_coin_is_added_by_configuration_alone() -> None:
    given = {**PREFIX, "TRADING_PAIRS_CONFIG": json.dumps({"ltc_usdt": COIN})}
    (coin,) = read(Function, given).instruments
    assert (coin.pair, coin.binance, str(coin.min_amount), coin.decimals) == (
        "ltc_usdt",
        "LTCUSDT",
        "0.001",
        8,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "write"),
        ('{"ltc_usdt": {}, "ltc_usdt": {}}', "ltc_usdt stands there twice"),
        (json.dumps({"LTC": COIN}), "called like eth_usdt, not LTC"),
        (json.dumps({"ltc_usdt": {**COIN, "binance": "LTCJPY"}}), "ltc_usdt: .*binance"),
        (json.dumps({"ltc_usdt": {**COIN, "more": 1}}), "ltc_usdt: .*more"),
        (json.dumps({"ltc_usdt": {"binance": "LTCUSDT"}}), "ltc_usdt: .*coincheck"),
        (json.dumps({"ltc_usdt": {**COIN, "min_amount": -1}}), "ltc_usdt.min_amount"),
        (json.dumps({"a_usdt": COIN, "b_usdt": COIN}), "configured twice"),
    ],
)
def test_coins_that_are_none_are_named(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=f"TRADING_PAIRS_CONFIG.*{said}"):
        _ = read(Function, {**PREFIX, "TRADING_PAIRS_CONFIG": text}).instruments


def test_each_function_asks_for_no_more_than_it_needs() -> None:
    """The account's secret is named by one function, the state machine and the bucket by one."""
    wanted: dict[str, set[str]] = {}
    for name, one in functions().items():
        for field in one.settings.__struct_fields__:
            wanted.setdefault(field, set()).add(name)
    assert wanted["coincheck_secret"] == {"order-executor"}
    assert wanted["trading_mode"] == {"order-executor"}
    assert wanted["state_machine_arn"] == {"price-collector"}
    assert wanted["report_bucket"] == {"daily-reporter"}
    assert wanted["order_queue_url"] == {"aggregator", "position-monitor"}
    assert wanted["sagemaker_endpoint"] == {"chronos-caller"}
    assert wanted["cryptopanic_api_key"] == {"news-collector"}
