"""What every place of secrets promises; a plug joins with one line in PLACES."""

import json
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import attrs
import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from adapters.clock.simulated import SimulatedClock
from adapters.secrets.aws_secrets import AwsSecrets
from adapters.secrets.environment import EnvironmentSecrets
from adapters.secrets.in_memory import InMemorySecrets
from application.errors import Broken, ConfigurationError, Refused, Retryable
from application.ports.secrets import Secrets
from tests.given.aws_client import Watched
from tests.given.aws_tables import REGION

pytestmark = pytest.mark.asyncio(loop_scope="function")
NOW = 1_760_000_000_000
NAME = "eth-trading-coincheck"
HIDDEN = "h1dden-c0ntent"
FIELDS = {"key_id": "of the key", "secret": HIDDEN}
OTHER = {"token": f"other {HIDDEN} \u5186"}
GIVEN = {NAME: FIELDS, "news": OTHER}


def secrets_client() -> Any:
    return boto3.client(
        "secretsmanager",
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - no secret
    )


@attrs.define
class Cloud:
    """Secrets Manager in moto, what was asked of it, and the plug in front of it."""

    client: Any
    asked: Watched
    clock: SimulatedClock
    secrets: AwsSecrets

    @property
    def times(self) -> int:
        """How often it was asked."""
        return self.asked.calls["get_secret_value"]


def in_cloud() -> Iterator[Cloud]:
    with mock_aws():
        client = secrets_client()
        for name, fields in GIVEN.items():
            client.create_secret(Name=name, SecretString=json.dumps(fields))
        watched, clock = Watched(client), SimulatedClock(NOW)
        yield Cloud(client, watched, clock, AwsSecrets(watched, clock))
        client.close()


def aws() -> Iterator[Secrets]:
    for cloud in in_cloud():
        yield cloud.secrets


def environment() -> Iterator[Secrets]:
    yield EnvironmentSecrets(
        {
            "ETH_TRADING_COINCHECK_KEY_ID": "of the key",
            "ETH_TRADING_COINCHECK_SECRET": HIDDEN,
            "NEWS_TOKEN": OTHER["token"],
            "NEWSPAPER": HIDDEN,
            "HOME": "somewhere",
            "OLD_SECRET": "",
        }
    )


def in_memory() -> Iterator[Secrets]:
    yield InMemorySecrets(GIVEN)


PLACES: dict[str, Callable[[], Iterator[Secrets]]] = {
    "in_memory": in_memory,
    "environment": environment,
    "aws": aws,
}


@pytest.fixture(params=PLACES)
def secrets(request: pytest.FixtureRequest) -> Iterator[Secrets]:
    """A place that holds GIVEN."""
    yield from PLACES[request.param]()


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Secrets Manager with GIVEN in it."""
    yield from in_cloud()


def shown(failure: BaseException) -> str:
    """Everything of an error that anybody could print: its texts, its causes, what they hold."""
    texts = ["".join(traceback.format_exception(failure))]
    one: BaseException | None = failure
    while one is not None:
        texts += [repr(one), repr(one.args), repr(getattr(one, "__dict__", {}))]
        one = one.__cause__ or one.__context__
    return "\n".join(texts)


async def test_a_secret_has_the_fields_that_it_was_given(secrets: Secrets) -> None:
    for name, fields in GIVEN.items():
        assert dict(await secrets.get(name)) == fields


@pytest.mark.parametrize("name", ["nowhere", "old"])
async def test_a_secret_that_is_not_there_is_named(secrets: Secrets, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no secret {name}: .*") as caught:
        await secrets.get(name)
    assert HIDDEN not in shown(caught.value)


async def test_no_secret_is_without_a_name(secrets: Secrets) -> None:
    with pytest.raises((ConfigurationError, Broken)):
        await secrets.get("")


async def test_nothing_that_prints_the_place_shows_a_secret(secrets: Secrets) -> None:
    await secrets.get(NAME)
    assert HIDDEN not in f"{secrets!r} {secrets} {secrets:}"


async def test_what_is_done_to_an_answer_stays_with_who_did_it(secrets: Secrets) -> None:
    answer: Mapping[str, str] = await secrets.get(NAME)
    with suppress(TypeError):
        answer["secret"] = "changed"  # type: ignore[index]  # noqa: S105 - no secret
    assert dict(await secrets.get(NAME)) == FIELDS


async def test_variables_are_read_when_they_are_asked_for_and_an_empty_one_is_none() -> None:
    variables = {"NEWS_TOKEN": "a", "NEWS_KEY_ID": ""}
    secrets = EnvironmentSecrets(variables)
    assert dict(await secrets.get("news")) == {"token": "a"}
    variables["NEWS_TOKEN"] = "b"  # noqa: S105 - no secret
    assert dict(await secrets.get("news")) == {"token": "b"}


async def test_variables_of_a_longer_name_are_fields_of_the_shorter_one() -> None:
    secrets = EnvironmentSecrets({"NEWS_JAPAN_TOKEN": "a"})
    assert dict(await secrets.get("news")) == {"japan_token": "a"}
    assert dict(await secrets.get("news-japan")) == {"token": "a"}


async def test_what_to_set_is_said_in_the_words_of_a_shell() -> None:
    with pytest.raises(ConfigurationError, match="ETH_TRADING_2_COINCHECK_KEY_ID"):
        await EnvironmentSecrets({}).get("eth-trading-2/coincheck")


async def test_aws_is_asked_once_in_ten_minutes(cloud: Cloud) -> None:
    for moment in (0, 1, 599_999):
        cloud.clock.move_to(NOW + moment)
        assert dict(await cloud.secrets.get(NAME)) == FIELDS
    assert cloud.times == 1
    cloud.client.put_secret_value(SecretId=NAME, SecretString='{"secret": "turned"}')
    assert (await cloud.secrets.get(NAME))["secret"] == HIDDEN
    cloud.clock.move_to(NOW + 600_000)
    assert dict(await cloud.secrets.get(NAME)) == {"secret": "turned"}
    assert cloud.times == 2


async def test_each_secret_is_remembered_for_itself(cloud: Cloud) -> None:
    await cloud.secrets.get(NAME)
    cloud.clock.move_to(NOW + 300_000)
    await cloud.secrets.get("news")
    cloud.clock.move_to(NOW + 600_000)
    await cloud.secrets.get("news")
    assert cloud.times == 2
    await cloud.secrets.get(NAME)
    assert cloud.times == 3


async def test_what_is_missing_is_asked_for_again_at_once(cloud: Cloud) -> None:
    with pytest.raises(ConfigurationError):
        await cloud.secrets.get("late")
    cloud.client.create_secret(Name="late", SecretString='{"a": "b"}')
    assert dict(await cloud.secrets.get("late")) == {"a": "b"}


@pytest.mark.parametrize(
    "content",
    [
        HIDDEN,
        f'{{"secret": "{HIDDEN}"',
        f'["{HIDDEN}"]',
        f'"{HIDDEN}"',
        f'{{"secret": "{HIDDEN}", "n": 1}}',
        f'{{"secret": {{"deep": "{HIDDEN}"}}}}',
        f'{{"secret": "{HIDDEN}", "none": null}}',
        "null",
        "[" * 30_000 + HIDDEN,
    ],
)
async def test_what_is_no_object_of_texts_is_named_and_not_shown(
    cloud: Cloud, content: str
) -> None:
    cloud.client.create_secret(Name="odd", SecretString=content)
    with pytest.raises(ConfigurationError, match="the secret odd is no JSON object") as caught:
        await cloud.secrets.get("odd")
    assert HIDDEN not in shown(caught.value)


async def test_a_secret_of_bytes_is_no_object_of_texts(cloud: Cloud) -> None:
    cloud.client.create_secret(Name="odd", SecretBinary=HIDDEN.encode())
    with pytest.raises(ConfigurationError, match="the secret odd is no JSON object") as caught:
        await cloud.secrets.get("odd")
    assert HIDDEN not in shown(caught.value)


async def test_a_secret_that_is_marked_for_deletion_says_so(cloud: Cloud) -> None:
    cloud.client.delete_secret(SecretId=NAME)
    with pytest.raises(ConfigurationError, match=f"{NAME} is marked for deletion"):
        await cloud.secrets.get(NAME)


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("AccessDeniedException", Refused, "lacks this permission"),
        ("DecryptionFailure", Refused, "encryption key"),
        ("UnrecognizedClientException", Refused, "credentials"),
        ("ThrottlingException", Retryable, ""),
        ("InternalServiceError", Retryable, ""),
        ("InvalidParameterException", Broken, ""),
    ],
)
async def test_what_aws_refuses_is_told_as_ours_with_the_name(
    cloud: Cloud, code: str, kind: type[Exception], said: str
) -> None:
    def refused(real: object, **_: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetSecretValue")

    await cloud.secrets.get(NAME)
    cloud.clock.move_to(NOW + 600_000)
    cloud.asked.instead["get_secret_value"] = refused
    with pytest.raises(kind, match=rf"the secret {NAME}.*{said}") as caught:
        await cloud.secrets.get(NAME)
    assert HIDDEN not in shown(caught.value)
    assert HIDDEN not in repr(cloud.secrets)


async def test_a_line_that_is_down_is_retryable() -> None:
    def down(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://secretsmanager")

    client = SimpleNamespace(get_secret_value=down)
    with pytest.raises(Retryable, match=NAME):
        await AwsSecrets(client, SimulatedClock(NOW)).get(NAME)
