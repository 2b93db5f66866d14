"""What is asked of SageMaker, S3 and IAM for one endpoint: each call short, each error ours."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import attrs
from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import S3Transfer

from adapters.aws_calls import as_ours, aws_client, call, code_of
from application.errors import OutsideError, Refused, Retryable
from entrypoints.forecast_endpoint.wanted import FOLDER, Wanted

UPLOAD_S: Final = 60.0
_UNKNOWN: Final = frozenset({"ValidationException", "ValidationError"})
_ARCHIVE: Final = re.compile(FOLDER + r"/[0-9a-f]{16}/model\.tar\.gz")
_ABSENT: Final = ("could not find", "does not exist", "not found")


@attrs.frozen(slots=True, weakref_slot=False)
class State:
    """An endpoint as it is."""

    status: str
    config: str
    failure: str
    concurrent: int


class Cloud:
    """The services of one region; `make` makes a client of a service."""

    def __init__(self, region: str, make: Callable[..., Any] = aws_client) -> None:
        self.region = region
        self._sagemaker = make("sagemaker", region=region)
        self._s3 = make("s3", region=region, read_s=UPLOAD_S)
        self._sts = make("sts", region=region)
        self._iam = make("iam", region=region)

    def account(self) -> str:
        """The account's number."""
        number: str = call("ask who we are", self._sts.get_caller_identity)["Account"]
        return number

    def role(self, named: str) -> str:
        """The ARN of a role; one that is an ARN already is taken as it is."""
        if named.startswith("arn:"):
            return named
        try:
            arn: str = call(f"find role {named}", self._iam.get_role, RoleName=named)["Role"]["Arn"]
        except OutsideError as error:
            if code_of(error.__cause__ or error) != "NoSuchEntity":
                raise
            raise Refused(
                f"there is no role {named}: name one with --role that SageMaker may assume, with "
                f"s3:GetObject on the models bucket and the right to pull images and write logs"
            ) from None
        return arn

    def state(self, endpoint: str) -> State | None:
        """How an endpoint stands; None where there is none."""
        told = self._found(
            f"look at endpoint {endpoint}", self._sagemaker.describe_endpoint, EndpointName=endpoint
        )
        if told is None:
            return None
        return State(
            told["EndpointStatus"],
            told["EndpointConfigName"],
            told.get("FailureReason", ""),
            sum(map(_concurrency, told.get("ProductionVariants", []))),
        )

    def others(self, endpoint: str) -> dict[str, int]:
        """MaxConcurrency of every other serverless endpoint of the region."""
        names = self._pages("list the endpoints", self._sagemaker.list_endpoints, "Endpoints")
        states = {
            one["EndpointName"]: self.state(one["EndpointName"])
            for one in names
            if one["EndpointName"] != endpoint
        }
        return {name: one.concurrent for name, one in states.items() if one and one.concurrent}

    def has_archive(self, wanted: Wanted) -> bool:
        """Whether the archive lies in the bucket. Raises Refused where there is no bucket."""
        told = call(
            f"look into {wanted.bucket}",
            self._s3.list_objects_v2,
            Bucket=wanted.bucket,
            Prefix=wanted.key,
        )
        return any(one["Key"] == wanted.key for one in told.get("Contents", []))

    def upload(self, wanted: Wanted, path: Path, sent: Callable[[int], None]) -> None:
        """Put the archive there, in parts; `sent` is told the bytes of each."""
        what = f"upload {path.name} to {wanted.bucket}"
        try:
            call(
                what,
                S3Transfer(self._s3).upload_file,
                filename=str(path),
                bucket=wanted.bucket,
                key=wanted.key,
                callback=sent,
            )
        except S3UploadFailedError as error:
            cause = error.__context__
            raise (as_ours(what, cause) if cause else Retryable(f"{what}: {error}")) from error

    def remove_archive(self, bucket: str, key: str) -> None:
        """Take an archive away; one that is not there is no error."""
        call(f"remove {key}", self._s3.delete_object, Bucket=bucket, Key=key)

    def archives(self, bucket: str) -> list[str]:
        """The keys of all archives of this command; none where there is no bucket."""
        try:
            told = call(
                f"look into {bucket}",
                self._s3.list_objects_v2,
                Bucket=bucket,
                Prefix=f"{FOLDER}/",
            )
        except Refused as error:
            if code_of(error.__cause__ or error) != "NoSuchBucket":
                raise
            return []
        keys = [one["Key"] for one in told.get("Contents", [])]
        return [one for one in keys if _ARCHIVE.fullmatch(one)]

    def has_model(self, name: str) -> bool:
        """Whether a model of this name is there."""
        ask = self._sagemaker.describe_model
        return self._found(f"look at model {name}", ask, ModelName=name) is not None

    def create_model(self, wanted: Wanted) -> None:
        """The image together with the archive."""
        call(
            f"create model {wanted.name}",
            self._sagemaker.create_model,
            ModelName=wanted.name,
            ExecutionRoleArn=wanted.role,
            PrimaryContainer={
                "Image": wanted.image,
                "ModelDataUrl": f"s3://{wanted.bucket}/{wanted.key}",
                "Environment": {"HF_HUB_OFFLINE": "1"},
            },
        )

    def has_config(self, name: str) -> bool:
        """Whether a configuration of this name is there."""
        ask = self._sagemaker.describe_endpoint_config
        return self._found(f"look at config {name}", ask, EndpointConfigName=name) is not None

    def create_config(self, wanted: Wanted) -> None:
        """Serverless, so large, so many at once."""
        call(
            f"create config {wanted.name}",
            self._sagemaker.create_endpoint_config,
            EndpointConfigName=wanted.name,
            ProductionVariants=[
                {
                    "VariantName": "all",
                    "ModelName": wanted.name,
                    "ServerlessConfig": {
                        "MemorySizeInMB": wanted.memory_mb,
                        "MaxConcurrency": wanted.concurrent,
                    },
                }
            ],
        )

    def create_endpoint(self, endpoint: str, config: str) -> None:
        """A new endpoint."""
        call(
            f"create endpoint {endpoint}",
            self._sagemaker.create_endpoint,
            EndpointName=endpoint,
            EndpointConfigName=config,
        )

    def update_endpoint(self, endpoint: str, config: str) -> None:
        """Another configuration for an endpoint that is there; it serves meanwhile."""
        call(
            f"update endpoint {endpoint}",
            self._sagemaker.update_endpoint,
            EndpointName=endpoint,
            EndpointConfigName=config,
        )

    def delete_endpoint(self, endpoint: str) -> bool:
        """Whether there was one to delete."""
        ask = self._sagemaker.delete_endpoint
        return self._found(f"delete {endpoint}", ask, EndpointName=endpoint) is not None

    def delete_config(self, name: str) -> bool:
        """Whether there was one to delete."""
        ask = self._sagemaker.delete_endpoint_config
        return self._found(f"delete config {name}", ask, EndpointConfigName=name) is not None

    def delete_model(self, name: str) -> bool:
        """Whether there was one to delete."""
        ask = self._sagemaker.delete_model
        return self._found(f"delete model {name}", ask, ModelName=name) is not None

    def made(self, endpoint: str) -> list[str]:
        """Names of all models and configurations that this command made for an endpoint."""
        asked = (
            (self._sagemaker.list_models, "Models", "ModelName"),
            (self._sagemaker.list_endpoint_configs, "EndpointConfigs", "EndpointConfigName"),
        )
        found = {
            one[name]
            for ask, kind, name in asked
            for one in self._pages(f"list {kind}", ask, kind, NameContains=endpoint)
        }
        return sorted(one for one in found if is_ours(one, endpoint))

    def _found(self, what: str, work: Any, **arguments: Any) -> Any:
        """The answer; None where it says that there is no such thing."""
        try:
            return call(what, work, **arguments)
        except OutsideError as error:
            is_unknown = code_of(error.__cause__ or error) in _UNKNOWN
            if is_unknown and any(word in str(error).lower() for word in _ABSENT):
                return None
            raise

    def _pages(self, what: str, work: Any, kind: str, **arguments: Any) -> Iterator[Any]:
        more: dict[str, str] = {}
        while True:
            page = call(what, work, **arguments, **more)
            yield from page[kind]
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}


def is_ours(name: str, endpoint: str) -> bool:
    """Whether a model or configuration has a name that this command gives."""
    tail = name.removeprefix(f"{endpoint}-")
    return tail != name and len(tail) == 12 and not set(tail) - set("0123456789abcdef")


def _concurrency(variant: Any) -> int:
    serverless = variant.get("DesiredServerlessConfig") or variant.get("CurrentServerlessConfig")
    return int(serverless.get("MaxConcurrency", 0)) if serverless else 0
