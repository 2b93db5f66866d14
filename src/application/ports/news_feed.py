"""Articles about the traded coins."""

from collections.abc import Sequence
from typing import Protocol

import attrs

from application.errors import OutsideError
from domain.market.article import Article


@attrs.frozen(slots=True, weakref_slot=False)
class News:
    """What one fetch brought, or why it brought nothing; and how many calls of the plan it took.

    A fetch that failed has used up its calls all the same.
    """

    found: Sequence[Article] | OutsideError
    calls: int = 0


class NewsFeed(Protocol):
    """Where news come from."""

    async def articles(self, now: int, budget: int | None = None) -> News:
        """The newest articles that had arrived by `now` (ms), each once, newest first.

        At most `budget` calls of the plan are made for it, None says that nobody counts.
        """
        ...
