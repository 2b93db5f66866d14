"""Who may ask what: signatures over nonce, URL and body, nonces that only grow, permissions."""

import hashlib
import hmac
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

import attrs

from adapters.exchange.coincheck_fake.rules import RefusedError

LARGEST_NONCE = 2**63 - 1
TRADING: Final = frozenset(
    {
        *("place", "detail", "cancel", "opens", "cancel-status", "fills", "fills-page"),
        *("balance", "accounts"),
    }
)
"""What a key of a trader may do, by the points of the interface."""
MOVING: Final = frozenset({"withdraws", "bank-accounts", "sends"})
"""What only a key has that was given rights over money that leaves."""
NOT_PERMITTED: Final = RefusedError(403, "permission denied")
"""How the real exchange says it is not known: a status of 401 or 403 is all that is believed."""


def signature(secret: str, nonce: str, url: str, body: bytes) -> str:
    """Lower-case hex of HMAC-SHA256 over nonce, full URL and raw body."""
    message = nonce.encode() + url.encode() + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


@attrs.define(slots=True, weakref_slot=False)
class ApiKey:
    """A secret, what it may do, and the largest nonce that came with it."""

    secret: str
    may: AbstractSet[str] = TRADING
    enabled: bool = True
    last_nonce: int = 0


class Gate:
    """Lets signed requests in, each nonce once, in growing order."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.keys = {key: ApiKey(secret) for key, secret in secrets.items()}

    def admit(
        self, headers: Mapping[str, str], url: str, body: bytes, point: str = "balance"
    ) -> tuple[str, int]:
        """(key, nonce) of a request, judged now. Raises RefusedError (401, or 403).

        A request that is not permitted has used its nonce up all the same.
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
        if point not in key.may:
            raise RefusedError(NOT_PERMITTED.status, NOT_PERMITTED.text)
        return name, int(nonce)
