"""Starts the state machine that analyses all pairs."""

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws_calls import as_ours, code_of

_STARTED: Final = "ExecutionAlreadyExists"
_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")
LONGEST: Final = 80
"""Characters of an execution's name."""


class StepFunctionsStarter:
    """Executions named after their analysis: one that is started already is started.

    An express workflow does not look at names and may run twice.
    """

    def __init__(self, client: Any, state_machine_arn: str, pairs: Sequence[str]) -> None:
        self._client = client
        self._arn = state_machine_arn
        self._pairs = list(pairs)

    async def start(self, analysis: str, at: int, cause: str) -> None:
        """Begin the analysis of a tick (ms). Raises Retryable, Refused or Broken."""
        given = {"analysis": analysis, "at": at, "cause": cause, "pairs": self._pairs}
        try:
            self._client.start_execution(
                stateMachineArn=self._arn,
                name=_name(analysis),
                input=json.dumps(given),
            )
        except (ClientError, BotoCoreError) as error:
            if code_of(error) != _STARTED:
                raise as_ours("the state machine", error) from error


def _name(analysis: str) -> str:
    """The analysis itself where it can be a name; else what is left of it, and its digest."""
    name = _NOT_IN_A_NAME.sub("-", analysis)
    if name == analysis and 0 < len(name) <= LONGEST:
        return name
    digest = sha256(analysis.encode()).hexdigest()[:16]
    return f"{name[: LONGEST - 1 - len(digest)]}-{digest}"
