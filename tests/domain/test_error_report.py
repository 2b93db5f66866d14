"""Recorded lines of each kind: which of them a human is told of."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instant import MINUTE
from domain.upkeep.alert_cooldown import COOLDOWN, may_alert
from domain.upkeep.error_report import LONGEST, error_in

TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\nValueError: no price'
STRUCTURED = {
    "timestamp": "2026-02-08T14:00:00Z",
    "level": "ERROR",
    "message": "the order queue does not answer",
    "service": "aggregator",
}
RUNTIME = {
    "timestamp": "2026-02-08T14:00:00Z",
    "log_level": "ERROR",
    "errorType": "Refused",
    "errorMessage": "log: AccessDenied",
    "stackTrace": ["..."],
}
LINES = [
    ("START RequestId: 1 Version: $LATEST", None),
    ("END RequestId: 1", None),
    ("REPORT RequestId: 1 Duration: 12 ms Billed Duration: 13 ms", None),
    ("[INFO] 3 candles stored", None),
    ("[INFO] Traceback (most recent call last): of a test", None),
    ("[ERROR] Throttled, retrying in 0.4 s", None),
    ("[ERROR] ThrottlingException: expected behavior of a cold endpoint", None),
    ('{"level": "INFO", "message": "6 prices"}', None),
    ('{"level": "WARNING", "message": "late"}', None),
    ('{"level": "ERROR", "message": "ThrottlingException, retrying in 2 s"}', None),
    ("[ERROR] no price of ETH", "[ERROR] no price of ETH"),
    (TRACEBACK, "ValueError: no price"),
    ("    raise Exception('lost')", "raise Exception('lost')"),
    ("2026-02-08 1 Task timed out after 60.06 seconds", None),
    (json.dumps(STRUCTURED), "the order queue does not answer"),
    (json.dumps(RUNTIME), "Refused: log: AccessDenied"),
    (json.dumps({"level": "INFO", "message": TRACEBACK}), "ValueError: no price"),
    (json.dumps({"level": "ERROR"}), "an error without words"),
    ("{not JSON [ERROR] at all", "{not JSON [ERROR] at all"),
    ("[1, 2]", None),
    ("", None),
]
LINES[13] = (LINES[13][0], LINES[13][0])


@pytest.mark.parametrize(("line", "said"), LINES)
def test_each_kind_of_line(line: str, said: str | None) -> None:
    assert error_in(line) == said


@given(st.text())
def test_whatever_a_function_prints_is_read(line: str) -> None:
    said = error_in(line)
    assert said is None or 0 < len(said) <= LONGEST
    assert error_in("[ERROR] " + line) is None or "\n" not in (error_in("[ERROR] " + line) or "")


def test_one_alert_and_then_quiet_for_half_an_hour() -> None:
    assert COOLDOWN == 30 * MINUTE
    assert may_alert(None, 0)
    assert not may_alert(1_000, 1_000)
    assert not may_alert(1_000, 1_000 + COOLDOWN - 1)
    assert may_alert(1_000, 1_000 + COOLDOWN)
    assert may_alert(1_000 + COOLDOWN, 0), "a clock set back must not silence it for ever"
