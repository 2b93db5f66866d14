"""The monthly cost in one line, as `crypto-trader cost` computes it."""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from application.errors import ConfigurationError

HOW: Final = "`crypto-trader cost` says what it costs a month"


def _command() -> Any:
    return import_module("entrypoints.cli.cost").command


def cost_line(template: Path, command: Callable[[], Any] = _command) -> str:
    """What a template costs a month, in words; how to ask where that cannot be computed here."""
    said = io.StringIO()
    try:
        with redirect_stdout(said):
            status = command().main(["--template", str(template), "--json"], standalone_mode=False)
        monthly = float(json.loads(said.getvalue())["monthly_usd"])
    except ImportError:
        return HOW
    except (ConfigurationError, ValueError, KeyError, TypeError) as error:
        return f"{HOW}; it could not be computed here ({error})"
    line = f"about {monthly:.2f} USD a month on AWS at most; `crypto-trader cost` says how"
    return line if status == 0 else f"{line}. That is ABOVE the budget"
