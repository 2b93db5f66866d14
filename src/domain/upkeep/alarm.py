"""What an alarm of the cloud says, in one sentence."""

import json
from typing import Final

LONGEST: Final = 600


def sentence_of(subject: str, message: str) -> str:
    """The alarm's name, its new state and why; of anything else the subject and the text."""
    try:
        alarm = json.loads(message)
    except ValueError:
        alarm = None
    if isinstance(alarm, dict) and alarm.get("AlarmName"):
        state = alarm.get("NewStateValue", "?")
        why = alarm.get("NewStateReason", "")
        words = f"{alarm['AlarmName']}: {state}. {why}"
    else:
        words = f"{subject}: {message}" if subject else message
    words = words.strip()
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
