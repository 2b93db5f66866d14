"""Slack messages look as they did; `python -m tests.golden` writes them anew."""

import json
from typing import get_args

import pytest

from adapters.notifier.slack.examples import EXAMPLES
from adapters.notifier.slack_fake import judged
from application.messages import Happened, Message, ToldEvent
from tests.golden.slack_files import SLACK, files

FILES = files()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_message_is_as_in_its_golden_file(path):
    assert path.read_text(encoding="utf-8") == FILES[path]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_slack_would_show_it(path):
    for post in json.loads(FILES[path]):
        assert judged(json.dumps(post).encode()) == post


def test_no_golden_file_is_left_over():
    assert sorted(SLACK.glob("*.json")) == sorted(FILES)


def test_every_kind_of_message_and_of_told_event_has_an_example():
    assert {type(one) for one in EXAMPLES.values()} == {*get_args(Message)}
    told = {type(one.event) for one in EXAMPLES.values() if isinstance(one, Happened)}
    assert told == {*get_args(ToldEvent)}
