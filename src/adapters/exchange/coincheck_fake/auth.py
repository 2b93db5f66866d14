"""Who may ask: signatures over nonce, URL and body, and nonces that only grow."""

import hashlib
import hmac
from collections.abc import Mapping

import attrs

from adapters.exchange.coincheck_fake.rules import RefusedError

LARGEST_NONCE = 2**63 - 1
ORDER, LOOK, WITHDRAW = "order", "look", "withdraw"
TRADER = frozenset({ORDER, LOOK})
"""What a key of ours should be allowed."""


def signature(secret: str, nonce: str, url: str, body: bytes) -> str:
    """Lower-case hex of HMAC-SHA256 over nonce, full URL and raw body."""
    message = nonce.encode() + url.encode() + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


@attrs.define(slots=True, weakref_slot=False)
class ApiKey:
    """A secret, and the largest nonce that came with it."""

    secret: str
    may: frozenset[str]
    enabled: bool = True
    last_nonce: int = 0


class Gate:
    """Lets signed requests in, each nonce once, in growing order, where the key may go.

    Keys may do what is in `may`, or trade and look where they are not named.
    """

    def __init__(
        self, secrets: Mapping[str, str], may: Mapping[str, frozenset[str]] | None = None
    ) -> None:
        self.keys = {
            key: ApiKey(secret, (may or {}).get(key, TRADER)) for key, secret in secrets.items()
        }

    def admit(
        self, headers: Mapping[str, str], url: str, body: bytes, needs: str
    ) -> tuple[str, int]:
        """(key, nonce) of a request that needs a permission, judged now.

        Raises RefusedError: 401, or 403 (our choice: the real answer is not known).
        """
        name = headers.get("access-key", "")
        nonce = headers.get("access-nonce", "")
        key = self.keys.get(name)
        if key is None:
            raise RefusedError(401, "invalid authentication")
        if not key.enabled:
            raise RefusedError(401, "disabled API Key")
        expected = signature(key.secret, nonce, url, body)
        given = headers.get("access-signature", "")
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise RefusedError(401, "invalid authentication")
        if not (nonce.isascii() and nonce.isdecimal() and int(nonce) <= LARGEST_NONCE):
            raise RefusedError(401, "invalid authentication")
        if int(nonce) <= key.last_nonce:
            raise RefusedError(401, "Nonce must be incremented")
        key.last_nonce = int(nonce)
        if needs not in key.may:
            raise RefusedError(403, "permission denied")
        return name, int(nonce)
