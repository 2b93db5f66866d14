"""What each Slack message looks like on the wire, by file."""

import json
from pathlib import Path

from adapters.notifier.slack.examples import EXAMPLES
from adapters.notifier.slack.layout import posts
from adapters.notifier.slack.words import LANGUAGES, words_of

SLACK = Path(__file__).parent / "slack"


def files() -> dict[Path, str]:
    """Every golden file with the text that it should hold."""
    return {
        SLACK / f"{name}.{language}.json": json.dumps(
            posts(message, words_of(language)), ensure_ascii=False, indent=1
        )
        + "\n"
        for name, message in EXAMPLES.items()
        for language in LANGUAGES
    }
