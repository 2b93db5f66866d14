"""Articles about the traded coins."""

from collections.abc import Sequence
from typing import Protocol

from domain.market.article import Article


class NewsFeed(Protocol):
    """Where news come from."""

    async def articles(self, now: int) -> Sequence[Article]:
        """The newest articles that had arrived by `now` (ms), each once, newest first.

        Raises Retryable, Refused or Broken.
        """
        ...
