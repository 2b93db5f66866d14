"""Keys by name."""

from collections.abc import Mapping
from typing import Protocol


class Secrets(Protocol):
    """Where secrets are kept; what it gives never goes into a log, an event or an error's text."""

    async def get(self, name: str) -> Mapping[str, str]:
        """The fields of a secret, such as key_id and secret.

        Raises ConfigurationError, naming the secret and what to do, where there is none or it
        is no JSON object of texts; Refused without the permission to read it; Retryable.
        """
        ...
