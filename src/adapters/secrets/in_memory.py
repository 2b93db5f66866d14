"""Secrets of this process: the reference, and what tests give."""

from collections.abc import Mapping

from application.errors import ConfigurationError


class InMemorySecrets:
    """Secrets by name, each with its fields; no text of it ever shows their content."""

    def __init__(self, secrets: Mapping[str, Mapping[str, str]]) -> None:
        self._secrets = {name: dict(fields) for name, fields in secrets.items()}

    async def get(self, name: str) -> Mapping[str, str]:
        """The fields of a secret; see the port."""
        if name not in self._secrets:
            raise ConfigurationError(f"there is no secret {name}: give it to this process")
        return dict(self._secrets[name])
