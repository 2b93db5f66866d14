"""Component readings as JSON, on their way from one state to the next.

    {"component": "technical", "readings": {"eth_usdt": {...} or null}}

A component that failed is there with no readings: it is absent, never neutral.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from application.errors import Broken
from application.strategy.decide_trades import Readings
from domain.events import ForecastReading, SentimentReading, TechnicalReading

KINDS: Final[Mapping[str, type]] = {
    "technical": TechnicalReading,
    "forecast": ForecastReading,
    "sentiment": SentimentReading,
}


def told(component: str, readings: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a component's function."""
    return {"component": component, "readings": msgspec.to_builtins(dict(readings))}


def heard(components: Any) -> Readings:
    """The readings of all components, however the states nested them. Raises Broken."""
    found: dict[str, dict[str, Any]] = {name: {} for name in KINDS}
    for one in _flat(components):
        kind = KINDS.get(str(one.get("component")))
        if kind is None or not isinstance(one.get("readings"), dict):
            raise Broken(f"components: {sorted(map(str, one))} is no component with its readings")
        name = one["component"]
        try:
            found[name] |= {
                pair: None if reading is None else msgspec.convert(reading, kind)
                for pair, reading in one["readings"].items()
            }
        except msgspec.ValidationError as error:
            raise Broken(f"components: {name}: {error}") from None
    return Readings(found["technical"], found["forecast"], found["sentiment"])


def _flat(components: Any) -> list[dict[str, Any]]:
    if isinstance(components, list):
        return [one for part in components for one in _flat(part)]
    if not isinstance(components, dict):
        raise Broken(f"components: {components!r:.80} is neither a component nor a list of them")
    return [components]
