"""Prices as data: each with its unit, date and source, and the free tier that it shares."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
import msgspec

from application.errors import InputError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

FILE: Final = "prices_ap_northeast_1.toml"
_NotNegative = Annotated[float, msgspec.Meta(ge=0)]
_Positive = Annotated[float, msgspec.Meta(gt=0)]


@attrs.frozen(kw_only=True)
class Price:
    """`usd` for `per` units. `allowance` is a factor on what is not known of this region."""

    usd: _NotNegative
    unit: str
    date: str
    source: str
    per: _Positive = 1.0
    free: str = ""
    """Name of the free tier that its units are taken from."""
    allowance: _Positive = 1.0
    confirmed: bool = True

    @property
    def each(self) -> float:
        """USD for one unit, allowance included."""
        return self.usd / self.per * self.allowance


@attrs.frozen
class PriceTable:
    """Prices by name, and the free units a month by name."""

    region: str
    price: Mapping[str, Price]
    free: Mapping[str, _NotNegative]

    def of(self, name: str) -> Price:
        """The price of a name. Raises InputError when the table has none."""
        found = self.price.get(name)
        if found is None:
            raise InputError(f"the price table has no [price.{name}]: add it")
        return found

    def without_allowances(self) -> PriceTable:
        """The same prices as they are listed, uncertain or not."""
        plain = {name: attrs.evolve(one, allowance=1.0) for name, one in self.price.items()}
        return attrs.evolve(self, price=plain)


def load_prices(path: Path | None = None) -> PriceTable:
    """The table of a file, or ours. Raises InputError that names the file and the field."""
    source = files("entrypoints.cost") / FILE if path is None else path
    table: PriceTable = converted(read_toml(source), PriceTable, source)
    for name, one in table.price.items():
        if one.free and one.free not in table.free:
            raise InputError(f"{source}: [price.{name}] free = {one.free!r} is not in [free]")
    return table


def read_toml(source: Traversable | Path) -> Any:
    """The content of a TOML file. Raises InputError, or OSError."""
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{source} is not TOML: {error}") from None


def converted(content: Any, kind: Any, source: object) -> Any:
    """Content of a file as values. Raises InputError that names the file and the field."""
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise InputError(f"{source}: {error}") from None
