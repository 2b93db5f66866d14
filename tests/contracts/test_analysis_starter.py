"""What every starter of analyses promises; a plug joins with one line in STARTERS."""

import asyncio
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import attrs
import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from adapters.analysis_starter.in_process import InProcessStarter
from adapters.analysis_starter.step_functions import LONGEST, StepFunctionsStarter
from application.errors import Broken, OutsideError, Refused, Retryable
from application.ports.analysis_starter import AnalysisStarter
from domain.identity import analysis_id
from tests.given.aws_client import LostReplies, Watched
from tests.given.aws_tables import REGION

AT = 1_760_000_100_000
CAUSE = "ticks/17"
PAIRS = ("btc_usdt", "eth_usdt")
ARN = f"arn:aws:states:{REGION}:123456789012:stateMachine:eth-trading-analysis"
MACHINE = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 9, "End": True}}}


@attrs.frozen
class Made:
    """A starter, and what it has started so far: (analysis, tick, cause), oldest first."""

    starter: AnalysisStarter
    started: Callable[[], list[tuple[str, int, str]]]


def states_client() -> Any:
    return boto3.client(
        "stepfunctions",
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - no secret
    )


def with_machine(client: Any) -> str:
    """The state machine of a stage; its ARN."""
    arn: str = client.create_state_machine(
        name="eth-trading-analysis",
        definition=json.dumps(MACHINE),
        roleArn="arn:aws:iam::123456789012:role/eth-trading-analysis",
    )["stateMachineArn"]
    return arn


def inputs(client: Any, arn: str) -> list[dict[str, Any]]:
    """What executions were given, oldest first."""
    found = client.list_executions(stateMachineArn=arn)["executions"]
    told = [client.describe_execution(executionArn=one["executionArn"]) for one in found]
    return [json.loads(one["input"]) for one in sorted(told, key=lambda one: one["startDate"])]


def in_process() -> Iterator[Made]:
    starter = InProcessStarter()
    yield Made(starter, lambda: list(starter.waiting))


def step_functions() -> Iterator[Made]:
    """In moto."""
    with mock_aws():
        client = states_client()
        arn = with_machine(client)

        def started() -> list[tuple[str, int, str]]:
            return [(one["analysis"], one["at"], one["cause"]) for one in inputs(client, arn)]

        yield Made(StepFunctionsStarter(client, arn, PAIRS), started)
        client.close()


STARTERS = {"in_process": in_process, "step_functions": step_functions}


@pytest.fixture(params=list(STARTERS))
def made(request: pytest.FixtureRequest) -> Iterator[Made]:
    """A fresh starter that has started nothing."""
    yield from STARTERS[request.param]()


@pytest.mark.asyncio(loop_scope="function")
async def test_nothing_is_started_before_it_is_asked_for(made: Made) -> None:
    assert made.started() == []


@pytest.mark.asyncio(loop_scope="function")
async def test_what_is_started_has_its_tick_and_its_cause(made: Made) -> None:
    wanted = [(analysis_id(AT + n * 300_000), AT + n * 300_000, f"ticks/{n}") for n in range(3)]
    for one in wanted:
        await made.starter.start(*one)
    assert made.started() == wanted


@pytest.mark.asyncio(loop_scope="function")
async def test_one_analysis_started_twice_is_one_analysis(made: Made) -> None:
    for _ in range(2):
        await made.starter.start("20251009T0855Z", AT, CAUSE)
    assert set(made.started()) == {("20251009T0855Z", AT, CAUSE)}


@pytest.mark.asyncio(loop_scope="function")
async def test_ids_that_differ_are_analyses_that_differ(made: Made) -> None:
    ids = ["a/b", "a-b", "a b", "", "x" * LONGEST, "x" * LONGEST + "1", "x" * LONGEST + "2", "円"]
    for one in ids:
        await made.starter.start(one, AT, CAUSE)
    assert {analysis for analysis, _, _ in made.started()} == set(ids)


@given(first=st.text(max_size=90), second=st.text(max_size=90))
@settings(max_examples=200, deadline=None)
def test_a_name_fits_the_service_and_is_nobody_elses(first: str, second: str) -> None:
    sent: list[str] = []
    client = SimpleNamespace(start_execution=lambda **given: sent.append(given["name"]))
    starter = StepFunctionsStarter(client, ARN, PAIRS)
    for one in (first, second):
        asyncio.run(starter.start(one, AT, CAUSE))
    assert (sent[0] == sent[1]) is (first == second)
    for name in sent:
        assert 1 <= len(name) <= LONGEST
        assert all(one.isascii() and (one.isalnum() or one in "_-") for one in name)


@pytest.mark.asyncio(loop_scope="function")
async def test_an_execution_is_told_the_pairs_and_bears_the_analysis_as_its_name() -> None:
    with mock_aws():
        client = states_client()
        arn = with_machine(client)
        await StepFunctionsStarter(client, arn, PAIRS).start("20251009T0855Z", AT, CAUSE)
        (one,) = client.list_executions(stateMachineArn=arn)["executions"]
        assert one["name"] == "20251009T0855Z"
        assert inputs(client, arn) == [
            {"analysis": "20251009T0855Z", "at": AT, "cause": CAUSE, "pairs": list(PAIRS)}
        ]
        client.close()


@pytest.mark.asyncio(loop_scope="function")
async def test_one_that_is_over_is_not_started_again() -> None:
    with mock_aws():
        client = states_client()
        arn = with_machine(client)
        starter = StepFunctionsStarter(client, arn, PAIRS)
        await starter.start("20251009T0855Z", AT, CAUSE)
        (one,) = client.list_executions(stateMachineArn=arn)["executions"]
        client.stop_execution(executionArn=one["executionArn"])
        await starter.start("20251009T0855Z", AT, CAUSE)
        await starter.start("20251009T0855Z", AT, "ticks/18")
        assert len(inputs(client, arn)) == 1
        client.close()


@pytest.mark.asyncio(loop_scope="function")
async def test_a_start_whose_answer_was_lost_is_one_execution() -> None:
    with mock_aws():
        client = states_client()
        arn = with_machine(client)
        lost = LostReplies(client, "StartExecution", 1, service="sfn")
        await StepFunctionsStarter(client, arn, PAIRS).start("20251009T0855Z", AT, CAUSE)
        assert lost.sent == 2
        assert len(inputs(client, arn)) == 1
        client.close()


@pytest.mark.asyncio(loop_scope="function")
async def test_a_state_machine_that_is_not_there_is_named() -> None:
    with mock_aws():
        client = states_client()
        with pytest.raises(Refused, match=r"eth-trading-analysis.*deployed"):
            await StepFunctionsStarter(client, ARN, PAIRS).start("a", AT, CAUSE)
        client.close()


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        ("ExecutionLimitExceeded", Retryable),
        ("ThrottlingException", Retryable),
        ("KmsThrottlingException", Retryable),
        ("AccessDeniedException", Refused),
        ("StateMachineDeleting", Refused),
        ("InvalidArn", Broken),
        (EndpointConnectionError(endpoint_url="https://states"), Retryable),
    ],
)
@pytest.mark.asyncio(loop_scope="function")
async def test_what_keeps_it_from_starting_is_told_as_ours(
    failure: str | Exception, kind: type[OutsideError]
) -> None:
    if isinstance(failure, str):
        told = {"Error": {"Code": failure, "Message": "no"}}
        failure = ClientError(told, "StartExecution")
    error = failure

    def fails(real: object, **_: object) -> None:
        raise error

    client = Watched(SimpleNamespace(start_execution=None), start_execution=fails)
    with pytest.raises(OutsideError, match="the state machine") as caught:
        await StepFunctionsStarter(client, ARN, PAIRS).start("a", AT, CAUSE)
    assert type(caught.value) is kind
