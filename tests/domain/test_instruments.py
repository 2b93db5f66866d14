"""The traded coins and their three names."""

from decimal import Decimal

import attrs
import pytest

from domain.errors import InstrumentError
from domain.instruments import DEFAULT, Instrument, Instruments

ETH, BTC, *_ = DEFAULT


def test_six_coins_are_traded_in_configuration_order() -> None:
    assert DEFAULT.pairs == (
        "eth_usdt", "btc_usdt", "xrp_usdt", "sol_usdt", "doge_usdt", "avax_usdt",
    )  # fmt: skip


@pytest.mark.parametrize("coin", DEFAULT.all, ids=lambda coin: coin.news)
def test_a_coin_is_found_by_any_of_its_names(coin: Instrument) -> None:
    code = coin.news
    names = (
        coin.pair, coin.binance, coin.coincheck, code, code.lower(), f"{code}/USDT",
        f"{code}-JPY", f" {coin.pair.upper()} ",
    )  # fmt: skip
    assert {DEFAULT.of(name) for name in names} == {coin}


@pytest.mark.parametrize("name", ["", "ETHEUR", "eth_", "ethereum classic"])
def test_an_unknown_coin_is_told_what_is_known(name: str) -> None:
    with pytest.raises(InstrumentError, match=f"unknown coin '{name}': choose from eth_usdt, btc"):
        DEFAULT.of(name)


def test_a_choice_keeps_the_order_of_the_list() -> None:
    assert DEFAULT.only(["btc_jpy", "ETH", "ethusdt"]).all == (ETH, BTC)


def test_no_coin_is_refused() -> None:
    with pytest.raises(InstrumentError, match="no coin is configured"):
        Instruments(())
    with pytest.raises(InstrumentError, match="no coin is configured"):
        DEFAULT.only([])


@pytest.mark.parametrize("field", ["pair", "binance", "coincheck"])
def test_a_name_that_two_coins_have_is_refused(field: str) -> None:
    double = attrs.evolve(BTC, **{field: getattr(ETH, field)})
    with pytest.raises(InstrumentError, match=f"^{field} '{getattr(ETH, field)}' is configured"):
        Instruments((ETH, double))


def test_every_minimum_fits_the_decimals_of_its_coin() -> None:
    for coin in DEFAULT:
        assert coin.min_amount > 0
        assert coin.min_amount == coin.min_amount.quantize(Decimal(1).scaleb(-coin.decimals))
