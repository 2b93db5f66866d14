"""The small plugs of AWS, with the contracts of their ports, against an emulator of AWS.

Run by `python -m tests.rehearsal.emulator EMULATOR_PYTHON python -m pytest THIS_FILE`.
"""

import itertools
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.analysis_starter.step_functions import StepFunctionsStarter
from adapters.clock.simulated import SimulatedClock
from adapters.notifier.sns import SnsNotifier
from adapters.report_archive.s3 import S3Archive
from adapters.secrets.aws_secrets import AwsSecrets
from application.errors import ConfigurationError, Refused
from application.messages import Plain
from tests.contracts.sqs_queues import sqs_at, sqs_client
from tests.contracts.test_order_queue import (  # noqa: F401 - the contract again
    NOW,
    Made,
    test_a_dead_letter_can_be_sent_again_and_stays_listed_once,
    test_a_message_that_is_not_done_comes_again_with_a_new_receipt,
    test_a_message_whose_time_ran_out_waits,
    test_after_three_receives_it_is_a_dead_letter_and_the_next_has_its_turn,
    test_an_empty_queue_gives_none,
    test_an_old_receipt_takes_nothing_off,
    test_an_order_in_flight_can_be_sent_again_once,
    test_an_order_that_waits_is_no_second_message,
    test_orders_come_out_in_the_order_sent,
    test_while_one_is_in_flight_the_next_must_not_overtake,
)
from tests.contracts.test_report_archive import (  # noqa: F401 - the contract again
    test_an_empty_archive_has_nothing,
    test_names_are_in_order,
    test_the_newest_of_a_name_stays,
    test_what_is_put_comes_back,
)
from tests.given.aws_tables import REGION
from tests.rehearsal.emulator import ADDRESS

if ADDRESS not in os.environ:
    pytest.skip(
        f"{ADDRESS} is not set to the http address of an emulator; tests/rehearsal/emulator.py "
        "starts one",
        allow_module_level=True,
    )

pytestmark = pytest.mark.asyncio(loop_scope="function")
_names = itertools.count()


def connect(service: str) -> Any:
    return sqs_client(os.environ[ADDRESS], service)


def fresh(name: str) -> str:
    """A name that no test had before."""
    return f"{name}-{os.getpid()}-{next(_names)}"


@pytest.fixture
def made() -> Iterator[Made]:
    client = connect("sqs")
    yield sqs_at(client, f"{fresh('stage')}-", NOW)
    client.close()


@pytest.fixture
def archive() -> Iterator[S3Archive]:
    client, bucket = connect("s3"), fresh("reports")
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield S3Archive(client, bucket, "reports/")
    client.close()


async def test_a_bucket_that_is_not_there_is_refused() -> None:
    client = connect("s3")
    with pytest.raises(Refused, match="the report bucket"):
        await S3Archive(client, fresh("nowhere")).get("a")
    client.close()


async def test_an_analysis_is_started_once() -> None:
    client, name = connect("stepfunctions"), fresh("analysis")
    arn = client.create_state_machine(
        name=name,
        definition=json.dumps(
            {"StartAt": "On", "States": {"On": {"Type": "Wait", "Seconds": 30, "End": True}}}
        ),
        roleArn="arn:aws:iam::000000000000:role/any",
    )["stateMachineArn"]
    starter = StepFunctionsStarter(client, arn, ("btc_usdt",))
    await starter.start("20251009T0855Z", NOW, "ticks/1")
    await starter.start("20251009T0855Z", NOW, "ticks/2")
    (one,) = client.list_executions(stateMachineArn=arn)["executions"]
    assert one["name"] == "20251009T0855Z"
    client.stop_execution(executionArn=one["executionArn"])
    with pytest.raises(Refused, match="the state machine"):
        await StepFunctionsStarter(client, f"{arn}-not", ()).start("a", NOW, "ticks/1")
    client.close()


async def test_a_secret_is_read_and_one_that_is_not_there_is_named() -> None:
    client, name = connect("secretsmanager"), fresh("coincheck")
    client.create_secret(Name=name, SecretString='{"key_id": "a"}')
    secrets = AwsSecrets(client, SimulatedClock(NOW))
    assert dict(await secrets.get(name)) == {"key_id": "a"}
    with pytest.raises(ConfigurationError, match="no secret nowhere"):
        await secrets.get("nowhere")
    client.close()


async def test_a_message_is_published() -> None:
    client = connect("sns")
    arn = client.create_topic(Name=fresh("alerts"))["TopicArn"]
    notifier = SnsNotifier(client, arn)
    await notifier.tell(Plain("円安: two\nlines"))
    assert (notifier.posted, notifier.last_error) == (1, None)
    client.delete_topic(TopicArn=arn)
    await SnsNotifier(client, arn).tell(Plain("to nobody"))
    client.close()
