"""One headline -> bullish or bearish, by phrases first, then words; an article by its votes."""

import re
from collections.abc import Mapping
from typing import Any

import attrs

from domain.errors import DomainError
from domain.market.article import Article
from domain.parameters import StrategyParameters

NEUTRAL = 0.5
STRENGTHS = {"strong": 0.20, "medium": 0.12, "weak": 0.06}
NEGATION_REACH = 3
"""A negation flips a word at most so many words after it."""

_WORD = re.compile(r"[a-z0-9$%]+(?:['’][a-z]+)?")
_ENDINGS = ("ing", "ed", "es", "er", "s", "d", "")


class LexiconError(DomainError, ValueError):
    """The lexicon file lacks a part; the text names it."""


@attrs.frozen(slots=True, weakref_slot=False)
class Lexicon:
    """Signed strengths of phrases (as words) and of word stems, and the negations."""

    phrases: tuple[tuple[tuple[str, ...], float], ...]
    words: Mapping[str, float]
    negations: frozenset[str]

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> "Lexicon":
        """From {phrases|words: {bullish|bearish: {strong|medium|weak: [...]}}, negations: [...]}.

        Raises LexiconError that names the missing part.
        """
        phrases: list[tuple[tuple[str, ...], float]] = []
        words: dict[str, float] = {}
        for sign, side in ((1.0, "bullish"), (-1.0, "bearish")):
            for name, strength in STRENGTHS.items():
                try:
                    phrases += [
                        (tuple(words_of(text)), sign * strength)
                        for text in data["phrases"][side][name]
                    ]
                    words |= {stem(one): sign * strength for one in data["words"][side][name]}
                except (KeyError, TypeError) as error:
                    raise LexiconError(f"the lexicon lacks {side}.{name}: {error}") from error
        # longer phrases first, so that a part of one never speaks for the whole
        phrases.sort(key=lambda one: (-len(one[0]), one[0]))
        return cls(tuple(phrases), words, frozenset(data.get("negations", ())))


def words_of(text: str) -> list[str]:
    """Lower-case words, in order."""
    return _WORD.findall(text.lower().replace("’", "'"))


def stem(word: str) -> str:
    """What the inflections of a word share: surge, surges, surged and surging are one."""
    for ending in _ENDINGS:
        if ending and word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) >= 4 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]
    if word.endswith("i"):
        word = word[:-1] + "y"
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


def headline_score(title: str, lexicon: Lexicon, p: StrategyParameters) -> float:
    """0..1 with 0.5 neutral, at most `news_title_limit` away from it."""
    words = words_of(title)
    used = [False] * len(words)
    total = 0.0
    for phrase, strength in lexicon.phrases:
        size = len(phrase)
        for at in range(len(words) - size + 1):
            if not any(used[at : at + size]) and _matches(words[at : at + size], phrase):
                total += -strength if _negated(words, at, lexicon) else strength
                used[at : at + size] = [True] * size
    for at, word in enumerate(words):
        if used[at]:
            continue
        found = lexicon.words.get(stem(word))
        if found is not None:
            total += -found if _negated(words, at, lexicon) else found
    limit = p.news_title_limit
    return NEUTRAL + max(-limit, min(limit, total))


def _matches(words: list[str], phrase: tuple[str, ...]) -> bool:
    return all(a == b or stem(a) == stem(b) for a, b in zip(words, phrase, strict=True))


def _negated(words: list[str], at: int, lexicon: Lexicon) -> bool:
    return any(
        word in lexicon.negations or word.endswith("n't")
        for word in words[max(0, at - NEGATION_REACH) : at]
    )


def article_score(
    article: Article, lexicon: Lexicon, p: StrategyParameters
) -> tuple[float, bool]:
    """(0..1, True when the votes decided): votes when there are enough, else the title."""
    v = article.votes
    good = v.positive + 1.5 * v.important + v.liked
    votes = good + v.negative + 1.5 * v.toxic + v.disliked
    by_votes = votes >= p.news_votes_min
    if by_votes:
        sure = min((votes - p.news_votes_min) / p.news_votes_full, 1.0)
        score = NEUTRAL + (good / votes - NEUTRAL) * sure
    else:
        score = headline_score(article.title, lexicon, p)
    if article.panic_score is not None:
        score += (article.panic_score - 50.0) / 500.0
    return max(0.0, min(1.0, score)), by_votes
