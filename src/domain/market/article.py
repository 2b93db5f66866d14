"""A news article as it reached us."""

import attrs


@attrs.frozen(slots=True, weakref_slot=False)
class Votes:
    """Readers' votes on an article; kinds that were not given are 0."""

    positive: int = 0
    negative: int = 0
    important: int = 0
    liked: int = 0
    disliked: int = 0
    toxic: int = 0


@attrs.frozen(slots=True, weakref_slot=False)
class Article:
    """`published_at` in ms or None when unknown; `coins` are news codes such as BTC.

    `panic_score` 0..100 or None. `arrived_at` (ms) is when we could first know it.
    """

    id: str
    title: str
    published_at: int | None
    arrived_at: int
    coins: tuple[str, ...]
    votes: Votes
    panic_score: float | None = None
