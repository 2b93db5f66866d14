"""How functions reach services outside: soon given up, and on no connection that has slept."""

from __future__ import annotations

import random
from typing import Final

import httpx

from adapters.http_reads import Patience

PATIENCE: Final = Patience(connect_s=3, read_s=6, call_s=12)


def transport() -> httpx.AsyncHTTPTransport:
    """Connections that are not kept between calls.

    What slept may be dead, and an order that is sent on a dead line is in doubt.
    """
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncHTTPTransport(retries=0, trust_env=False, limits=limits)


def chance() -> float:
    """In [0, 1)."""
    return random.SystemRandom().random()
