"""Starts the state machine that analyses all pairs."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws_calls import as_ours, code_of

_STARTED: Final = "ExecutionAlreadyExists"
_NOT_IN_A_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")
LONGEST: Final = 80


class StepFunctionsStarter:
    """Executions named after their analysis: one that is started already is started."""

    def __init__(self, client: Any, state_machine_arn: str, pairs: Sequence[str]) -> None:
        self._client = client
        self._arn = state_machine_arn
        self._pairs = list(pairs)

    async def start(self, analysis: str, at: int, cause: str) -> None:
        """Begin the analysis of a tick (ms). Raises Retryable or Refused."""
        given = {"analysis": analysis, "at": at, "cause": cause, "pairs": self._pairs}
        try:
            self._client.start_execution(
                stateMachineArn=self._arn,
                name=_NOT_IN_A_NAME.sub("-", analysis)[:LONGEST],
                input=json.dumps(given),
            )
        except (ClientError, BotoCoreError) as error:
            if code_of(error) != _STARTED:
                raise as_ours("the state machine", error) from error
