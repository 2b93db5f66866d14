"""JSON to events: one pass in C for what this program writes itself, a careful one for the rest.

The careful pass reads event by event, lifts older schemas, and says in words what is wrong.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, Union

import msgspec

from adapters.wire_format.upcast import LIFTS, SCHEMAS, Lift, upcast
from application.errors import Broken
from domain.events import Candle, Event, PriceCollected
from domain.quick import maker

# Most commits of a log are the candles of one tick. msgspec reads plain structs far faster than
# it makes attrs values, and the makers make those faster than their constructors do.
_PRICES = b'[{"type":"PriceCollected",'
_TRIGGERED = b'{"type":"AnalysisTriggered",'
_PRICE_SCHEMA = 1
_candle, _collected = maker(Candle), maker(PriceCollected)


class _CandleOnTheWire(msgspec.Struct, frozen=True, gc=False):
    close: float
    high: float
    low: float
    open: float
    open_time: int
    pair: str
    volume: float


class _PriceOnTheWire(msgspec.Struct, frozen=True, gc=False):
    candle: _CandleOnTheWire


class _PriceEvent(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="PriceCollected"):
    schema: Literal[1]
    data: _PriceOnTheWire


_read_prices = msgspec.json.Decoder(list[_PriceEvent]).decode


def _prices(body: bytes) -> tuple[Event, ...]:
    """A commit of candles alone. Raises msgspec.ValidationError for any other."""
    events = []
    for one in _read_prices(body):
        seen = one.data.candle
        events.append(
            _collected(
                _candle(
                    seen.pair,
                    seen.open_time,
                    seen.open,
                    seen.high,
                    seen.low,
                    seen.close,
                    seen.volume,
                )
            )
        )
    return tuple(events)


class _Loose(msgspec.Struct, frozen=True):
    """An event on the wire before it is known which one it is."""

    type: str
    schema: int
    data: msgspec.Raw


class EventDecoder:
    """Reads bodies of commits with one table of schemas and lifts."""

    def __init__(self, schemas: Mapping[type, int], lifts: Mapping[tuple[str, int], Lift]) -> None:
        self._kinds = {kind.__name__: kind for kind in schemas}
        self._schemas = {kind.__name__: schema for kind, schema in schemas.items()}
        self._lifts = lifts
        envelopes = tuple(_envelope(kind, schema) for kind, schema in schemas.items())
        any_of_them: Any = Union[envelopes]  # noqa: UP007 - made of a tuple, not written out
        self._current: msgspec.json.Decoder[list[Any]] = msgspec.json.Decoder(list[any_of_them])
        self._reads_prices = schemas.get(PriceCollected) == _PRICE_SCHEMA
        self._loose = msgspec.json.Decoder(list[_Loose])

    def decode(self, body: bytes) -> tuple[Event, ...]:
        """The events of a commit. Raises Broken with type and field for what cannot be read."""
        try:
            if body.startswith(_PRICES) and _TRIGGERED not in body and self._reads_prices:
                return _prices(body)
            return tuple([one.data for one in self._current.decode(body)])
        except msgspec.ValidationError:
            return self._decode_carefully(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Broken(f"the body of a commit is not JSON: {error}") from error

    def _decode_carefully(self, body: bytes) -> tuple[Event, ...]:
        try:
            loose = self._loose.decode(body)
        except msgspec.ValidationError as error:
            raise Broken(f"the body of a commit is not a list of events: {error}") from error
        return tuple([self._one(wire) for wire in loose])

    def _one(self, wire: _Loose) -> Event:
        name = wire.type
        kind = self._kinds.get(name)
        if kind is None:
            raise Broken(
                f"unknown type of event {name}: a newer program wrote this log, update this one"
            )
        known = self._schemas[name]
        try:
            data: Any = wire.data
            if wire.schema != known:
                old = msgspec.json.decode(data, type=dict[str, Any])
                lifted = upcast(name, wire.schema, old, known=known, lifts=self._lifts)
                data = msgspec.json.encode(lifted)
            event: Event = msgspec.json.decode(data, type=kind)
        except msgspec.ValidationError as error:
            raise Broken(f"{name} on the log cannot be read: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise Broken(f"{name} of schema {wire.schema} cannot be lifted: {error!r}") from error
        return event


def _envelope(kind: type, schema: int) -> type[msgspec.Struct]:
    """The exact wire type of one kind of event at its present schema."""
    return msgspec.defstruct(
        f"{kind.__name__}OnTheWire",
        [("schema", Literal[schema]), ("data", kind)],
        tag_field="type",
        tag=kind.__name__,
        frozen=True,
        gc=False,
    )


@cache
def _present() -> EventDecoder:
    """Made on first use: nothing is built at import."""
    return EventDecoder(SCHEMAS, LIFTS)


def decode_events(body: bytes) -> tuple[Event, ...]:
    """The events of a commit's body, as `encode_events` wrote them or an older program did.

    Raises Broken: unknown type, newer schema, a field that is missing or of another type.
    """
    return _present().decode(body)
