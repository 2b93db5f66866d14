"""Events to JSON, in one canonical form.

One event is {"type": "OrderPlaced", "schema": 1, "data": {...}}: fields of `data` sorted by
name, no white space, Decimal as text, a missing value as null. Equal events are equal bytes.
JSON knows no NaN and no infinity, and an encoder that wrote null for them would turn a wrong
number into an absent one: they are refused.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from math import isfinite
from types import NoneType
from typing import Any

import attrs
import msgspec

from adapters.wire_format.float_fields import Collect, floats_of, holds_decimals
from adapters.wire_format.upcast import SCHEMAS
from application.errors import Broken
from domain.events import Event

_ENCODE: Callable[[Any], bytes] = msgspec.json.Encoder(order="sorted").encode
_PLAIN = frozenset({float, NoneType})


_Plan = tuple[bytes, Callable[[Any], tuple[object, ...]] | None, Collect | None, bool]
"""First bytes; how its floats are got; what floats need a closer search; has Decimals."""


class _Plans(dict[type, _Plan]):
    """How each kind of event is written, found out when it is first needed."""

    def __missing__(self, kind: type) -> _Plan:
        schema = SCHEMAS.get(kind)
        if schema is None:
            raise Broken(f"{kind.__name__} is not an event: SCHEMAS does not name it")
        prefix = f'{{"type":"{kind.__name__}","schema":{schema},"data":'.encode()
        plan = self[kind] = (prefix, *floats_of(kind), holds_decimals(kind))
        return plan


_PLANS = _Plans()


def encode_events(events: Sequence[Event]) -> bytes:
    """The body of a commit: a JSON array of its events.

    Raises Broken, naming event and field, for NaN, infinity or a value that is no JSON.
    """
    parts = []
    numbers: list[object] = []
    decimals = False
    plans, encode = _PLANS, _ENCODE
    try:
        for event in events:
            prefix, own, nested, has_decimals = plans[event.__class__]
            parts.append(prefix + encode(event))
            if own is not None:
                numbers += own(event)
            if nested is not None:
                nested(event, numbers)
            decimals = decimals or has_decimals
    except (TypeError, ValueError, OverflowError) as error:
        raise Broken(f"{type(event).__name__} cannot be written: {error}") from error
    if not parts:
        return b"[]"
    body = b"[" + b"},".join(parts) + b"}]"
    if (numbers and not _are_plain(numbers)) or (
        # a text that ends so costs a closer look, nothing else
        decimals and (b'NaN"' in body or b'nity"' in body)
    ):
        body = b"[" + b",".join([_looked_at(event) for event in events]) + b"]"
    return body


def _are_plain(numbers: list[object]) -> bool:
    """True when all are finite floats or None; one pass in C, as this runs for every candle."""
    # filter drops None and 0.0 and keeps NaN; one odd number makes the whole sum odd
    kinds = set(map(type, numbers))
    return kinds <= _PLAIN and isfinite(sum(filter(None, numbers)))  # type: ignore[arg-type]


def _looked_at(event: Event) -> bytes:
    """One event, every number looked at; an int in a float's place is written as a float."""
    kind = type(event)
    for path, value in _leaves(event, ""):
        if isinstance(value, float) and not isfinite(value):
            raise Broken(f"{kind.__name__}.{path} is {value}: not a number that can be written")
        if isinstance(value, Decimal) and not value.is_finite():
            raise Broken(f"{kind.__name__}.{path} is {value}: not a number that can be written")
    data = _ENCODE(event)
    try:
        data = _ENCODE(msgspec.json.decode(data, type=kind))
    except msgspec.ValidationError as error:
        raise Broken(f"{kind.__name__} cannot be read back: {error}") from error
    return _PLANS[kind][0] + data + b"}"


def _leaves(value: Any, path: str) -> Iterator[tuple[str, object]]:
    """(dotted path, value) of everything inside that has no parts of its own."""
    if attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _leaves(getattr(value, field.name), f"{path}.{field.name}".lstrip("."))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    else:
        yield path, value
