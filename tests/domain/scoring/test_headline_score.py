"""What a headline says: phrases, words in any inflection, negations."""

import tomllib
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.news_feed.lexicon import load_lexicon
from domain.parameters import STANDARD
from domain.scoring.headline_score import (
    STRENGTHS,
    Lexicon,
    LexiconError,
    forms_of,
    headline_score,
)

NOTHING: dict[str, list[str]] = {"strong": [], "medium": [], "weak": []}
SMALL = {
    "negations": ["no", "not"],
    "irregular": {"fall": ["fell"]},
    "phrases": {
        "bullish": NOTHING | {"strong": ["golden cross"], "weak": ["cross"]},
        "bearish": NOTHING | {"medium": ["below key support"], "strong": ["no golden cross"]},
    },
    "words": {
        "bullish": NOTHING | {"strong": ["surge"], "medium": ["golden"], "weak": ["up"]},
        "bearish": NOTHING | {"strong": ["crash"], "medium": ["fall"], "weak": ["slip"]},
    },
}
LEXICON = Lexicon.from_mapping(SMALL)
SHIPPED = load_lexicon()
DATA: dict[str, Any] = tomllib.loads(
    files("domain.scoring").joinpath("headline_lexicon.toml").read_text(encoding="utf-8")
)


def small(title: str) -> float:
    """Distance from neutral by the small lexicon."""
    return round(headline_score(title, LEXICON, STANDARD) - 0.5, 9)


def shipped(title: str) -> float:
    """Distance from neutral by the lexicon that ships."""
    return round(headline_score(title, SHIPPED, STANDARD) - 0.5, 9)


@pytest.mark.parametrize("verb", ["surge", "surges", "surged", "surging", "SURGES", "Surged,"])
def test_every_inflection_counts(verb: str) -> None:
    assert small(f"Ether {verb} today") == 0.20


@pytest.mark.parametrize("verb", ["fall", "falls", "falling", "fell"])
def test_irregular_forms_come_from_the_file(verb: str) -> None:
    assert small(f"Ether {verb}") == -0.12


@pytest.mark.parametrize(
    ("base", "form"),
    [
        ("rally", "rallies"),
        ("rally", "rallied"),
        ("slip", "slipped"),
        ("ban", "banning"),
        ("recover", "recovered"),
        ("rebound", "rebounds"),
        ("crash", "crashes"),
        ("hold", "holding"),
        ("loss", "losses"),
        ("decline", "declining"),
        ("buy", "buying"),
        ("dip", "dips"),
    ],
)
def test_regular_inflections_of(base: str, form: str) -> None:
    assert form in forms_of(base, {})


def test_the_coin_sol_is_not_the_word_sold() -> None:
    assert shipped("SOL and FUN and BNB today") == 0.0


def test_a_word_inside_a_matched_phrase_is_not_counted_again() -> None:
    assert small("Golden cross on Ether") == 0.20
    assert small("Golden Ether") == 0.12


def test_the_longer_phrase_wins() -> None:
    assert small("No golden cross on Ether") == -0.20


def test_a_negation_flips_a_word_up_to_three_words_later() -> None:
    assert small("Ether did not surge") == -0.20
    assert small("not a big surge") == -0.20
    assert small("not a very big surge") == 0.20


def test_a_negation_after_the_word_flips_nothing() -> None:
    assert small("Surge is not over") == 0.20


def test_contractions_negate() -> None:
    assert small("Ether doesn't surge") == -0.20
    assert small("Ether doesn\u2019t surge") == -0.20


def test_key_support_alone_is_not_bearish() -> None:
    assert shipped("Bitcoin at key support") >= 0.0
    assert shipped("Bitcoin falls below key support") < 0.0


@pytest.mark.parametrize(
    ("title", "sign"),
    [
        ("Bitcoin surges to all-time high as ETF inflows accelerate", 1),
        ("SEC approves spot Ethereum ETF", 1),
        ("Whales are accumulating XRP, on-chain data shows", 1),
        ("Solana rallies after mainnet launch", 1),
        ("Crypto exchange hacked, $200M stolen", -1),
        ("Bitcoin plunges as Fed hikes rates", -1),
        ("SEC sues exchange over unregistered securities", -1),
        ("Dogecoin fails to break resistance, slides 5%", -1),
        ("What is a blockchain?", 0),
        ("", 0),
    ],
)
def test_the_shipped_lexicon_reads_headlines_as_a_human_does(title: str, sign: int) -> None:
    score = shipped(title)
    assert (score > 0) - (score < 0) == sign


def test_a_title_moves_at_most_0_4() -> None:
    assert small("surge surge surge up") == 0.4
    assert small("crash crash crash") == -0.4


@given(st.text(max_size=80))
def test_any_text_scores_between_0_1_and_0_9(title: str) -> None:
    assert 0.1 <= headline_score(title, SHIPPED, STANDARD) <= 0.9


@given(st.permutations(["surge", "up", "crash", "ether", "slip"]))
def test_without_negation_the_order_of_words_does_not_matter(words: list[str]) -> None:
    assert small(" ".join(words)) == 0.0


def test_no_form_is_both_bullish_and_bearish() -> None:
    forms = {}
    for side in ("bullish", "bearish"):
        forms[side] = {
            form
            for name in STRENGTHS
            for word in DATA["words"][side][name]
            for form in forms_of(word, DATA["irregular"])
        }
    assert not forms["bullish"] & forms["bearish"]


def test_no_word_stands_in_the_lexicon_twice() -> None:
    for kind in ("words", "phrases"):
        texts = [one for side in DATA[kind].values() for some in side.values() for one in some]
        assert len(texts) == len(set(texts))
        assert len(texts) >= 150


def test_words_of_the_lexicon_are_single() -> None:
    words = [one for side in DATA["words"].values() for some in side.values() for one in some]
    assert all(one.isalpha() and one.islower() for one in words)


def test_a_lexicon_without_a_part_names_it() -> None:
    broken = SMALL | {"words": {"bullish": NOTHING, "bearish": {"strong": [], "medium": []}}}
    with pytest.raises(LexiconError, match=r"words\.bearish\.weak"):
        Lexicon.from_mapping(broken)
    with pytest.raises(LexiconError, match=r"words\.bullish\.strong"):
        Lexicon.from_mapping({})
