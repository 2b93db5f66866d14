"""One headline -> bullish or bearish, by phrases first, then words; an article by its votes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from domain.errors import DomainError
from domain.market.article import Article
from domain.parameters import StrategyParameters

NEUTRAL = 0.5
STRENGTHS = {"strong": 0.20, "medium": 0.12, "weak": 0.06}
NEGATION_REACH = 3
"""A negation flips what starts at most so many words after it."""

_WORD = re.compile(r"[a-z0-9$%]+(?:'[a-z]+)?")
_VOWELS = frozenset("aeiou")
_SIBILANTS = ("s", "sh", "ch", "x", "z")


class LexiconError(DomainError, ValueError):
    """The lexicon file lacks a part; the text names it."""


@attrs.frozen(slots=True, weakref_slot=False)
class Phrase:
    """Words that count together, each in any of its forms, and their signed strength."""

    words: tuple[frozenset[str], ...]
    strength: float

    def starts(self, title: Sequence[str], at: int) -> bool:
        """True when the title has this phrase at that word."""
        return len(title) - at >= len(self.words) and all(
            title[at + offset] in forms for offset, forms in enumerate(self.words)
        )


@attrs.frozen(slots=True, weakref_slot=False)
class Lexicon:
    """Signed strengths of words by form, and phrases by each form of their first word.

    Of phrases with one first word the longest comes first.
    """

    phrases: Mapping[str, tuple[Phrase, ...]]
    words: Mapping[str, float]
    negations: frozenset[str]

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> "Lexicon":
        """From a file's tables; words stand there in their base form and are inflected here.

        {phrases|words: {bullish|bearish: {strong|medium|weak: [...]}}, negations: [...],
        irregular: {word: [form, ...]}}. Raises LexiconError that names a missing part.
        """
        irregular = data.get("irregular", {})
        words: dict[str, float] = {}
        by_first: dict[str, list[Phrase]] = {}
        for word, strength in _entries(data, "words"):
            words |= dict.fromkeys(sorted(forms_of(word, irregular)), strength)
        for text, strength in _entries(data, "phrases"):
            parts = tuple(forms_of(word, irregular) for word in words_of(text))
            for first in sorted(parts[0]):
                by_first.setdefault(first, []).append(Phrase(parts, strength))
        # longer phrases first, so that a part of one never speaks for the whole
        phrases = {
            first: tuple(sorted(some, key=lambda one: -len(one.words)))
            for first, some in by_first.items()
        }
        return cls(phrases, words, frozenset(data.get("negations", ())))


def _entries(data: Mapping[str, Any], kind: str) -> Iterator[tuple[str, float]]:
    """Each text of one kind with its signed strength."""
    for side, sign in (("bullish", 1.0), ("bearish", -1.0)):
        for name, strength in STRENGTHS.items():
            try:
                texts = data[kind][side][name]
            except (KeyError, TypeError):
                raise LexiconError(f"the lexicon lacks {kind}.{side}.{name}") from None
            for text in texts:
                yield text, sign * strength


def words_of(text: str) -> list[str]:
    """Lower-case words, in order; a hyphen parts words, an apostrophe does not."""
    return _WORD.findall(text.lower().replace("\u2019", "'"))


def forms_of(word: str, irregular: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """A base form and its regular and listed inflections: surge, surges, surged, surging.

    A last consonant is written both once and twice (slipped, hoped against recovered): a form
    that English lacks does no harm.
    """
    forms = {word, word + ("es" if word.endswith(_SIBILANTS) else "s")}
    if word.endswith("e"):
        stems, past = {word[:-1]}, {word + "d"}
    elif word.endswith("y") and word[-2:-1] not in _VOWELS:
        forms.add(word[:-1] + "ies")
        stems, past = {word}, {word[:-1] + "ied"}
    else:
        stems = {word}
        if word[-1] not in "aeiouwxy" and word[-2:-1] in _VOWELS:
            stems.add(word + word[-1])
        past = {stem + "ed" for stem in stems}
    return frozenset(forms | past | {stem + "ing" for stem in stems} | {*irregular.get(word, ())})


def headline_score(title: str, lexicon: Lexicon, p: StrategyParameters) -> float:
    """0..1 with 0.5 neutral, at most `news_title_limit` away from it."""
    words = words_of(title)
    total, at, negated_to = 0.0, 0, -1
    while at < len(words):
        word = words[at]
        phrase = next((o for o in lexicon.phrases.get(word, ()) if o.starts(words, at)), None)
        strength = phrase.strength if phrase else lexicon.words.get(word, 0.0)
        total += -strength if at <= negated_to else strength
        if phrase is None and (word in lexicon.negations or word.endswith("n't")):
            negated_to = at + NEGATION_REACH
        at += len(phrase.words) if phrase else 1
    limit = p.news_title_limit
    return NEUTRAL + max(-limit, min(limit, total))


def article_score(article: Article, lexicon: Lexicon, p: StrategyParameters) -> tuple[float, bool]:
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
