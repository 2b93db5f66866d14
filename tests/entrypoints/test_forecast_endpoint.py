"""The endpoint of forecasts against moto: made once, changed, taken away, and nothing left over."""

import asyncio
import io
import json
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import boto3
import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner
from moto import mock_aws
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from adapters.clock.simulated import SimulatedClock
from adapters.forecaster.weights import weights_in
from adapters.loopback.server import serving
from application.errors import Broken, ConfigurationError, InputError, Refused, Retryable
from entrypoints.cli.forecast_endpoint import command
from entrypoints.forecast_endpoint.cloud import Cloud
from entrypoints.forecast_endpoint.deploy import LIMIT_S, delete, deploy
from entrypoints.forecast_endpoint.hub import fetch_weights
from entrypoints.forecast_endpoint.wanted import Wanted, image_of
from tests.given.aws_address import aws_at

ROOT = Path(__file__).parents[2]
CODE = ROOT / "infra" / "chronos"
REGION = "ap-northeast-1"
NAME = "eth-trading-chronos-base"
BUCKET = "eth-trading-models-123456789012"
ROLE = "arn:aws:iam::123456789012:role/eth-trading-sagemaker-execution"


@cache
def client(service: str) -> Any:
    """One for all tests: making one takes longer than all that it is asked."""
    session = boto3.Session("testing", "testing", region_name=REGION)
    return session.client(service)


class SageMaker:
    """moto's, which is at once in service, made to take its time, to fail, and to be updated.

    `coming` are the statuses that the next looks at our endpoint find; None is the real one.
    """

    def __init__(self, real: Any) -> None:
        self.real = real
        self.coming: list[str | None] = []
        self.failing: dict[str, BaseException] = {}
        self.update_fails = False
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        def called(**arguments: Any) -> Any:
            self.calls[name] += 1
            if name in self.failing:
                raise self.failing[name]
            if name == "update_endpoint":
                return self.update(**arguments)
            answer = getattr(self.real, name)(**arguments)
            if name == "describe_endpoint" and arguments["EndpointName"] == NAME and self.coming:
                status = self.coming.pop(0)
                return answer if status is None else answer | self.said(status)
            return answer

        return called

    def said(self, status: str) -> dict[str, str]:
        failed = {"FailureReason": "the container did not answer"} if status == "Failed" else {}
        return {"EndpointStatus": status, **failed}

    def update(self, EndpointName: str, EndpointConfigName: str) -> None:  # noqa: N803
        """moto has no update_endpoint. One that fails goes back to what it was."""
        if not self.update_fails:
            self.real.delete_endpoint(EndpointName=EndpointName)
            self.real.create_endpoint(
                EndpointName=EndpointName, EndpointConfigName=EndpointConfigName
            )


@attrs.define
class Bench:
    """A region of moto with the stage's bucket and role, and weights to deploy."""

    folder: Path
    sagemaker: SageMaker
    cloud: Cloud
    clock: SimulatedClock
    said: list[str]

    def wanted(self, content: bytes = b"weights", **given: Any) -> Wanted:
        folder = self.folder / content.decode()
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(content)
        usual = {
            "endpoint": NAME,
            "bucket": BUCKET,
            "role": ROLE,
            "image": image_of(REGION),
            "weights": weights_in(folder),
            "code": CODE,
        }
        return Wanted(**{**usual, **given})

    def deploy(self, wanted: Wanted | None = None) -> bool:
        return asyncio.run(
            deploy(wanted or self.wanted(), self.cloud, self.clock, self.said.append)
        )

    def delete(self) -> int:
        return asyncio.run(delete(NAME, BUCKET, self.cloud, self.clock, self.said.append))

    def there(self) -> dict[str, list[str]]:
        """All that exists in the region."""
        real = self.sagemaker.real
        objects = client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {
            "endpoints": [one["EndpointName"] for one in real.list_endpoints()["Endpoints"]],
            "configs": [
                one["EndpointConfigName"] for one in real.list_endpoint_configs()["EndpointConfigs"]
            ],
            "models": [one["ModelName"] for one in real.list_models()["Models"]],
            "archives": [one["Key"] for one in objects],
        }


NOTHING = {"endpoints": [], "configs": [], "models": [], "archives": []}


@pytest.fixture
def bench(tmp_path) -> Iterator[Bench]:
    with mock_aws(), aws_at():
        client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        sagemaker = SageMaker(client("sagemaker"))

        def make(service: str, *, region: str, **_: Any) -> Any:
            if service == "sagemaker":
                return sagemaker
            return client(service)

        yield Bench(tmp_path, sagemaker, Cloud(REGION, make), SimulatedClock(), [])


def test_all_parts_are_made_and_fit_together(bench) -> None:
    wanted = bench.wanted()
    assert bench.deploy(wanted)
    name = wanted.name
    assert bench.there() == {
        "endpoints": [NAME],
        "configs": [name],
        "models": [name],
        "archives": [wanted.key],
    }
    real = bench.sagemaker.real
    model = real.describe_model(ModelName=name)
    assert model["ExecutionRoleArn"] == ROLE
    assert model["PrimaryContainer"]["ModelDataUrl"] == f"s3://{BUCKET}/{wanted.key}"
    assert model["PrimaryContainer"]["Image"].endswith("-cpu-py312-ubuntu22.04")
    (variant,) = real.describe_endpoint_config(EndpointConfigName=name)["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 6144, "MaxConcurrency": 8}
    assert real.describe_endpoint(EndpointName=NAME)["EndpointConfigName"] == name
    content = client("s3").get_object(Bucket=BUCKET, Key=wanted.key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert "code/inference.py" in archive.getnames()
        assert archive.extractfile("model.safetensors").read() == b"weights"


def test_the_same_again_is_nothing_to_do(bench) -> None:
    bench.deploy()
    before = bench.there()
    bench.sagemaker.calls.clear()
    assert not bench.deploy()
    assert bench.there() == before
    assert set(bench.sagemaker.calls) == {"describe_endpoint"}


def test_it_is_waited_for_and_each_status_is_said_once(bench) -> None:
    bench.sagemaker.coming = []
    wanted = bench.wanted()
    original = bench.sagemaker.real.create_endpoint

    class Slow:
        def __getattr__(self, name: str) -> Any:
            if name == "create_endpoint":
                bench.sagemaker.coming = ["Creating"] * 12
                return original
            return getattr(real, name)

    real, bench.sagemaker.real = bench.sagemaker.real, Slow()
    assert bench.deploy(wanted)
    assert bench.clock.now() == 12 * 10_000
    assert [one for one in bench.said if "Creating" in one] == [f"endpoint {NAME}: Creating (0 s)"]


def test_an_interrupted_attempt_is_waited_for_not_repeated(bench) -> None:
    bench.deploy()
    bench.sagemaker.calls.clear()
    bench.sagemaker.coming = ["Creating", "Creating", "Creating"]
    assert not bench.deploy()
    assert bench.clock.now() == 2 * 10_000
    assert not any(one.startswith(("create", "update", "delete")) for one in bench.sagemaker.calls)


def test_other_weights_update_it_and_the_former_parts_go(bench) -> None:
    bench.deploy()
    other = bench.wanted(b"others")
    assert bench.deploy(other)
    there = bench.there()
    assert (there["configs"], there["models"]) == ([other.name], [other.name])
    assert bench.sagemaker.calls["update_endpoint"] == 1
    assert bench.sagemaker.calls["create_endpoint"] == 1
    state = bench.cloud.state(NAME)
    assert (state.status, state.config) == ("InService", other.name)


@pytest.mark.parametrize(
    "given", [{"memory_mb": 4096}, {"concurrent": 2}, {"image": "x"}, {"role": f"{ROLE}-2"}]
)
def test_any_other_setting_is_another_configuration(bench, given) -> None:
    bench.deploy()
    assert bench.deploy(bench.wanted(**given))
    assert bench.sagemaker.calls["update_endpoint"] == 1


def denied(operation: str) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": "AccessDeniedException", "Message": "not allowed"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        },
        operation,
    )


@pytest.mark.parametrize("step", ["create_model", "create_endpoint_config", "create_endpoint"])
def test_a_step_that_fails_leaves_nothing(bench, step) -> None:
    bench.sagemaker.failing[step] = denied(step)
    with pytest.raises(Refused, match="lacks this permission"):
        bench.deploy()
    assert bench.there() == NOTHING
    bench.sagemaker.failing.clear()
    assert bench.deploy()


def test_an_endpoint_that_fails_to_come_leaves_nothing(bench) -> None:
    create = bench.sagemaker.real.create_endpoint

    class Failing:
        def __getattr__(self, name: str) -> Any:
            if name == "create_endpoint":
                bench.sagemaker.coming = ["Creating", "Failed"]
                return create
            return getattr(real, name)

    real, bench.sagemaker.real = bench.sagemaker.real, Failing()
    with pytest.raises(Refused, match="is Failed: the container did not answer; its log group"):
        bench.deploy()
    assert bench.there() == NOTHING
    assert sum("taken away again" in one for one in bench.said) == 4


def test_an_update_that_fails_leaves_what_served_before(bench) -> None:
    bench.deploy()
    before = bench.there()
    bench.sagemaker.update_fails = True
    with pytest.raises(Refused, match="did not come into service"):
        bench.deploy(bench.wanted(b"others"))
    assert bench.there() == before


def test_one_that_failed_earlier_is_made_anew(bench) -> None:
    bench.deploy()
    bench.sagemaker.coming = ["Failed"]
    assert bench.deploy()
    assert bench.sagemaker.calls["delete_endpoint"] == 1
    assert bench.sagemaker.calls["create_endpoint"] == 2
    assert bench.cloud.state(NAME).status == "InService"


def test_what_cannot_be_taken_away_is_said(bench) -> None:
    bench.sagemaker.failing["create_endpoint"] = denied("CreateEndpoint")
    bench.sagemaker.failing["delete_model"] = denied("DeleteModel")
    with pytest.raises(Refused):
        bench.deploy()
    assert any(one.startswith("left behind: model") for one in bench.said)
    assert bench.there()["configs"] == []


def test_it_is_not_waited_for_for_ever(bench) -> None:
    bench.deploy()
    bench.sagemaker.coming = ["Updating"] * 1_000
    with pytest.raises(Retryable, match="still Updating"):
        bench.deploy()
    assert bench.clock.now() <= LIMIT_S * 1_000


def test_a_poll_that_fails_is_not_the_end(bench) -> None:
    busy = ClientError(
        {
            "Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        },
        "DescribeEndpoint",
    )
    bench.deploy()
    real = bench.sagemaker.real
    failures = [busy, busy]

    class Busy:
        def __getattr__(self, name: str) -> Any:
            def describe(**given: Any) -> Any:
                if bench.clock.now() and failures:
                    raise failures.pop()
                return real.describe_endpoint(**given)

            return describe if name == "describe_endpoint" else getattr(real, name)

    bench.sagemaker.real = Busy()
    bench.sagemaker.coming = ["Updating", "Updating", "Updating"]
    assert not bench.deploy()
    assert failures == []


def other_endpoint(bench, name: str, concurrent: int) -> None:
    real = bench.sagemaker.real
    real.create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "i"})
    real.create_endpoint_config(
        EndpointConfigName=f"{name}-config",
        ProductionVariants=[
            {
                "VariantName": "all",
                "ModelName": "m",
                "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": concurrent},
            }
        ],
    )
    real.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-config")


def test_the_quota_of_the_region_is_kept(bench) -> None:
    other_endpoint(bench, "another", 3)
    before = bench.there()
    with pytest.raises(Refused, match=r"would take 11 of 10 \(this one 8, others: another 3\)"):
        bench.deploy()
    assert bench.there() == before
    assert bench.deploy(bench.wanted(concurrent=7))
    assert bench.deploy(bench.wanted(concurrent=8, quota=11))


def test_an_endpoint_of_somebody_else_is_not_touched(bench) -> None:
    other_endpoint(bench, NAME, 1)
    before = bench.there()
    for work in (bench.deploy, bench.delete):
        with pytest.raises(Refused, match=f"has the configuration {NAME}-config, which this"):
            work()
    assert bench.there() == before


def test_delete_takes_all_of_it_and_only_that(bench) -> None:
    other_endpoint(bench, "another", 1)
    s3 = client("s3")
    s3.put_object(Bucket=BUCKET, Key="chronos-2/model.tar.gz", Body=b"the stack's")
    before = bench.there()
    bench.deploy()
    assert bench.delete() == 4
    assert bench.there() == before
    assert bench.delete() == 0


def test_without_a_bucket_it_is_said_before_anything_is_made(bench) -> None:
    with pytest.raises(Refused, match="has this stage been deployed"):
        bench.deploy(bench.wanted(bucket="eth-trading-models-0"))
    assert bench.there() == NOTHING


@pytest.mark.parametrize("given", [{"memory_mb": 5000}, {"memory_mb": 7168}, {"concurrent": 0}])
def test_what_serverless_does_not_offer_is_refused(bench, given) -> None:
    with pytest.raises(InputError):
        bench.wanted(**given)


def test_a_stage_by_another_name_is_refused(bench) -> None:
    ran = run("status", "--stage", "Dev!")
    assert isinstance(ran.exception, InputError)
    assert "small letters" in str(ran.exception)


def run(*words: str) -> Any:
    return CliRunner().invoke(command, list(words), standalone_mode=False)


def test_the_command_deploys_tells_and_deletes(bench) -> None:
    weights = bench.wanted().weights
    words = ("deploy", "--weights", str(weights.folder), "--code", str(CODE), "--json")
    ran = run(*words)
    assert isinstance(ran.exception, Refused)
    assert "there is no role eth-trading-sagemaker-execution" in str(ran.exception)
    client("iam").create_role(
        RoleName="eth-trading-sagemaker-execution", AssumeRolePolicyDocument="{}"
    )
    assert run("status").return_value == 1
    ran = run(*words)
    told = json.loads(ran.stdout)
    assert (told["endpoint"], told["changed"], told["version"]) == (NAME, True, weights.version)
    assert "is in service" in ran.stderr
    assert json.loads(run(*words).stdout)["changed"] is False
    ran = run("status", "--json")
    assert ran.return_value == 0
    assert json.loads(ran.stdout) == {
        "endpoint": NAME,
        "status": "InService",
        "config": told["name"],
        "failure": "",
        "concurrent": 8,
    }
    assert "4 deleted" in run("delete", "--yes").stdout
    assert bench.there() == NOTHING
    assert json.loads(run("status", "--json").stdout)["status"] is None


def test_without_weights_it_is_said_what_to_fetch(bench) -> None:
    ran = run("deploy", "--weights", str(bench.folder / "none"), "--code", str(CODE))
    assert isinstance(ran.exception, ConfigurationError)
    assert "fetch config.json and model.safetensors of amazon/chronos-2" in str(ran.exception)
    assert str(bench.folder / "none") in str(ran.exception)


FILES = {"config.json": b"{}", "model.safetensors": b"0" * 100_000}


def hub_app(asked: list[str], missing: frozenset[str] = frozenset()) -> Starlette:
    """The hub: a file's address leads to where its content is."""

    async def resolve(request: Any) -> Response:
        name = request.path_params["name"]
        asked.append(name)
        if name in missing:
            return Response("Entry not found", 404)
        return RedirectResponse(f"/content/{name}", 302)

    async def content(request: Any) -> Response:
        return Response(FILES[request.path_params["name"]])

    return Starlette(
        routes=[
            Route("/amazon/chronos-2/resolve/main/{name}", resolve),
            Route("/content/{name}", content),
        ]
    )


def test_the_hub_gives_what_is_not_there_yet(tmp_path) -> None:
    asked: list[str] = []
    with serving(hub_app(asked)) as url:
        fetch_weights(tmp_path / "w", print, hub=url)
        fetch_weights(tmp_path / "w", print, hub=url)
    assert asked == list(FILES)
    assert {one.name: one.read_bytes() for one in (tmp_path / "w").iterdir()} == FILES


def test_without_the_hub_it_is_said_what_to_fetch_and_where_to_put_it(tmp_path) -> None:
    with serving(hub_app([], frozenset({"model.safetensors"}))) as url:
        with pytest.raises(Refused, match=r"no model\.safetensors .*404"):
            fetch_weights(tmp_path, print, hub=url)
        assert [one.name for one in tmp_path.iterdir()] == ["config.json"]
        (tmp_path / "config.json").unlink()
    with pytest.raises(Refused, match=r"elsewhere, fetch config\.json and model\.safetensors of "):
        fetch_weights(tmp_path, print, hub=url)
    assert list(tmp_path.iterdir()) == []


def test_the_script_of_the_owners_document_is_the_same_command() -> None:
    ran = subprocess.run(
        [sys.executable, "scripts/deploy_sagemaker_chronos.py", "--help"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Bring the endpoint into service" in ran.stdout
    assert len((ROOT / "scripts" / "deploy_sagemaker_chronos.py").read_text().split("\n\n")) <= 4


def test_an_unknown_failure_of_aws_is_not_taken_for_absence(bench) -> None:
    bench.sagemaker.failing["describe_endpoint"] = ClientError(
        {"Error": {"Code": "ValidationException", "Message": "name too long"}}, "DescribeEndpoint"
    )
    with pytest.raises(Broken, match="name too long"):
        bench.deploy()
