"""Ids are functions of what they identify, so that a repeated decision is the same order."""

import hashlib

from domain.instant import to_datetime


def analysis_id(tick: int) -> str:
    """The analysis of a 5-minute boundary (ms): 20251010T2115Z."""
    at = to_datetime(tick)
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}Z"


def order_id(origin: str, pair: str, side: str) -> str:
    """The one order that an analysis or exit asks for in a pair and direction: 16 hex digits."""
    return hashlib.sha256(f"{origin}|{pair}|{side}".encode()).hexdigest()[:16]


def exit_id(position: str, tick: int) -> str:
    """The exit of a position at a tick (ms)."""
    return f"exit/{position}/{tick}"
