"""Secrets Manager, asked once in ten minutes."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws_calls import as_ours, code_of
from application.errors import ConfigurationError
from application.ports.clock import Clock
from domain.instant import SECOND

_ABSENT: Final = "ResourceNotFoundException"
_IN_NO_STATE: Final = "InvalidRequestException"


class AwsSecrets:
    """Secrets by name, remembered for `keep_s` seconds; no text of it ever shows their content."""

    def __init__(self, client: Any, clock: Clock, *, keep_s: float = 600) -> None:
        self._client = client
        self._clock = clock
        self._keep = keep_s * SECOND
        self._known: dict[str, tuple[float, Mapping[str, str]]] = {}

    async def get(self, name: str) -> Mapping[str, str]:
        """The fields of a secret; see the port."""
        return self.read(name)

    def read(self, name: str) -> Mapping[str, str]:
        """The same for who builds plugs and waits for nobody."""
        now = self._clock.now()
        until, fields = self._known.get(name, (0.0, {}))
        if now < until:
            return fields
        fields = self._asked(name)
        self._known[name] = now + self._keep, fields
        return fields

    def _asked(self, name: str) -> Mapping[str, str]:
        try:
            text = self._client.get_secret_value(SecretId=name).get("SecretString", "")
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == _ABSENT:
                raise ConfigurationError(
                    f"there is no secret {name}: make it in Secrets Manager as a JSON object"
                ) from error
            if code_of(error) == _IN_NO_STATE:
                raise ConfigurationError(
                    f"the secret {name} is marked for deletion or not written yet: restore it or "
                    "write it anew"
                ) from error
            raise as_ours(f"the secret {name}", error) from error
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError):  # raised below, so that the text is not dragged along
            fields = None
        if not isinstance(fields, dict) or not all(
            isinstance(value, str) for value in fields.values()
        ):
            raise ConfigurationError(f"the secret {name} is no JSON object of texts: write it anew")
        return MappingProxyType(fields)
