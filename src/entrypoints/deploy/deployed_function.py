"""A function as it is deployed: what its environment says, and calling it by hand."""

import json
from collections.abc import Mapping
from typing import Any, Final

from adapters.aws_calls import call
from application.errors import Broken
from entrypoints.deploy.clients import Aws

WARM_UP_S: Final = 320.0
"""The function's own 300 s, and what the way there takes."""


def environment_of(aws: Aws, function: str) -> Mapping[str, str]:
    """The variables of a function. Raises Refused where there is none; some are secrets."""
    answer = aws.ask(
        f"look at function {function}",
        "lambda",
        "get_function_configuration",
        FunctionName=function,
    )
    found: Mapping[str, str] = answer.get("Environment", {}).get("Variables", {})
    return found


def invoke(aws: Aws, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a function. Raises Broken with its own words where it failed."""
    # the client of its own: an answer takes minutes, and asking twice would do it twice
    client = aws.apart("lambda", read_s=WARM_UP_S, attempts=1)
    answer = call(
        f"call of {function}",
        client.invoke,
        FunctionName=function,
        InvocationType="RequestResponse",
        Payload=json.dumps(dict(event)).encode(),
    )
    payload = answer["Payload"].read().decode("utf-8", "replace")
    try:
        found = json.loads(payload or "{}")
    except ValueError:
        found = {"errorMessage": payload[:300]}
    if answer.get("FunctionError"):
        raise Broken(f"{function} failed: {_said(found)}")
    return found if isinstance(found, dict) else {"answer": found}


def _said(found: Any) -> str:
    if not isinstance(found, dict):
        return str(found)
    kind, text = found.get("errorType"), found.get("errorMessage", "without words")
    return f"{kind}: {text}" if kind else str(text)
