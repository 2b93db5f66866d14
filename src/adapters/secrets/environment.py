"""Secrets as variables: the field key_id of the secret my-coincheck is MY_COINCHECK_KEY_ID."""

import re
from collections.abc import Mapping
from typing import Final

from application.errors import ConfigurationError

_NOT_IN_A_NAME: Final = re.compile(r"[^A-Z0-9]")


class EnvironmentSecrets:
    """Variables that were given; an empty one is none. No text of it ever shows their content.

    A secret whose name begins with the whole name of another shares its variables with it, as
    longer fields: names that begin alike are better kept apart.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    async def get(self, name: str) -> Mapping[str, str]:
        """The fields of a secret, their names in small letters; see the port."""
        start = _NOT_IN_A_NAME.sub("_", name.upper()) + "_"
        fields = {
            variable[len(start) :].lower(): value
            for variable, value in self._variables.items()
            if value and variable.startswith(start) and len(variable) > len(start)
        }
        if not name or not fields:
            raise ConfigurationError(
                f"there is no secret {name}: set a variable {start}FIELD for each of its fields, "
                f"such as {start}KEY_ID"
            )
        return fields
