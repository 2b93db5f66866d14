"""Who proposes changes of the strategy in the cloud: what needs no package, or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.proposer.random_search import RandomSearch

if TYPE_CHECKING:
    from application.ports.proposer import Proposer


def proposer(settings: Any) -> Proposer | None:
    """Drawn by chance; None where nothing is to be changed."""
    return RandomSearch() if settings.tuner == "random" else None
