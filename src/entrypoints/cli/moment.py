"""A date or time on the command line."""

from typing import Any

import click

from domain import instant


class Moment(click.ParamType):
    """A date or time, ISO 8601; without a zone it is UTC."""

    name = "date"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Milliseconds since 1970 UTC."""
        if isinstance(value, int):
            return value
        try:
            return instant.parse(value)
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2025-01-31 or 2025-01-31T09:00", param, ctx)
