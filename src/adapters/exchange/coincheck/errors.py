"""What a failed call or a reply means, as two tables.

A call is public (no key), private (a read with the key) or an order. Of an order only a clear
no, or the proof that no byte left, says that it was not placed; everything else is in doubt.
"""

from collections.abc import Container
from enum import StrEnum
from typing import Final

import attrs
import httpx

from application.errors import Broken, ConfigurationError, InDoubt, Refused, Retryable

Kind = type[Exception]


class Throttled(Retryable):
    """Turned away for asking too often."""


class Asked(StrEnum):
    """What was asked for."""

    PUBLIC = "public"
    PRIVATE = "private"
    ORDER = "order"


class Shape(StrEnum):
    """What a body is, before anybody believes it."""

    ANSWER = "JSON"
    REFUSAL = "a JSON refusal"
    HTML = "HTML"
    EMPTY = "an empty body"
    UNREADABLE = "unreadable text"


TRANSPORT: Final[dict[type[BaseException], tuple[Kind, Kind]]] = {
    # what went wrong: (a read, an order)
    httpx.ConnectError: (Retryable, Retryable),
    httpx.ConnectTimeout: (Retryable, Retryable),
    httpx.PoolTimeout: (Retryable, Retryable),
    httpx.InvalidURL: (ConfigurationError, ConfigurationError),
    httpx.UnsupportedProtocol: (ConfigurationError, ConfigurationError),
    httpx.LocalProtocolError: (Broken, InDoubt),
    httpx.CookieConflict: (Broken, InDoubt),
    httpx.ReadTimeout: (Retryable, InDoubt),
    httpx.WriteTimeout: (Retryable, InDoubt),
    httpx.TimeoutException: (Retryable, InDoubt),
    httpx.ReadError: (Retryable, InDoubt),
    httpx.WriteError: (Retryable, InDoubt),
    httpx.CloseError: (Retryable, InDoubt),
    httpx.NetworkError: (Retryable, InDoubt),
    httpx.ProxyError: (Retryable, InDoubt),
    httpx.RemoteProtocolError: (Retryable, InDoubt),
    httpx.ProtocolError: (Retryable, InDoubt),
    httpx.TransportError: (Retryable, InDoubt),
    httpx.DecodingError: (Broken, InDoubt),
    httpx.TooManyRedirects: (Broken, InDoubt),
    httpx.RequestError: (Retryable, InDoubt),
    httpx.HTTPStatusError: (Broken, InDoubt),
    httpx.HTTPError: (Retryable, InDoubt),
    httpx.StreamConsumed: (Broken, InDoubt),
    httpx.StreamClosed: (Broken, InDoubt),
    httpx.ResponseNotRead: (Broken, InDoubt),
    httpx.RequestNotRead: (Broken, InDoubt),
    httpx.StreamError: (Broken, InDoubt),
    TimeoutError: (Retryable, InDoubt),  # the deadline of the whole call
    OSError: (Retryable, InDoubt),
    Exception: (Broken, InDoubt),
}


@attrs.frozen(slots=True, weakref_slot=False)
class Rule:
    """Replies of these statuses and shapes mean this; None: an answer to be read."""

    statuses: Container[int]
    shapes: Container[Shape]
    kind: Kind | None


_ANY: Final = frozenset(Shape)
_NO: Final = frozenset({Shape.REFUSAL})
_YES: Final = frozenset({Shape.ANSWER})
_PAGE: Final = frozenset({Shape.HTML})
_ALL: Final = range(1000)
_CLIENT: Final = range(400, 500)

_ORDER: Final = (
    Rule((200,), _YES, None),
    Rule(_ALL, _YES, InDoubt),  # it may be the answer to an order, whatever the status says
    Rule((429,), _ANY, Throttled),
    Rule((401, 403), _NO, ConfigurationError),
    Rule((408, 425), _ANY, InDoubt),
    Rule((200, *_CLIENT), _NO, Refused),
    Rule(_ALL, _ANY, InDoubt),
)
_READ: Final = (
    Rule((200,), _YES, None),
    Rule((200,), _PAGE, Retryable),  # maintenance
    Rule((429,), _ANY, Throttled),
    Rule((301, 308), _ANY, ConfigurationError),
    Rule((302, 303, 307, 408, 425), _ANY, Retryable),
    Rule(range(500, 600), _ANY, Retryable),
    Rule(_ALL, _ANY, Broken),
)
REPLIES: Final[dict[Asked, tuple[Rule, ...]]] = {
    Asked.ORDER: _ORDER,
    Asked.PRIVATE: (Rule((401, 403), _ANY, ConfigurationError), *_READ),
    # no key was shown: somebody on the way blocks us
    Asked.PUBLIC: (Rule((401, 403), _ANY, Retryable), *_READ),
}
"""The first rule that fits counts."""

SAID: Final[tuple[tuple[str, Kind], ...]] = (
    ("nonce must be incremented", Retryable),
    ("too_many_requests", Throttled),
    ("invalid authentication", ConfigurationError),
    ("disabled api key", ConfigurationError),
)
"""What a refusal's own words mean, whatever its status (200 or 4xx)."""

_REFUSALS: Final = (
    (("所持金額", "足りません"), "insufficient balance"),
    (("最低量", "下回"), "under the exchange's minimum"),
    (("temporally disabled",), "the exchange has closed this kind of order"),
)

_REMEDIES: Final = {
    "nonce must be incremented": (
        "another user of this key was faster. If it repeats, larger nonces were once used with "
        "it: make a new API key"
    ),
    "disabled api key": "COINCHECK key_id: enable the key at the exchange, or make a new one",
}
_KEY_REMEDY: Final = (
    "check COINCHECK key_id and secret, the key's permissions (orders, history, balance, account) "
    "and its list of allowed addresses"
)


def of_failure(error: BaseException, asked: Asked) -> Kind:
    """What a call that raised means."""
    found = next(one for one in type(error).__mro__ if one in TRANSPORT)
    return TRANSPORT[found][asked is Asked.ORDER]


def of_reply(status: int, shape: Shape, asked: Asked, reason: str = "") -> Kind | None:
    """What a reply means; None when there is an answer to be read."""
    if shape is Shape.REFUSAL and (status == 200 or status in _CLIENT):
        for words, kind in SAID:
            if words in reason.lower():
                return kind
    return next(
        rule.kind for rule in REPLIES[asked] if status in rule.statuses and shape in rule.shapes
    )


def classified(reason: str) -> str:
    """A refusal's words with what they are about in front, as far as we know."""
    for parts, about in _REFUSALS:
        if any(part in reason for part in parts):
            return f"{about}: {reason}"
    return reason


def remedy(kind: Kind, reason: str) -> str:
    """What somebody should do about it; empty if nothing."""
    for words, said in _REMEDIES.items():
        if words in reason.lower():
            return f"; {said}"
    return f"; {_KEY_REMEDY}" if kind is ConfigurationError else ""
