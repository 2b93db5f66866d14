"""The weights from the Hugging Face hub, into a folder, each file whole or not at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx

from adapters.forecaster.weights import CONFIG, MODEL, WEIGHTS, where_to_get
from application.errors import Refused

HUB: Final = "https://huggingface.co"
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_TOLD_EVERY: Final = 50_000_000


def fetch_weights(
    folder: Path, say: Callable[[str], None], *, hub: str = HUB, revision: str = "main"
) -> None:
    """What is not there yet of a model's two files.

    Raises Refused with one sentence that says what to fetch and where to put it; OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with httpx.Client(follow_redirects=True, timeout=_TIMEOUT) as client:
        for name in (CONFIG, WEIGHTS[0]):
            path = folder / name
            if not path.exists():
                url = f"{hub}/{MODEL}/resolve/{revision}/{name}"
                say(f"fetching {url}")
                try:
                    _fetch(client, url, path, say)
                except httpx.HTTPError as error:
                    raise Refused(
                        f"the hub gives no {name} ({type(error).__name__}: {error}): elsewhere, "
                        f"{where_to_get(folder)}"
                    ) from error


def _fetch(client: httpx.Client, url: str, path: Path, say: Callable[[str], None]) -> None:
    partial = path.with_name(f".{path.name}.partial")
    got, told = 0, 0
    try:
        with client.stream("GET", url) as answer, partial.open("wb") as file:
            answer.raise_for_status()
            for chunk in answer.iter_bytes():
                file.write(chunk)
                got += len(chunk)
                if got - told >= _TOLD_EVERY:
                    told = got
                    say(f"fetched {got / 1e6:,.0f} MB")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
