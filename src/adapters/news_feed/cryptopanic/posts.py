"""Posts of API v1 and v2 as articles: needed fields strictly, everything else may be missing."""

from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError

from adapters.news_feed.cryptopanic.access import info_of
from application.errors import Broken, Refused
from domain.instant import parse
from domain.market.article import Article, Votes

_FIRST, _LAST = parse("2009-01-01"), parse("2100-01-01")
_KINDS = ("positive", "negative", "important", "liked", "disliked", "toxic")


def _ms(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("not an ISO 8601 text")  # noqa: TRY004 - pydantic wants it so
    try:
        moment = parse(value)
    except OverflowError:
        moment = 0
    if not _FIRST <= moment < _LAST:
        raise ValueError("not a moment between 2009 and 2100")
    return moment


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise ValueError("not a number")  # noqa: TRY004 - pydantic wants it so
    try:
        found = float(value)
    except OverflowError:
        found = float("inf")
    if not isfinite(found):
        raise ValueError("not a number")
    return found


def _count(value: object) -> int:
    found = 0.0 if value is None else _number(value)
    if found < 0 or found % 1 or found > 10**9:
        raise ValueError("not a count")
    return int(found)


def _none_as_empty(value: object) -> object:
    return [] if value is None else value


_Count = Annotated[int, BeforeValidator(_count)]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Moment = Annotated[int, BeforeValidator(_ms)]
_Score = Annotated[float, BeforeValidator(_number), Field(ge=0, le=100)]


class _Votes(BaseModel):
    positive: _Count = 0
    negative: _Count = 0
    important: _Count = 0
    liked: _Count = 0
    disliked: _Count = 0
    toxic: _Count = 0


class _Coin(BaseModel):
    code: _Text


_Coins = Annotated[list[_Coin], BeforeValidator(_none_as_empty)]


class _Post(BaseModel):
    """v1 calls the coins `currencies`, v2 `instruments`."""

    id: int | _Text
    title: _Text
    published_at: _Moment | None = None
    currencies: _Coins = []
    instruments: _Coins = []
    votes: _Votes | None = None
    panic_score: _Score | None = None


class _Answer(BaseModel):
    results: list[_Post]


def articles_of(body: Any, now: int, redacted: Callable[[str], str]) -> list[Article]:
    """The articles of one answer, which arrived `now` (ms), in its order.

    Raises Refused for an error that came as a success, and Broken, which names the field and
    repeats nothing of what was in it.
    """
    if isinstance(body, dict) and "results" not in body and (info := info_of(body)):
        raise Refused(f"it says {redacted(info)}")
    try:
        posts = _Answer.model_validate(body).results
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "the answer"
        raise Broken(f"{field}: {first['msg']}") from None
    return [_article(one, now, redacted) for one in posts]


def _article(post: _Post, now: int, redacted: Callable[[str], str]) -> Article:
    codes = (redacted(one.code).upper() for one in (*post.instruments, *post.currencies))
    counts = (post.votes or _Votes()).model_dump()
    return Article(
        id=redacted(str(post.id)),
        title=redacted(post.title),
        published_at=post.published_at,
        arrived_at=now,
        coins=tuple(dict.fromkeys(codes)),
        votes=Votes(**{kind: counts[kind] for kind in _KINDS}),
        panic_score=post.panic_score,
    )
