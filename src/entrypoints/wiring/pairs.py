"""TRADING_PAIRS_CONFIG: the coins as JSON, in the variable that the owner's text names.

    {"eth_usdt": {"binance": "ETHUSDT", "coincheck": "eth_jpy", "news": "ETH", "name": "Ethereum"}}

Read without pydantic, for functions that start cold; the file's [pairs] say the same.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec

from application.errors import ConfigurationError
from domain.errors import DomainError
from domain.instruments import DEFAULT, Instrument, Instruments

VARIABLE: Final = "TRADING_PAIRS_CONFIG"
PAIR: Final = r"^[a-z0-9]+_usdt$"
BINANCE: Final = r"^[A-Z0-9]+USDT$"
COINCHECK: Final = r"^[a-z0-9]+_jpy$"
NEWS: Final = r"^[A-Z0-9]+$"
LONGEST_NAME: Final = 40
MOST_DECIMALS: Final = 8

_Pair = Annotated[str, msgspec.Meta(pattern=PAIR)]


class _Coin(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A coin as it is configured."""

    binance: Annotated[str, msgspec.Meta(pattern=BINANCE)]
    coincheck: Annotated[str, msgspec.Meta(pattern=COINCHECK)]
    news: Annotated[str, msgspec.Meta(pattern=NEWS)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    min_amount: Decimal | float | int | None = None
    decimals: Annotated[int, msgspec.Meta(ge=0, le=MOST_DECIMALS)] | None = None


def coin_of(
    pair: str,
    *,
    binance: str,
    coincheck: str,
    news: str,
    name: str,
    min_amount: Decimal | None,
    decimals: int | None,
) -> Instrument:
    """A configured coin; what is left out is as known of it, else 0.001 and 8 decimals."""
    known = {one.pair: one for one in DEFAULT}.get(pair)
    least = min_amount or (known.min_amount if known else Decimal("0.001"))
    if decimals is None:
        decimals = known.decimals if known else MOST_DECIMALS
    return Instrument(
        pair=pair,
        binance=binance,
        coincheck=coincheck,
        news=news,
        name=name,
        min_amount=least,
        decimals=decimals,
    )


def instruments_of(text: str) -> Instruments:
    """The coins of the variable; empty: the six known ones. Raises ConfigurationError."""
    if not text.strip():
        return DEFAULT
    pairs = pairs_in(text)
    try:
        coins = msgspec.convert(pairs, dict[_Pair, _Coin])
        return Instruments(tuple(_instrument(pair, one) for pair, one in coins.items()))
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{VARIABLE}: {_where(str(error), pairs)}") from None
    except (DomainError, ArithmeticError) as error:
        raise ConfigurationError(f"{VARIABLE}: {error}") from None


def pairs_in(text: str) -> dict[str, Any]:
    """The JSON object of the variable; a key that stands there twice is refused, not forgotten."""
    try:
        pairs = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{VARIABLE} is not JSON: {error}") from None
    if not isinstance(pairs, dict):
        raise ConfigurationError(f'{VARIABLE}: write {{"eth_usdt": {{"binance": "ETHUSDT", ...}}}}')
    return pairs


def _instrument(pair: str, coin: _Coin) -> Instrument:
    least = None if coin.min_amount is None else Decimal(str(coin.min_amount))
    if least is not None and not 0 < least < Decimal(10) ** 12:
        raise ConfigurationError(f"{VARIABLE}: {pair}.min_amount must be more than 0")
    return coin_of(
        pair,
        binance=coin.binance,
        coincheck=coin.coincheck,
        news=coin.news,
        name=coin.name,
        min_amount=least,
        decimals=coin.decimals,
    )


def _where(error: str, pairs: dict[str, Any]) -> str:
    """Msgspec says [...] for a key; here it is the pair that the error is about."""
    if "`key` in" in error:
        return f"a pair is called like eth_usdt, not {', '.join(pairs)} ({error})"
    for pair, coin in pairs.items():
        try:
            msgspec.convert(coin, _Coin)
        except msgspec.ValidationError as found:
            return f"{pair}: {found}"
    return error


def _once(given: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(given)
    if len(found) < len(given):
        keys = [key for key, _ in given]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ConfigurationError(f"{VARIABLE}: {twice} stands there twice: keep one of them")
    return found
