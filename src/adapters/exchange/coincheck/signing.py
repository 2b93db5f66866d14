"""Who asks, and the proof of it: headers of a private call, and texts without any of them."""

import hashlib
import hmac
import re
from typing import Final

import attrs

from application.errors import ConfigurationError

_SIGNATURE: Final = re.compile(r"\b[0-9a-fA-F]{64}\b")
_HIDDEN: Final = "***"
LONGEST_EXCERPT: Final = 200
"""So many characters of a foreign text are kept."""


def _whole(credentials: "Credentials", field: "attrs.Attribute[str]", value: str) -> None:
    """A line break from a secret store would travel into a header, and into its error text."""
    del credentials
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise ConfigurationError(
            f"COINCHECK {field.name} is empty or has blanks, line breaks or foreign characters: "
            "copy it again from the exchange's API key page"
        )


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Credentials:
    """An API key. Neither part is ever shown. Raises ConfigurationError for a damaged one."""

    key_id: str = attrs.field(repr=False, validator=_whole)
    secret: str = attrs.field(repr=False, validator=_whole)

    def headers(self, nonce: int, url: str, body: bytes) -> dict[str, str]:
        """What a private call carries; url and body exactly as they are sent."""
        return {
            "ACCESS-KEY": self.key_id,
            "ACCESS-NONCE": str(nonce),
            "ACCESS-SIGNATURE": signature(self.secret, nonce, url, body),
        }

    def redacted(self, text: str) -> str:
        """A text without key, secret and anything that looks like a signature."""
        for part in (self.secret, self.key_id):
            text = text.replace(part, _HIDDEN)
        return _SIGNATURE.sub(_HIDDEN, text)

    def excerpt(self, text: str) -> str:
        """The beginning of a foreign text, redacted first, on one line."""
        clean = self.redacted(text.encode("utf-8", "replace").decode("utf-8"))
        line = "".join(one if one.isprintable() else " " for one in clean)
        return line[:LONGEST_EXCERPT]


def signature(secret: str, nonce: int, url: str, body: bytes) -> str:
    """HMAC-SHA256 of nonce, full URL and raw body, in lower-case hex."""
    message = f"{nonce}{url}".encode() + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
