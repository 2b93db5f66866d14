"""CryptoPanic, if there is a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from adapters.news_feed.cryptopanic.access import Access, cryptopanic_client
from adapters.news_feed.cryptopanic.feed import CryptoPanicNews
from entrypoints.wiring.cloud.lines import PATIENCE, chance, transport

if TYPE_CHECKING:
    from application.ports.clock import Clock


def news(settings: Any, clock: Clock) -> CryptoPanicNews | None:
    """The feed; None without a key, and then the component is absent."""
    if not settings.cryptopanic_api_key:
        return None
    access = Access(
        token=settings.cryptopanic_api_key,
        plan=settings.cryptopanic_plan,
        url=settings.cryptopanic_url,
    )
    return CryptoPanicNews(
        settings.instruments,
        access,
        client=cryptopanic_client(access, transport()),
        clock=clock,
        patience=attrs.evolve(PATIENCE, read_s=8, call_s=16),
        chance=chance,
    )
