"""Every Slack message, in the terminal."""

import json

import pytest
from click.testing import CliRunner

from adapters.notifier.slack.examples import EXAMPLES
from adapters.notifier.slack_fake import judged
from entrypoints.cli.slack_preview import command


def preview(*options: str):
    return CliRunner().invoke(command, options)


def test_all_messages_are_shown_in_japanese():
    ran = preview()
    assert ran.exit_code == 0
    for name in EXAMPLES:
        assert name in ran.output
    for words in ("購入しました", "▰", "損切りライン", "日次レポート", "+1,575円"):
        assert words in ran.output
    assert "&lt;" not in ran.output


def test_named_messages_are_shown_in_english():
    ran = preview("--language", "en", "stop-loss")
    assert "reached its stop" in ran.output
    assert "daily-report" not in ran.output


def test_json_is_what_would_be_posted():
    ran = preview("--json", "--language", "en")
    bodies = json.loads(ran.output)
    assert list(bodies) == list(EXAMPLES)
    for posts in bodies.values():
        for post in posts:
            judged(json.dumps(post).encode())


@pytest.mark.parametrize("options", [["--language", "fr"], ["unheard-of"]])
def test_wrong_use_is_told(options):
    ran = preview(*options)
    assert ran.exit_code == 2
    assert "ja" in ran.output or "choose from" in ran.output
