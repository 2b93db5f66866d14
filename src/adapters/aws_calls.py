"""Calls of AWS: one way to make a client, and one table of what its errors mean to us.

Every call is short and blocks: a function does one thing at a time and is billed for waiting
either way. What is written is written so that writing it twice is harmless; so a lost answer is
Retryable here, never in doubt.
"""

from typing import Any, Final

from botocore import exceptions as faults
from botocore.config import Config
from botocore.session import Session

from application.errors import Broken, ConfigurationError, OutsideError, Refused, Retryable

CONNECT_S: Final = 2.0
READ_S: Final = 10.0
ATTEMPTS: Final = 3

THROTTLED: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "ExecutionLimitExceeded",
        "InternalDependencyException",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "KMSThrottling",
        "KmsThrottled",
        "KmsThrottlingException",
        "LimitExceededException",
        "ModelNotReadyException",
        "OverLimit",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
        "TransientError",
    }
)
"""Codes that mean: later."""
FORBIDDEN: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "InvalidObjectState",
        "InvalidSecurity",
        "KMSAccessDenied",
        "KMSOptInRequired",
        "KmsAccessDenied",
        "KmsAccessDeniedException",
        "KmsOptInRequired",
        "NotAuthorized",
        "OptInRequired",
        "UnauthorizedOperation",
    }
)
"""Codes that mean: somebody who may not do this."""
UNKNOWN: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""Codes that mean: nobody knows who asks, or not any more."""
ABSENT: Final = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchBucket",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
        "StateMachineDeleting",
        "StateMachineDoesNotExist",
        "TableNotFoundException",
    }
)
"""Codes that mean: what a stage is made of is not there."""
KEYLESS: Final = frozenset(
    {
        "DecryptionFailure",
        "KMSDisabled",
        "KMSInvalidState",
        "KMSNotFound",
        "KmsDisabled",
        "KmsInvalidKeyUsage",
        "KmsInvalidState",
        "KmsInvalidStateException",
        "KmsNotFound",
    }
)
"""Codes that mean: the key of an encrypted thing cannot be used."""
LONGEST: Final = 500
"""Characters of what AWS says that are told."""
_NOT_SET_UP = (
    faults.NoCredentialsError,
    faults.PartialCredentialsError,
    faults.CredentialRetrievalError,
    faults.NoRegionError,
    faults.InvalidRegionError,
    faults.ProfileNotFound,
    faults.ConfigNotFound,
    faults.ConfigParseError,
    faults.InvalidConfigError,
    faults.TokenRetrievalError,
    faults.SSOError,
    faults.LoginError,
    faults.NoAuthTokenError,
    faults.RefreshWithMFAUnsupportedError,
    faults.UnknownCredentialError,
    faults.UnknownRegionError,
    faults.UnknownTokenProviderError,
)
_ON_THE_WAY = (
    faults.ConnectionError,
    faults.HTTPClientError,
    faults.ResponseStreamingError,
    faults.IncompleteReadError,
    faults.CapacityNotAvailableError,
    faults.ChecksumError,
    faults.FlexibleChecksumError,
    faults.MetadataRetrievalError,
)


def aws_client(
    service: str, *, read_s: float = READ_S, attempts: int = ATTEMPTS, region: str | None = None
) -> Any:
    """A client that gives up soon enough for a function of 30 s; `attempts` include the first.

    Region, credentials and AWS_ENDPOINT_URL come from the environment, as everywhere on AWS.
    Raises ConfigurationError where they are not set.
    """
    config = Config(
        connect_timeout=CONNECT_S,
        read_timeout=read_s,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    try:
        # boto3 wraps this same client, and would add a third to the start of a function
        return Session().create_client(service, region_name=region, config=config)
    except (faults.BotoCoreError, ValueError) as error:  # an address that is none is a ValueError
        raise ConfigurationError(f"AWS ({service}): {error}; set it up with `aws configure`") from (
            error
        )


class ClientLater:
    """A client that is made when it is first asked for something: making one takes a while."""

    def __init__(self, service: str, **options: Any) -> None:
        self._service = service
        self._options = options

    def __getattr__(self, name: str) -> Any:
        made = self.__dict__.get("_made")
        if made is None:
            made = self.__dict__["_made"] = aws_client(self._service, **self._options)
        return getattr(made, name)


def code_of(error: BaseException) -> str:
    """The code of an AWS error, such as ConditionalCheckFailedException; "" for any other."""
    if not isinstance(error, faults.ClientError):
        return ""
    code: str = error.response.get("Error", {}).get("Code", "")
    return code


def as_ours(what: str, error: BaseException) -> OutsideError | ConfigurationError:
    """What an error of botocore means to us; `what` was tried, in words."""
    said = f"{what}: {' '.join(str(error).split())[:LONGEST]}"
    if isinstance(error, _NOT_SET_UP):
        return ConfigurationError(f"{said}; set it up with `aws configure`")
    if isinstance(error, _ON_THE_WAY):
        return Retryable(said)
    if not isinstance(error, faults.ClientError):
        return Broken(said)
    return _of_service(said, error)


def _of_service(said: str, error: faults.ClientError) -> OutsideError:
    """By the code, and by the HTTP status where the code says nothing to us."""
    code = code_of(error)
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in THROTTLED or status == 429 or status >= 500:
        return Retryable(said)
    if code in UNKNOWN or status == 401:
        return Refused(f"{said}; the credentials in use are wrong or have expired: set them anew")
    if code in FORBIDDEN or status == 403:
        return Refused(f"{said}; the role or key in use lacks this permission")
    if code in KEYLESS:
        return Refused(f"{said}; the encryption key must be enabled and open to the role in use")
    if code in ABSENT or status == 404:
        return Refused(f"{said}; has this stage been deployed?")
    return Broken(said)


def call(what: str, work: Any, /, **arguments: Any) -> Any:
    """The answer of a client's method. Raises OutsideError or ConfigurationError."""
    try:
        return work(**arguments)
    except (faults.ClientError, faults.BotoCoreError) as error:
        raise as_ours(what, error) from error
