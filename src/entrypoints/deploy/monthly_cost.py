"""The monthly cost in one line, where the cost model is part of this installation."""

from importlib import import_module
from pathlib import Path
from typing import Final

HOW: Final = "`crypto-trader cost` estimates what it costs a month"


def cost_line(template: Path) -> str:
    """What a template costs a month, in words; how to ask where that cannot be computed here."""
    try:
        line_of = import_module("entrypoints.cost.one_line").line_of
    except (ImportError, AttributeError):
        return HOW
    return str(line_of(template))
