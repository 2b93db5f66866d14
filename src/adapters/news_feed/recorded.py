"""News out of recordings: CryptoPanic's JSON as its API v1 gave it, or headlines as CSV.

A recording does not say when an article reached its maker: it counts as arrived when it was
published or, where that came later, when CryptoPanic took it in. Its votes are those of the time
the recording was made, later than the article's arrival.
"""

import csv
import gzip
import hashlib
import io
import json
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError

from application.errors import InputError
from application.ports.news_feed import News
from domain.instant import HOUR, parse
from domain.market.article import Article, Votes

WINDOW_H: Final = 24
MOST: Final = 200

_SUFFIXES = (".csv", ".csv.gz", ".json", ".json.gz")
_VOTES = ("positive", "negative", "important", "liked", "disliked", "toxic")


def _ms(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("not an ISO 8601 text")  # noqa: TRY004 - pydantic wants it so
    return parse(value)


_Count = Annotated[int, Field(ge=0)]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Moment = Annotated[int, BeforeValidator(_ms)]


class RecordedNews:
    """Replays articles: those that had arrived, of the last `window_h` hours, newest first.

    At most `most` of them. An article without a publishing time counts from its arrival.
    """

    def __init__(
        self, articles: Iterable[Article], window_h: float = WINDOW_H, most: int = MOST
    ) -> None:
        ordered = sorted(articles, key=lambda one: (_dated(one), one.id))
        self._times = [_dated(one) for one in ordered]
        self._articles = ordered
        self._window = round(window_h * HOUR)
        self._most = most

    async def articles(self, now: int, budget: int | None = None) -> News:
        """The articles known at `now` (ms); no call is made for them."""
        del budget
        first = bisect_left(self._times, now - self._window)
        last = bisect_right(self._times, now)
        arrived = [one for one in self._articles[first:last] if one.arrived_at <= now]
        return News(arrived[: -self._most - 1 : -1])


def load_news(path: Path) -> tuple[Article, ...]:
    """Articles of a recording, each id and each title of one moment once, in the file's order.

    CSV (.gz): published_at, title and, where there are, currencies (`BTC|ETH`) and vote counts.
    JSON (.gz): a list of CryptoPanic posts, or its answers with `results`. An article arrived
    when it was published or, if later, created. Raises InputError that names row and field.
    """
    found: dict[str, Article] = {}
    told: set[tuple[str, int | None]] = set()
    for number, row in enumerate(_rows(path), 1):
        article = _article(row, number, path)
        if (said := (article.title, article.published_at)) not in told:
            told.add(said)
            found.setdefault(article.id, article)
    if not found:
        raise InputError(f"{path}: holds no article: fetch it again or leave it out")
    return tuple(found.values())


def _dated(article: Article) -> int:
    return article.arrived_at if article.published_at is None else article.published_at


class _Votes(BaseModel):
    positive: _Count = 0
    negative: _Count = 0
    important: _Count = 0
    liked: _Count = 0
    disliked: _Count = 0
    toxic: _Count = 0


class _Currency(BaseModel):
    code: _Text


class _Post(BaseModel):
    """A post of CryptoPanic's API v1; what we do not use is passed over."""

    id: int | _Text
    title: _Text
    published_at: _Moment
    created_at: _Moment | None = None
    currencies: list[_Currency] | None = None
    votes: _Votes | None = None
    panic_score: Annotated[float, Field(ge=0, le=100)] | None = None


def _article(row: object, number: int, path: Path) -> Article:
    try:
        post = _Post.model_validate(row)
    except ValidationError as failure:
        first = failure.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the article"
        said = f"{first['input']!r:.60} ({first['msg']})"
        if first["type"] == "missing":
            said = "missing"
        raise InputError(
            f"{path}: {field} of article {number} is {said}: correct or remove it"
        ) from failure
    return Article(
        id=str(post.id),
        title=post.title,
        published_at=post.published_at,
        arrived_at=max(post.published_at, post.created_at or post.published_at),
        coins=tuple(dict.fromkeys(one.code.upper() for one in post.currencies or ())),
        votes=Votes(**(post.votes or _Votes()).model_dump()),
        panic_score=post.panic_score,
    )


def _rows(path: Path) -> Iterator[object]:
    name = path.name.lower()
    if not path.is_file():
        raise InputError(f"{path}: there is no such file: check the path")
    if not name.endswith(_SUFFIXES):
        raise InputError(f"{path}: not a {', '.join(_SUFFIXES)} file: convert it to one of these")
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if name.endswith(".gz") else content).decode("utf-8-sig")
        is_csv = name.removesuffix(".gz").endswith(".csv")
        rows = _csv_rows(text, path) if is_csv else list(_posts(json.loads(text)))
    except (OSError, EOFError, zlib.error, ValueError, RecursionError, csv.Error) as failure:
        raise InputError(f"{path}: cannot be read ({failure}): export it again") from failure
    yield from rows


def _csv_rows(text: str, path: Path) -> list[dict[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [one for one in ("published_at", "title") if one not in (reader.fieldnames or ())]
    if missing:
        raise InputError(f"{path}: column {', '.join(missing)} is missing: export it again")
    rows = list(reader)
    long = next((number for number, row in enumerate(rows, 1) if None in row), None)
    if long is not None:
        raise InputError(
            f"{path}: article {long} has more cells than columns: quote the one with a comma"
        )
    return [_post_of(row) for row in rows]


def _post_of(row: dict[str, str | None]) -> dict[str, Any]:
    """A CSV row in the shape of a post; what is empty is left out."""
    given = {name: text for name, text in row.items() if text}
    said = f"{given.get('published_at')}|{given.get('title')}"
    codes = given.get("currencies", "").split("|")
    return given | {
        "id": given.get("id") or hashlib.sha256(said.encode()).hexdigest()[:16],
        "currencies": [{"code": one.strip()} for one in codes if one.strip()],
        "votes": {name: given[name] for name in _VOTES if name in given},
    }


def _posts(document: Any) -> Iterator[object]:
    """The posts in a list of posts, an answer with `results`, or pages of answers."""
    if isinstance(document, list):
        for one in document:
            yield from _posts(one)
    elif isinstance(document, dict) and (
        inner := next((one for one in ("results", "pages", "body") if one in document), None)
    ):
        yield from _posts(document[inner])
    else:
        yield document
