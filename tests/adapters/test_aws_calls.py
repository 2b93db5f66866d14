"""What every error of every call that the plugs make of AWS means to us."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from botocore import exceptions as faults
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.retries import standard
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from adapters.aws_calls import (
    ABSENT,
    FORBIDDEN,
    KEYLESS,
    LONGEST,
    THROTTLED,
    UNKNOWN,
    ClientLater,
    as_ours,
    aws_client,
    call,
    code_of,
)
from application.errors import Broken, ConfigurationError, OutsideError, Refused, Retryable
from tests.given.aws_address import aws_at
from tests.given.aws_tables import REGION

ADAPTERS = Path(__file__).parents[2] / "src" / "adapters"

CALLED = {
    "dynamodb": {
        "batch_write_item",
        "get_item",
        "put_item",
        "query",
        "scan",
        "transact_write_items",
        "update_item",
    },
    "s3": {"get_object", "list_objects_v2", "put_object"},
    "sagemaker-runtime": {"invoke_endpoint"},
    "secretsmanager": {"get_secret_value"},
    "sns": {"publish"},
    "sqs": {"delete_message", "receive_message", "send_message"},
    "stepfunctions": {"start_execution"},
}
"""Every operation that a plug calls."""

DECIDED: dict[type[OutsideError], frozenset[str]] = {
    Retryable: frozenset(
        {
            "ExecutionLimitExceeded",
            "InternalDependencyException",
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "InternalServiceError",
            "KMSThrottling",
            "KmsThrottled",
            "KmsThrottlingException",
            "ModelNotReadyException",
            "OverLimit",
            "ProvisionedThroughputExceededException",
            "ReplicatedWriteConflictException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "ServiceUnavailable",
            "ThrottlingException",
            "TransactionConflictException",
            "TransactionInProgressException",
        }
    ),
    Refused: frozenset(
        {
            "AuthorizationError",
            "DecryptionFailure",
            "InvalidObjectState",
            "InvalidSecurity",
            "KMSAccessDenied",
            "KMSDisabled",
            "KMSInvalidState",
            "KMSNotFound",
            "KMSOptInRequired",
            "KmsAccessDenied",
            "KmsAccessDeniedException",
            "KmsDisabled",
            "KmsInvalidKeyUsage",
            "KmsInvalidState",
            "KmsInvalidStateException",
            "KmsNotFound",
            "KmsOptInRequired",
            "NoSuchBucket",
            "NotFound",
            "QueueDoesNotExist",
            "ResourceNotFoundException",
            "StateMachineDeleting",
            "StateMachineDoesNotExist",
        }
    ),
    # what we sent cannot be right, or a plug looks at it before this table does
    Broken: frozenset(
        {
            "ConditionalCheckFailedException",
            "EncryptionTypeMismatch",
            "EndpointDisabled",
            "ExecutionAlreadyExists",
            "IdempotentParameterMismatchException",
            "InvalidAddress",
            "InvalidArn",
            "InvalidExecutionInput",
            "InvalidIdFormat",
            "InvalidMessageContents",
            "InvalidName",
            "InvalidParameter",
            "InvalidParameterException",
            "InvalidRequest",
            "InvalidRequestException",
            "InvalidWriteOffset",
            "ItemCollectionSizeLimitExceededException",
            "ModelError",
            "NoSuchKey",
            "ParameterValueInvalid",
            "PlatformApplicationDisabled",
            "ReceiptHandleIsInvalid",
            "TooManyParts",
            "TransactionCanceledException",
            "UnsupportedOperation",
            "ValidationError",
            "ValidationException",
        }
    ),
}
KIND = {code: kind for kind, codes in DECIDED.items() for code in codes}
NOT_SET_UP = {
    "ConfigNotFound",
    "ConfigParseError",
    "CredentialRetrievalError",
    "InfiniteLoopConfigError",
    "InvalidConfigError",
    "InvalidRegionError",
    "LoginAuthorizationCodeError",
    "LoginError",
    "LoginInsufficientPermissions",
    "LoginRefreshRequired",
    "LoginTokenLoadError",
    "NoAuthTokenError",
    "NoCredentialsError",
    "NoRegionError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "RefreshWithMFAUnsupportedError",
    "SSOError",
    "SSOTokenLoadError",
    "TokenRetrievalError",
    "UnauthorizedSSOTokenError",
    "UnknownCredentialError",
    "UnknownRegionError",
    "UnknownTokenProviderError",
}
ON_THE_WAY = {
    "CapacityNotAvailableError",
    "ChecksumError",
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "ConnectionError",
    "EndpointConnectionError",
    "FlexibleChecksumError",
    "HTTPClientError",
    "IncompleteReadError",
    "MetadataRetrievalError",
    "ProxyConnectionError",
    "ReadTimeoutError",
    "ResponseStreamingError",
    "SSLError",
}


def failed(code: str, status: int = 400, said: str = "as it says") -> ClientError:
    """An error as the client makes it of a reply."""
    reply: Any = {
        "Error": {"Code": code, "Message": said},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(reply, "Operation")


@pytest.fixture(scope="module")
def operations() -> dict[str, dict[str, Any]]:
    """The model of every operation of every service that is called, by its name in Python."""
    session = Session()
    found: dict[str, dict[str, Any]] = {}
    for service in CALLED:
        model = session.get_service_model(service)
        found[service] = {
            xform_name(name): model.operation_model(name) for name in model.operation_names
        }
    return found


def speakers() -> Iterator[tuple[Path, ast.Module]]:
    """Modules of plugs that know botocore or the calls of AWS."""
    for path in sorted(ADAPTERS.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "aws_calls" in text or "botocore" in text:
            yield path, ast.parse(text)


def attributes_of_clients(tree: ast.Module) -> set[str]:
    """Names that are asked of anything called a client."""
    return {
        one.attr
        for one in ast.walk(tree)
        if isinstance(one, ast.Attribute)
        and isinstance(one.value, ast.Name | ast.Attribute)
        and (one.value.id if isinstance(one.value, ast.Name) else one.value.attr)
        in {"client", "_client", "dynamo", "_dynamo"}
    }


def test_every_operation_that_a_plug_calls_is_listed() -> None:
    found = {name for _, tree in speakers() for name in attributes_of_clients(tree)}
    assert found == set().union(*CALLED.values())


def test_no_plug_hides_an_operation_behind_a_name_made_at_run_time() -> None:
    for path, tree in speakers():
        if path.name == "aws_calls.py":
            continue
        called = {
            one.func.id if isinstance(one.func, ast.Name) else getattr(one.func, "attr", "")
            for one in ast.walk(tree)
            if isinstance(one, ast.Call)
        }
        assert not called & {"getattr", "get_paginator", "get_waiter", "resource"}, path.name


def test_every_listed_operation_exists(operations: dict[str, dict[str, Any]]) -> None:
    for service, names in CALLED.items():
        assert names <= set(operations[service])


def test_every_error_of_every_operation_has_a_decided_kind(
    operations: dict[str, dict[str, Any]],
) -> None:
    known = {
        shape.error_code
        for service, names in CALLED.items()
        for name in names
        for shape in operations[service][name].error_shapes
    }
    assert known == set(KIND)


@pytest.mark.parametrize("code", sorted(KIND))
def test_a_code_means_what_was_decided_whatever_its_status(code: str) -> None:
    for status in (0, 400):
        ours = as_ours("try", failed(code, status))
        assert type(ours) is KIND[code]
        assert f"try: An error occurred ({code})" in str(ours)


def test_the_status_that_the_model_gives_changes_no_decision(
    operations: dict[str, dict[str, Any]],
) -> None:
    # S3's missing key is for the plug; here it is a thing that is not there
    for service, names in CALLED.items():
        for name in names:
            for shape in operations[service][name].error_shapes:
                status = shape.metadata.get("error", {}).get("httpStatusCode", 400)
                ours = as_ours("try", failed(shape.error_code, status))
                wanted = Refused if shape.error_code == "NoSuchKey" else KIND[shape.error_code]
                assert type(ours) is wanted, shape.error_code


def test_what_the_client_tries_again_by_itself_is_for_later() -> None:
    again = (
        standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
        standard.TransientRetryableChecker._TRANSIENT_ERROR_CODES,
    )
    for codes in again:
        assert set(codes) <= THROTTLED
    for kind in standard.TransientRetryableChecker._TRANSIENT_EXCEPTION_CLS:
        assert type(as_ours("try", of_class(kind))) is Retryable


def test_no_code_means_two_things() -> None:
    groups = (ABSENT, FORBIDDEN, KEYLESS, THROTTLED, UNKNOWN)
    assert len(frozenset().union(*groups)) == sum(map(len, groups))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (0, Broken),
        (200, Broken),
        (301, Broken),
        (400, Broken),
        (401, Refused),
        (403, Refused),
        (404, Refused),
        (409, Broken),
        (429, Retryable),
        (500, Retryable),
        (502, Retryable),
        (503, Retryable),
        (504, Retryable),
        (530, Retryable),
    ],
)
def test_an_unknown_code_is_judged_by_its_status(status: int, kind: type[OutsideError]) -> None:
    for code in ("NobodyHeardOfIt", "", str(status)):
        assert type(as_ours("try", failed(code, status))) is kind


@pytest.mark.parametrize("code", sorted(UNKNOWN))
def test_credentials_that_are_wrong_or_expired_are_said_to_be(code: str) -> None:
    ours = as_ours("read", failed(code, 403))
    assert type(ours) is Refused
    assert "credentials in use are wrong or have expired" in str(ours)


@pytest.mark.parametrize("code", sorted(FORBIDDEN))
def test_what_is_forbidden_speaks_of_the_permission(code: str) -> None:
    assert "lacks this permission" in str(as_ours("read", failed(code)))


@pytest.mark.parametrize("code", sorted(KEYLESS))
def test_what_cannot_be_decrypted_speaks_of_the_key(code: str) -> None:
    assert "encryption key" in str(as_ours("read", failed(code)))


@pytest.mark.parametrize("code", sorted(ABSENT))
def test_what_is_not_there_asks_for_the_deployment(code: str) -> None:
    assert "deployed?" in str(as_ours("read", failed(code)))


def of_class(kind: type[Exception]) -> Exception:
    """An error of a class, with whatever its text needs."""
    if not issubclass(kind, BotoCoreError):
        return kind()
    more = {"last_response": {}} if kind is faults.WaiterError else {}
    return kind(**more, **{name: "x" for _, name, _, _ in Formatter().parse(kind.fmt) if name})


def every_fault(base: type[BotoCoreError] = BotoCoreError) -> Iterator[type[BotoCoreError]]:
    for kind in base.__subclasses__():
        if kind.__module__ == faults.__name__:
            yield kind
        yield from every_fault(kind)


@pytest.mark.parametrize("kind", sorted(set(every_fault()), key=lambda one: one.__name__))
def test_every_fault_of_the_client_has_a_decided_kind(kind: type[BotoCoreError]) -> None:
    ours = as_ours("try", of_class(kind))
    if kind.__name__ in NOT_SET_UP:
        assert type(ours) is ConfigurationError
        assert "aws configure" in str(ours)
    else:
        assert type(ours) is (Retryable if kind.__name__ in ON_THE_WAY else Broken)


def test_every_name_of_a_fault_is_one() -> None:
    assert {one.__name__ for one in every_fault()} >= (NOT_SET_UP | ON_THE_WAY)


@given(code=st.text(max_size=40), status=st.integers(0, 599), said=st.text(max_size=2_000))
def test_any_reply_becomes_one_short_line_that_names_what_was_tried(
    code: str, status: int, said: str
) -> None:
    ours = as_ours("read the table", failed(code, status, said))
    text = str(ours)
    assert isinstance(ours, OutsideError)
    assert text.startswith("read the table: ")
    assert text.splitlines() == [text]
    assert len(text) < LONGEST + 200


@pytest.mark.parametrize("reply", [{}, {"Error": {}}, {"ResponseMetadata": {}}])
def test_a_reply_without_a_code_is_broken(reply: Any) -> None:
    error = ClientError(reply, "Operation")
    assert code_of(error) == ""
    assert type(as_ours("try", error)) is Broken


def test_only_an_error_of_a_service_has_a_code() -> None:
    assert code_of(failed("NotFound")) == "NotFound"
    assert code_of(faults.NoRegionError()) == ""
    assert code_of(RuntimeError("NotFound")) == ""


def test_a_call_gives_the_answer_or_our_error_with_its_cause() -> None:
    assert call("try", lambda **given: given, a=1) == {"a": 1}
    theirs = failed("ThrottlingException")

    def fails() -> None:
        raise theirs

    with pytest.raises(Retryable, match=r"^try: ") as caught:
        call("try", fails)
    assert caught.value.__cause__ is theirs


def test_a_bug_of_ours_is_no_error_of_aws() -> None:
    with pytest.raises(TypeError):
        call("try", lambda: None, nonsense=1)


def test_a_call_without_credentials_says_how_to_give_them() -> None:
    with aws_at("http://127.0.0.1:1"):
        client = aws_client("sqs", attempts=1)
    client._request_signer._credentials = None
    with pytest.raises(ConfigurationError, match=r"credentials.*aws configure"):
        call("read the queue", client.receive_message, QueueUrl="http://127.0.0.1:1/q")
    client.close()


def test_an_address_where_nobody_listens_is_retryable() -> None:
    with aws_at("http://127.0.0.1:1"):
        client = aws_client("sqs", attempts=1)
    with pytest.raises(Retryable, match="read the queue"):
        call("read the queue", client.receive_message, QueueUrl="http://127.0.0.1:1/q")
    client.close()


def test_arguments_that_no_service_takes_are_broken() -> None:
    with aws_at("http://127.0.0.1:1"):
        client = aws_client("sqs", attempts=1)
    with pytest.raises(Broken, match="read the queue: Parameter validation failed") as caught:
        call("read the queue", client.receive_message, QueueUrl=7)
    assert "\n" not in str(caught.value)
    client.close()


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp//x y"])
def test_an_address_that_is_none_is_named_when_the_client_is_made(url: str) -> None:
    with aws_at(url), pytest.raises(ConfigurationError, match=r"AWS \(sqs\)"):
        aws_client("sqs")


def test_a_client_gives_up_soon_and_tries_as_often_as_it_was_told() -> None:
    with aws_at():
        client = aws_client("sqs", read_s=3, attempts=2, region=REGION)
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (2.0, 3)
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}
    client.close()


def test_a_client_for_later_is_made_once_and_when_it_is_asked() -> None:
    with aws_at():
        later = ClientLater("sqs", region=REGION)
        assert "_made" not in vars(later)
        assert later.meta is later.meta
        assert later.meta.region_name == REGION
        later.close()
