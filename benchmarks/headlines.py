"""How often the score of a headline has the sign of its readers' vote.

The articles are CryptoPanic's with at least `--votes` positive and negative votes and more of one
than of the other, out of ../shared/data/news. Beside ours, on the same titles: VADER, if it is
installed, and always saying "up". Readers vote "positive" five times as often as "negative", so
look at the balanced accuracy: the mean of what is right of the risers and of the fallers.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from adapters.news_feed.lexicon import load_lexicon
from adapters.news_feed.recorded import load_news
from benchmarks.processes import note
from domain.market.article import Article
from domain.parameters import StrategyParameters
from domain.scoring.headline_score import NEUTRAL, headline_score

NEWS = ROOT.parent / "shared" / "data" / "news"
ENOUGH = 5
Sign = Callable[[str], float]


def main() -> None:
    options = _options()
    files = sorted(options.news.glob("cryptopanic*")) if options.news.is_dir() else []
    if not files:
        note(f"skipped: there are no recordings in {options.news}: name their folder with --news")
        return
    cases = majorities(files, options.votes)
    if not cases:
        note(f"skipped: no article in {options.news} has {options.votes} votes")
        return
    found = {
        "votes": options.votes,
        "articles": len(cases),
        "bullish": sum(up for _, up in cases),
        "bearish": sum(not up for _, up in cases),
        "scorers": {name: agreement(sign, cases) for name, sign in scorers().items()},
    }
    print(json.dumps(found) if options.json else told(found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one line of JSON")
    parser.add_argument("--votes", type=int, default=ENOUGH, help="positive + negative, at least")
    parser.add_argument("--news", type=Path, default=NEWS, help="folder of the recordings")
    return parser.parse_args()


def majorities(files: list[Path], enough: int) -> list[tuple[str, bool]]:
    """Each title once, with whether most voted positive; ties and few votes are left out."""
    found: dict[str, bool] = {}
    for path in files:
        for article in load_news(path):
            majority = _majority(article, enough)
            if majority is not None:
                found.setdefault(article.title, majority)
    return list(found.items())


def _majority(article: Article, enough: int) -> bool | None:
    up, down = article.votes.positive, article.votes.negative
    return up > down if up + down >= enough and up != down else None


def scorers() -> dict[str, Sign]:
    """Ours, VADER if it is there, and the one that always says up."""
    lexicon, parameters = load_lexicon(), StrategyParameters()
    found: dict[str, Sign] = {
        "ours": lambda title: headline_score(title, lexicon, parameters) - NEUTRAL
    }
    if importlib.util.find_spec("vaderSentiment") is None:
        note("skipped: VADER is not installed: python -m pip install vaderSentiment==3.3.2")
    else:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        vader = SentimentIntensityAnalyzer()
        found["vader"] = lambda title: vader.polarity_scores(title)["compound"]
    return found | {"always up": lambda _: 1.0}


def agreement(sign: Sign, cases: list[tuple[str, bool]]) -> dict[str, Any]:
    """Counts and shares; a title without a sign is wrong in `accuracy`, not in `of_decided`."""
    scored = [(sign(title), up) for title, up in cases]
    right = [(score > 0) == up for score, up in scored if abs(score) > 1e-9]
    of_up = [score > 1e-9 for score, up in scored if up]
    of_down = [score < -1e-9 for score, up in scored if not up]
    sides = [sum(one) / len(one) for one in (of_up, of_down) if one]
    return {
        "right": sum(right),
        "wrong": len(right) - sum(right),
        "undecided": len(scored) - len(right),
        "accuracy": round(sum(right) / len(scored), 4),
        "of_decided": round(sum(right) / len(right), 4) if right else None,
        "balanced": round(sum(sides) / len(sides), 4),
        "bullish_right": sum(of_up),
        "bearish_right": sum(of_down),
    }


def told(found: dict[str, Any]) -> str:
    head = (
        f"{found['articles']} articles with {found['votes']} or more votes: "
        f"{found['bullish']} bullish, {found['bearish']} bearish"
    )
    columns = f"{'':10}{'right':>7}{'wrong':>7}{'silent':>8}{'accuracy':>10}{'decided':>9}"
    lines = [head, f"{columns}{'balanced':>10}"]
    for name, one in found["scorers"].items():
        decided = "-" if one["of_decided"] is None else f"{one['of_decided']:.1%}"
        lines.append(
            f"{name:10}{one['right']:>7}{one['wrong']:>7}{one['undecided']:>8}"
            f"{one['accuracy']:>10.1%}{decided:>9}{one['balanced']:>10.1%}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
