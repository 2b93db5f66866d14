"""An account to deploy to: CloudFormation and Lambda are fakes, all else is moto's."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
from moto import mock_aws
from pydantic import SecretStr

from adapters.aws_calls import aws_client
from adapters.clock.simulated import SimulatedClock
from domain.instant import parse
from entrypoints.deploy.clients import Aws
from entrypoints.deploy.cloud_assembly import read_assembly
from entrypoints.deploy.deploy_stack import Deployment
from entrypoints.stage import Stage, stage_of
from entrypoints.wiring.settings import CONFIRMATION, Live, News, Settings, Slack
from tests.entrypoints.deploy.fake_client import FakeClient, refusal
from tests.entrypoints.deploy.fake_cloudformation import REGION, FakeCloudFormation, FakeStack

ACCOUNT = "123456789012"
BOOTSTRAP = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
OWN = f"eth-trading-dev-assets-{ACCOUNT}"
KEY, WEBHOOK = "not-a-real-news-token", "https://hooks.example.org/not-a-real-webhook"
NOW = parse("2026-03-01T12:00:00")
CODE = {"S3Bucket": {"Fn::Sub": BOOTSTRAP}, "S3Key": "abc.zip"}


def template(prefix: str = "eth-trading-dev-") -> dict[str, Any]:
    """A stack in small: data that stays, a queue, two functions."""
    table = {"KeySchema": [{"AttributeName": "pair", "KeyType": "HASH"}]}
    told = {
        "TRADING_MODE": {"Ref": "TradingMode"},
        "COINCHECK_SECRET": f"{prefix}coincheck",
    }
    names = {"Fn::Join": ["", [f"{prefix}reports-", {"Ref": "AWS::AccountId"}]]}
    secret = {"Type": "String", "NoEcho": True, "Default": ""}
    return {
        "Parameters": {
            "TradingMode": {"Type": "String", "Default": "dry_run"},
            "SlackWebhook": secret,
            "CryptoPanicKey": secret,
            "AlertEmail": {"Type": "String", "Default": ""},
            "BootstrapVersion": {
                "Type": "AWS::SSM::Parameter::Value<String>",
                "Default": "/cdk-bootstrap/hnb659fds/version",
            },
        },
        "Rules": {"CheckBootstrapVersion": {"Assertions": []}},
        "Resources": {
            "Positions": {
                "Type": "AWS::DynamoDB::Table",
                "DeletionPolicy": "Retain",
                "Properties": {"TableName": f"{prefix}positions", **table},
            },
            "Reports": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "Retain",
                "Properties": {"BucketName": names},
            },
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"QueueName": f"{prefix}order-queue.fifo"},
            },
            "Executor": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "FunctionName": f"{prefix}order-executor",
                    "Environment": {"Variables": told},
                    "Code": CODE,
                },
            },
            "WarmUp": {
                "Type": "AWS::Lambda::Function",
                "Properties": {"FunctionName": f"{prefix}warm-up", "Code": CODE},
            },
        },
    }


def synthesized(folder: Path, content: dict[str, Any], stack: str = "eth-trading-dev") -> Path:
    """A folder as `python infra/app.py` leaves it: template, asset manifest, a package."""
    package = folder / "asset.abc"
    package.mkdir(parents=True, exist_ok=True)
    (package / "handler.py").write_text("print('hello')\n")
    (folder / f"{stack}.template.json").write_text(json.dumps(content))
    files = {
        "abc": {
            "source": {"path": "asset.abc", "packaging": "zip"},
            "destinations": {"here": {"bucketName": BOOTSTRAP, "objectKey": "abc.zip"}},
        },
        "def": {
            "source": {"path": f"{stack}.template.json", "packaging": "file"},
            "destinations": {"here": {"bucketName": BOOTSTRAP, "objectKey": "def.json"}},
        },
    }
    (folder / f"{stack}.assets.json").write_text(json.dumps({"files": files, "dockerImages": {}}))
    return folder


class FakeLambda(FakeClient):
    """Functions by name with their variables; `answers` by name: (error or None, payload)."""

    service = "lambda"

    def __init__(self) -> None:
        super().__init__()
        self.variables: dict[str, dict[str, str]] = {}
        self.answers: dict[str, tuple[str | None, Any]] = {}

    def op_get_function_configuration(self, **given: Any) -> Any:
        name = given["FunctionName"]
        if name not in self.variables:
            raise refusal(
                "GetFunctionConfiguration", "ResourceNotFoundException", "Function not found", 404
            )
        return {"Environment": {"Variables": self.variables[name]}}

    def op_invoke(self, **given: Any) -> Any:
        assert json.loads(given["Payload"]) == {}
        plain = (None, {"stored": 6000, "failed": {}})
        error, answer = self.answers.get(given["FunctionName"], plain)
        payload = {"Payload": io.BytesIO(json.dumps(answer).encode())}
        return payload | ({"FunctionError": error} if error else {})


@attrs.define
class Owner:
    """Answers what he is asked and keeps what he is told."""

    yes: bool = True
    typed: str = ""
    lines: list[str] = attrs.field(factory=list)
    tables: list[tuple[str, list]] = attrs.field(factory=list)
    asked: list[str] = attrs.field(factory=list)

    def say(self, line: str) -> None:
        self.lines.append(line)

    def table(self, title: str, columns: Any, rows: Any) -> None:
        self.tables.append((title, [list(row) for row in rows]))

    def agrees(self, question: str) -> bool:
        self.asked.append(question)
        return self.yes

    def types(self, question: str, wanted: str) -> bool:
        self.asked.append(question)
        return self.typed == wanted

    @property
    def told(self) -> str:
        return "\n".join([*self.lines, *(str(one) for one in self.tables)])


@attrs.define(kw_only=True)
class Account:
    """Everything that a deployment meets."""

    aws: Aws
    formation: FakeCloudFormation
    functions: FakeLambda
    folder: Path
    policies: dict[str, str]
    """Of buckets, by name."""
    clock: SimulatedClock = attrs.field(factory=lambda: SimulatedClock(NOW))
    stage: Stage = attrs.field(factory=lambda: stage_of("dev"))

    def asked(self, content: dict[str, Any] | None = None, **options: Any) -> Deployment:
        """A deployment of a template; of the plain one if none is given."""
        folder = synthesized(self.folder, content or template())
        options.setdefault("settings", settings())
        return Deployment(stage=self.stage, assembly=read_assembly(folder, self.stage), **options)


def settings(**changes: Any) -> Settings:
    """A configuration with both keys and the sentence."""
    given = {
        "slack": Slack(webhook=SecretStr(WEBHOOK)),
        "news": News(token=SecretStr(KEY)),
        "live": Live(confirm=CONFIRMATION),
    }
    return Settings(_env_file=None, **(given | changes))


@contextmanager
def account(folder: Path) -> Iterator[Account]:
    """An empty account, not bootstrapped for CDK."""
    with mock_aws():
        functions = FakeLambda()

        def applied(stack: FakeStack) -> None:
            for one in stack.template["Resources"].values():
                about = one.get("Properties", {})
                if "FunctionName" in about:
                    told = about.get("Environment", {}).get("Variables", {})
                    functions.variables[about["FunctionName"]] = {
                        name: stack.parameters[value["Ref"]] if isinstance(value, dict) else value
                        for name, value in told.items()
                    }

        s3 = aws_client("s3", region=REGION)
        formation = FakeCloudFormation(s3, applied)
        fakes = {"cloudformation": formation, "lambda": functions}

        policies: dict[str, str] = {}

        def take_policy(params: dict[str, Any], **_: Any) -> Any:
            # moto knows no conditions: "deny unless TLS" would shut everybody out
            bucket = params["context"]["input_params"]["Bucket"]
            policies[bucket] = params["body"].decode()
            return SimpleNamespace(status_code=204), {}

        def make(service: str, **options: Any) -> Any:
            client = fakes.get(service) or aws_client(service, **options)
            if service == "s3":
                client.meta.events.register("before-call.s3.PutBucketPolicy", take_policy)
            return client

        yield Account(
            aws=Aws(REGION, make),
            formation=formation,
            functions=functions,
            folder=folder,
            policies=policies,
        )


def make_secret(found: Account, content: str, name: str = "eth-trading-dev-coincheck") -> None:
    """Put a secret into the account."""
    found.aws.client("secretsmanager").create_secret(Name=name, SecretString=content)
