"""What the template does not say: sizes, orders a day, the age of the log. Each with a source."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

import attrs

from entrypoints.cost.price_table import converted, read_toml

FILE: Final = "assumptions.toml"


@attrs.frozen(kw_only=True)
class Assumption:
    """A number that was measured or thought up, and where it is from."""

    value: float
    unit: str
    source: str


@attrs.frozen
class Assumptions:
    """Assumptions by name."""

    by_name: Mapping[str, Assumption]

    def __getitem__(self, name: str) -> float:
        return self.by_name[name].value

    def replaced(self, **values: float) -> Assumptions:
        """The same with other values for the named."""
        other = {name: attrs.evolve(self.by_name[name], value=one) for name, one in values.items()}
        return Assumptions({**self.by_name, **other})


def load_assumptions() -> Assumptions:
    """Those of the file beside this module."""
    source = files("entrypoints.cost") / FILE
    return Assumptions(converted(read_toml(source), dict[str, Assumption], source))
