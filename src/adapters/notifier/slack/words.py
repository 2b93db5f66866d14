"""The words of a language from its table, and numbers as a person reads them."""

import functools
import math
import tomllib
from datetime import timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any, Final, Literal

import attrs

from adapters.notifier.slack.blocks import outside
from domain.instant import to_datetime
from domain.money import Jpy

Language = Literal["ja", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("ja", "en")
JAPAN: Final = timedelta(hours=9)
MINUS, DASH = "\u2212", "\u2013"
FULL, EMPTY, CELLS = "▰", "▱", 10
TOO_LONG: Final = Decimal("1e15")
"""From here on a number is written with an exponent."""


@attrs.frozen(eq=False)
class Words:
    """One language."""

    table: dict[str, dict[str, Any]]

    def label(self, key: str, **facts: object) -> str:
        """A label with its facts, which are taken as they are."""
        return str(self.table["labels"][key]).format(**facts)

    def ranking(self, key: str, **facts: object) -> str:
        """A sentence about a decision."""
        return str(self.table["ranking"][key]).format(**facts)

    def name(self, kind: str, code: str) -> str:
        """What a code is called; one that has no name here is said as it is, escaped."""
        named = self.table[kind].get(code)
        return outside(code) if named is None else str(named)

    def yen(self, value: Jpy | None) -> str:
        """An amount with its unit."""
        return self.label("unknown") if value is None else self.label("yen", value=yen(value))


@functools.cache
def words_of(language: Language) -> Words:
    """The words that ship with the program."""
    text = files("adapters.notifier.slack").joinpath(f"words_{language}.toml")
    return Words(tomllib.loads(text.read_text(encoding="utf-8")))


def number(value: float | Decimal, decimals: int, *, sign: bool = False) -> str:
    """1,234.50 with a true minus; a dash for what is no number."""
    exact = Decimal(value)
    if not exact.is_finite():
        return DASH
    if abs(exact) >= TOO_LONG:
        text = f"{abs(exact):.3E}"
    else:
        exact = Decimal(f"{exact:.{decimals}f}")
        text = f"{abs(exact):,.{decimals}f}"
    return MINUS + text if exact < 0 else f"+{text}" if sign and exact > 0 else text


def yen(value: Jpy, *, sign: bool = False) -> str:
    """Whole yen."""
    return number(value.amount, 0, sign=sign)


def price(value: Jpy) -> str:
    """Yen for one coin: cheap coins have decimals."""
    return number(value.amount, 0 if abs(value.amount) >= 10_000 else 3).removesuffix(".000")


def quantity(value: Decimal) -> str:
    """Coins, without trailing zeros."""
    text = number(value, 8)
    return text.rstrip("0").rstrip(".") if "." in text and "E" not in text else text


def score(value: float | None) -> str:
    """+0.31; a dash for what is absent."""
    return DASH if value is None else number(value, 2, sign=True)


def percent(value: float | None, decimals: int = 2) -> str:
    """+12.34, without the sign of percent."""
    return DASH if value is None else number(value, decimals, sign=True)


def bar(value: float) -> str:
    """How far a score of -1..1 is from 0."""
    filled = round(min(abs(value), 1.0) * CELLS) if math.isfinite(value) else 0
    return FULL * filled + EMPTY * (CELLS - filled)


def arrow(value: float | Decimal) -> str:
    """Up, down or level."""
    return "▲" if value > 0 else "▼" if value < 0 else "・"


def coin(pair: str) -> str:
    """eth_usdt -> ETH."""
    return outside(pair.partition("_")[0].upper(), 20)


def clock_time(moment: int) -> str:
    """Date and minute in Japan; a dash for what no calendar has."""
    try:
        return f"{to_datetime(moment) + JAPAN:%Y-%m-%d %H:%M}"
    except OverflowError:
        return DASH
