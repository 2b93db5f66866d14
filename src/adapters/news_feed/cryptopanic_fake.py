"""CryptoPanic's API v1 and v2 as a server on loopback, out of given posts.

It has the service's manners: a token in the query that `next` repeats, a redirect without the
last slash, a page of 20, Cloudflare before it. It is a program of its own and knows nothing of
the plug that reads it.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters.loopback.faults import ScriptedFaults

PAGE: Final = 20
POINT: Final = "posts"
"""The one point that faults strike."""
FAULTS: Final = (
    *("429", "502", "html", "cloudflare", "plan", "token", "truncated", "deep", "error-200"),
    *("other-types", "wrong-types", "null", "null-needed", "echo", "slow", "moved"),
)
_COUNTS = (
    *("negative", "positive", "important", "liked", "disliked", "lol", "toxic"),
    *("saved", "comments"),
)
_NEEDED = ("id", "title", "code")
_BLOCKED = (
    "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head></html>"
)


@attrs.frozen(slots=True, weakref_slot=False)
class FakePost:
    """A post; `published_at` is ISO text or None, `votes` counts by kind or None."""

    id: int
    title: str
    published_at: str | None
    codes: tuple[str, ...] = ()
    votes: dict[str, int] | None = None
    panic_score: float | None = None


def make_app(
    posts: Sequence[FakePost] | Callable[[], Sequence[FakePost]], token: str, plan: str = "growth"
) -> Starlette:
    """Both versions for one account; `app.state.faults` takes the script, `posts` may change."""
    faults = ScriptedFaults(FAULTS)

    async def handle(request: Request) -> Response:
        faults.asked.append(request)
        strikes = faults.draw(POINT)
        if strikes == "slow":
            await faults.held()
        refusal = _refusal(request, token, plan)
        known = posts() if callable(posts) else posts
        return refusal or _struck(strikes, _page(request, known), token)

    paths = ("/api/{plan}/v2/posts", "/api/{plan}/v1/posts", "/api/v1/posts")
    slashed = [Route(f"{path}/", handle, methods=["GET"]) for path in paths]
    bare = [Route(path, _slash, methods=["GET"]) for path in paths]
    app = Starlette(routes=[*slashed, *bare])
    app.state.faults, app.state.posts = faults, posts
    app.state.let_go = faults.let_go
    return app


async def _slash(request: Request) -> Response:
    return RedirectResponse(str(request.url.replace(path=f"{request.url.path}/")), 301)


def _refusal(request: Request, token: str, plan: str) -> Response | None:
    if not request.headers.get("user-agent", "").startswith("Mozilla/"):
        return HTMLResponse(_BLOCKED, 403)
    if request.path_params.get("plan", plan) != plan:
        return _error(404, "Not found")
    if request.query_params.get("auth_token") != token:
        return _error(401, "Token is invalid")
    return None


def _error(status: int, info: str) -> Response:
    return JSONResponse({"status": "api_error", "info": info}, status)


def _page(request: Request, posts: Sequence[FakePost]) -> Response:
    wanted = {one for one in request.query_params.get("currencies", "").split(",") if one}
    found = [one for one in posts if not wanted or wanted & {*one.codes}]
    found.sort(key=lambda one: (one.published_at or "9", one.id), reverse=True)
    number = int(request.query_params.get("page", "1"))
    shown = found[(number - 1) * PAGE : number * PAGE]
    following = None
    if len(found) > number * PAGE:
        following = str(request.url.include_query_params(page=number + 1))
    render = _v2 if "/v2/" in request.url.path else _v1
    answer = {"next": following, "previous": None, "results": [render(one) for one in shown]}
    return JSONResponse(answer if render is _v2 else {"count": 200, **answer})


def _shared(post: FakePost) -> dict[str, Any]:
    return {
        "id": post.id,
        "slug": "-".join(post.title.split()),
        "title": post.title,
        "published_at": post.published_at,
        "created_at": post.published_at,
        "kind": "news",
        "source": {"title": "Example", "region": "en", "domain": "example.com", "type": "feed"},
        "url": f"https://cryptopanic.com/news/{post.id}/",
    }


def _coins(post: FakePost) -> list[dict[str, Any]]:
    return [{"code": code, "title": code, "slug": code.lower(), "url": ""} for code in post.codes]


def _votes(post: FakePost) -> dict[str, int] | None:
    return None if post.votes is None else dict.fromkeys(_COUNTS, 0) | post.votes


def _v1(post: FakePost) -> dict[str, Any]:
    """Rows without coins or votes lack the key."""
    row = {"domain": "example.com", **_shared(post)}
    if post.codes:
        row["currencies"] = _coins(post)
    if (votes := _votes(post)) is not None:
        row["votes"] = votes
    return row


def _v2(post: FakePost) -> dict[str, Any]:
    return {
        **_shared(post),
        "description": None,
        "original_url": None,
        "image": None,
        "instruments": _coins(post) or None,
        "votes": _votes(post),
        "panic_score": post.panic_score,
        "panic_score_1h": None,
        "author": None,
        "content": None,
    }


def _struck(strikes: str | None, answer: Response, token: str) -> Response:
    """An answer, or what a fault leaves of it."""
    body = bytes(answer.body)
    whole: dict[str | None, Callable[[], Response]] = {
        "429": lambda: _error(429, "Rate limit exceeded"),
        "502": lambda: HTMLResponse("<html><title>502 Bad Gateway</title></html>", 502),
        "html": lambda: HTMLResponse("<html><title>Just a moment...</title></html>"),
        "cloudflare": lambda: HTMLResponse(_BLOCKED, 403),
        "plan": lambda: _error(403, f"Upgrade your plan. (auth_token={token})"),
        "token": lambda: _error(401, f"Token {token} is invalid"),
        "truncated": lambda: Response(body[: len(body) // 2], media_type="application/json"),
        "deep": lambda: Response("[" * 100_000, media_type="application/json"),
        "error-200": lambda: _error(200, f"API monthly quota of {token} exceeded"),
        "moved": lambda: RedirectResponse(f"https://moved.invalid/?auth_token={token}", 301),
    }
    changes: dict[str | None, Callable[[str, Any], Any]] = {
        "other-types": lambda _, leaf: str(leaf) if isinstance(leaf, int | float) else leaf,
        "wrong-types": lambda _, leaf: {"value": leaf},
        "null": lambda name, leaf: leaf if name in _NEEDED else None,
        "null-needed": lambda name, leaf: None if name in _NEEDED else leaf,
        "echo": lambda name, leaf: f"{leaf} {token}" if name == "title" else leaf,
    }
    if strikes in whole:
        return whole[strikes]()
    if strikes in changes:
        return JSONResponse(_changed("", json.loads(body), changes[strikes]))
    return answer


def _changed(name: str, value: Any, change: Callable[[str, Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _changed(key, one, change) for key, one in value.items()}
    if isinstance(value, list):
        return [_changed(name, one, change) for one in value]
    return change(name, value)
