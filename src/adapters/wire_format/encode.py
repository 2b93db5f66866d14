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

from adapters.wire_format.float_fields import Collect, Get, floats_of, holds_decimals
from adapters.wire_format.upcast import SCHEMAS
from adapters.wire_format.wire_structs import AsStruct, struct_maker
from application.errors import Broken
from domain.events import Event

_ENCODE: Callable[[Any], bytes] = msgspec.json.Encoder().encode
_ENCODE_SORTED: Callable[[Any], bytes] = msgspec.json.Encoder(order="sorted").encode
_PLAIN = frozenset({float, NoneType})


_Plan = tuple[AsStruct, Get | None, Collect | None, bool]
"""What is encoded; how its floats are got; what floats need a closer search; has Decimals."""


class _Plans(dict[type, _Plan]):
    """How each kind of event is written, found out when it is first needed."""

    def __missing__(self, kind: type) -> _Plan:
        schema = SCHEMAS.get(kind)
        if schema is None:
            raise Broken(f"{kind.__name__} is not an event: SCHEMAS does not name it")
        plan = self[kind] = (struct_maker(kind, schema), *floats_of(kind), holds_decimals(kind))
        return plan


_PLANS = _Plans()


def encode_events(events: Sequence[Event]) -> bytes:
    """The body of a commit: a JSON array of its events.

    Raises Broken, naming event and field, for NaN, infinity or a value that is no JSON.
    """
    structs = []
    numbers: list[object] = []
    decimals = False
    plans = _PLANS
    try:
        for event in events:
            as_struct, own, nested, has_decimals = plans[event.__class__]
            structs.append(as_struct(event))
            if own is not None:
                numbers += own(event)
            if nested is not None:
                nested(event, numbers)
            decimals = decimals or has_decimals
        body = _ENCODE(structs)
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise Broken(f"{_culprit(events)} cannot be written: {error}") from error
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
    try:
        read_back = msgspec.json.decode(_ENCODE_SORTED(event), type=kind)
    except msgspec.ValidationError as error:
        raise Broken(f"{kind.__name__} cannot be read back: {error}") from error
    return _ENCODE(_PLANS[kind][0](read_back))


def _culprit(events: Sequence[Event]) -> str:
    """The kind of the first event that cannot be written by itself."""
    for event in events:
        try:
            _ENCODE_SORTED(event)
        except (TypeError, ValueError, OverflowError):
            return type(event).__name__
    return type(events[-1]).__name__


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
