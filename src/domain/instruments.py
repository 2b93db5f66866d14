"""The coins we trade: how each is called on Binance, on Coincheck and in the news."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

import attrs

from domain.errors import InstrumentError


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Instrument:
    """One coin. `pair` is the analysis key; quantities have at most `decimals` decimals."""

    pair: str
    binance: str
    coincheck: str
    news: str
    name: str
    min_amount: Decimal
    decimals: int


@attrs.frozen(slots=True, weakref_slot=False)
class Instruments:
    """The traded coins in configuration order. Raises InstrumentError for doubles or none."""

    all: tuple[Instrument, ...]
    _by_pair: dict[str, Instrument] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_by_pair", {one.pair: one for one in self.all})
        if not self.all:
            raise InstrumentError("no coin is configured: name at least one pair")
        for field in ("pair", "binance", "coincheck"):
            values = [getattr(one, field) for one in self.all]
            twice = next((v for v in values if values.count(v) > 1), None)
            if twice is not None:
                raise InstrumentError(f"{field} {twice!r} is configured twice: keep one of them")

    @property
    def pairs(self) -> tuple[str, ...]:
        """Analysis keys in configuration order."""
        return tuple(one.pair for one in self.all)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self.all)

    def of(self, pair: str) -> Instrument:
        """The coin of an analysis key, Binance symbol or Coincheck pair, in any case.

        Raises InstrumentError that lists what is known.
        """
        exact = self._by_pair.get(pair)
        if exact is not None:
            return exact
        wanted = pair.strip().lower().replace("/", "_").replace("-", "_")
        for one in self.all:
            if wanted in (one.pair, one.binance.lower(), one.coincheck, one.news.lower()):
                return one
        raise InstrumentError(f"unknown coin {pair!r}: choose from {', '.join(self.pairs)}")

    def only(self, pairs: Iterable[str]) -> "Instruments":
        """The named coins, in the order of this list."""
        wanted = {self.of(pair).pair for pair in pairs}
        return Instruments(tuple(one for one in self.all if one.pair in wanted))


def _coin(code: str, name: str, min_amount: str, decimals: int) -> Instrument:
    return Instrument(
        pair=f"{code.lower()}_usdt",
        binance=f"{code}USDT",
        coincheck=f"{code.lower()}_jpy",
        news=code,
        name=name,
        min_amount=Decimal(min_amount),
        decimals=decimals,
    )


DEFAULT: Final = Instruments(
    (
        _coin("ETH", "Ethereum", "0.001", 8),
        _coin("BTC", "Bitcoin", "0.001", 8),
        _coin("XRP", "XRP", "1.0", 6),
        _coin("SOL", "Solana", "0.01", 8),
        _coin("DOGE", "Dogecoin", "1.0", 2),
        _coin("AVAX", "Avalanche", "0.01", 8),
    )
)
