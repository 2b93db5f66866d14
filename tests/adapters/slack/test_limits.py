"""Whatever a message holds, Slack shows it, and nobody is pinged by what others wrote."""

import json
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.notifier.slack import blocks
from adapters.notifier.slack.examples import EXAMPLES
from adapters.notifier.slack.layout import posts
from adapters.notifier.slack.words import LANGUAGES, Words, words_of
from adapters.notifier.slack_fake import judged
from application.messages import ErrorSeen, Message, Plain, Ranking, Trouble
from tests.given.events import values_of

MARKUP = ["<!channel>", "<@U1>", "<http://x|y>", "&", "*", "`", "```", "_", "~", "\\", '"', "\n"]
nasty = st.text(st.characters(), max_size=60) | st.lists(
    st.sampled_from([*MARKUP, "\x00", "\u202e", "\ud83d", "😀", "👩‍👩‍👧", "円", "a"]), max_size=40
).map("".join)
huge = st.tuples(nasty, st.integers(1, 20_000)).map(
    lambda given: (given[0] * given[1])[:40_000] if given[0] else ""
)


def shown(message: Message, language: str) -> list[dict]:
    """What the fake shows of a message; it raises when a limit is broken."""
    return [
        judged(json.dumps(post, ensure_ascii=False).encode())
        for post in posts(message, words_of(language))
    ]


def texts(post: dict) -> list[str]:
    """All texts of a post."""
    found = [post["text"]]
    for block in post["blocks"]:
        found += [block["text"]["text"]] if "text" in block else []
        found += [one["text"] for key in ("fields", "elements") for one in block.get(key, [])]
    return found


def check(message: Message, language: str) -> None:
    said = shown(message, language)
    assert 1 <= len(said) <= blocks.MOST_PARTS
    for post in said:
        for text in texts(post):
            assert not {"<", ">"} & {*text}
            assert all(part.startswith(("amp;", "lt;", "gt;")) for part in text.split("&")[1:])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", get_args(Message), ids=lambda kind: kind.__name__)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=20)
@given(data=st.data())
def test_any_message_is_within_all_limits(kind, language, data):
    check(data.draw(values_of(kind)), language)


@pytest.mark.parametrize("language", LANGUAGES)
@settings(deadline=None, max_examples=40)
@given(text=huge, name=nasty)
def test_huge_and_nasty_texts_are_within_all_limits(text, name, language):
    check(Plain(text), language)
    check(Trouble(name, text), language)
    check(ErrorSeen(text, name, 0), language)


@pytest.mark.parametrize("count", [44, 45, 46, 60, 400])
def test_more_coins_than_fit_are_split_and_then_cut(count):
    ranking = EXAMPLES["ranking-buy"]
    assert isinstance(ranking, Ranking)
    import attrs

    many = attrs.evolve(
        ranking,
        coins=ranking.coins[:1] * count,
        positions=ranking.positions[:1] * count,
        refused=ranking.refused[:1] * count,
    )
    said = shown(many, "ja")
    assert len(said) == min(blocks.MOST_PARTS, len(said))
    told = sum(text.count("Ethereum") for post in said for text in texts(post)[1:])
    cut = words_of("ja").label("cut")
    assert told == count or cut in texts(said[-1])
    check(many, "en")


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("abc&lt;d", 7, "abc…"),
        ("ab&amp;cdef", 8, "ab&amp;…"),
        ("😀😀😀", 5, "😀😀…"),
        ("😀😀😀", 6, "😀😀😀"),
    ],
)
def test_what_is_too_long_is_cut_between_letters(text, most, cut):
    assert blocks.clamped(text, most) == cut
    assert blocks.length(cut) <= most


def test_a_ping_in_outside_text_is_only_text():
    (post,) = posts(Trouble("<!channel>", "see <https://x|y> & ```<!here>```"), words_of("en"))
    said = "\n".join(texts(post))
    assert "&lt;!channel&gt;" in said
    assert "&lt;!here&gt;" in said
    assert "<" not in said


def placeholders(table: object, path: str = "") -> dict[str, list[str]]:
    """The names to be filled in, by place in a table."""
    import string

    if isinstance(table, dict):
        return {
            name: names
            for key, inner in table.items()
            for name, names in placeholders(inner, f"{path}.{key}").items()
        }
    every = table if isinstance(table, list) else [table]
    return {
        path: [*sorted(name for text in every for _, name, _, _ in string.Formatter().parse(text)
                       if name)]
    }  # fmt: skip


def test_both_languages_say_the_same_things_with_the_same_facts():
    japanese, english = (words_of(language) for language in LANGUAGES)
    assert isinstance(japanese, Words)
    assert placeholders(japanese.table) == placeholders(english.table)


def test_every_guard_and_task_has_a_name_in_words():
    from entrypoints.backtest.wording import GUARDS

    named = words_of("ja").table["guards"].keys()
    assert named >= GUARDS.keys() - {"dust", "position_open", "exchange", "not_sent"}
