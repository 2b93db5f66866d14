"""A stage on the emulator: the synthesized template with packaged functions, as deployed.

What the rehearsal changes of it, and nothing else: functions run through the real runtime client
on this machine's Python instead of AWS's, messages come again sooner, the alarm on two queues is
one on the first (the emulator adds no metrics), schedules are off (the rehearsal fires them by its
own clock), log filters have one term, and addresses of outside services are the fakes'.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import boto3
from botocore.config import Config

REGION = "ap-northeast-1"
VISIBILITY_S = 31
"""Of the order queue here; three minutes on AWS, which a rehearsal would sit through."""
TEMPLATES = "templates"
SAGEMAKER_URL = "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"
BOOTSTRAP = """#!/bin/sh
# the runtime client of AWS on the emulator's own Python, with nothing but the package before it
export AWS_ENDPOINT_URL={address} AWS_DEFAULT_REGION={region}
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
export PYTHONPATH={guard}:"$LAMBDA_TASK_ROOT" PYTHONDONTWRITEBYTECODE=1
exec {python} -m awslambdaric "$_HANDLER"
"""
GUARD = Path(__file__).parents[1] / "given" / "loopback_only"
ROOT = Path(__file__).parents[2]


def client(service: str, address: str) -> Any:
    """A client of the emulator."""
    return boto3.client(
        service,
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - no secret
        config=Config(read_timeout=120, retries={"total_max_attempts": 1}),
    )


@attrs.frozen
class Deployed:
    """A stage that is up."""

    prefix: str
    address: str
    template: Mapping[str, Any]

    def of(self, service: str) -> Any:
        """A client."""
        return client(service, self.address)

    def invoke(self, function: str, event: Mapping[str, Any]) -> tuple[Any, str | None]:
        """A function's answer, and the name of its error."""
        answer = self.of("lambda").invoke(
            FunctionName=self.prefix + function, Payload=json.dumps(event).encode()
        )
        body = json.loads(answer["Payload"].read() or b"null")
        return body, body.get("errorType") if answer.get("FunctionError") else None


def packages(folder: Path, python: Path, address: str) -> Path:
    """Zips of all functions for this machine, each with its door to the runtime client."""
    plain, made = folder / "plain", folder / "functions"
    subprocess.run(
        [sys.executable, "-m", "entrypoints.cli.main", "package", "--here", "--out", str(plain)],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.DEVNULL,
    )
    made.mkdir(exist_ok=True)
    door = BOOTSTRAP.format(address=address, region=REGION, guard=GUARD, python=python)
    for path in plain.glob("*.zip"):
        shutil.copy(path, made / path.name)
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = (stat.S_IFREG | 0o755) << 16
        with zipfile.ZipFile(made / path.name, "a") as archive:
            archive.writestr(entry, door)
    return made


def synthesized(folder: Path, infra: Path, name: str, environment: Mapping[str, str]) -> Path:
    """The stack's folder, as `python infra/app.py` writes it."""
    out = folder / f"cdk.out-{name}"
    shutil.rmtree(out, ignore_errors=True)
    subprocess.run(
        [str(infra), "infra/app.py"],
        check=True,
        cwd=ROOT,
        env={**os.environ, **environment, "STAGE": name, "CDK_OUTDIR": str(out)},
        stderr=subprocess.DEVNULL,
    )
    return out


def adapt(out: Path, forecasts: str) -> Mapping[str, Any]:
    """Change in the template what the emulator cannot do; `forecasts` is the endpoint's address."""
    (path,) = out.glob("*.template.json")
    template: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        of = resource.get("Properties", {})
        if resource["Type"] == "AWS::Lambda::Function":
            of["Runtime"] = "provided.al2023"
            of["Architectures"] = ["x86_64"]
            if "SAGEMAKER_ENDPOINT" in of["Environment"]["Variables"]:
                # the one service of AWS that the emulator does not have
                of["Environment"]["Variables"][SAGEMAKER_URL] = forecasts
        if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in of:
            metric = of.pop("Metrics")[0]["MetricStat"]  # the emulator knows no sums of metrics
            of |= {**metric["Metric"], "Period": metric["Period"], "Statistic": metric["Stat"]}
        if resource["Type"] == "AWS::Logs::SubscriptionFilter":
            of["FilterPattern"] = "ERROR"  # the emulator knows no terms of which any would do
        if resource["Type"] == "AWS::Scheduler::Schedule":
            of["State"] = "DISABLED"  # the rehearsal is the scheduler: its clock is another one
        if resource["Type"] == "AWS::SQS::Queue" and "VisibilityTimeout" in of:
            of["VisibilityTimeout"] = VISIBILITY_S
    path.write_text(json.dumps(template), encoding="utf-8")
    return template


def deploy(out: Path, address: str, parameters: Mapping[str, str]) -> Deployed:
    """Upload the assets, make the secret, create the stack."""
    (path,) = out.glob("*.template.json")
    template = adapt(out, parameters["#sagemaker"])
    _publish(out, address)
    prefix = template["Outputs"]["Prefix"]["Value"]
    client("secretsmanager", address).create_secret(
        Name=f"{prefix}coincheck", SecretString=parameters.get("#coincheck", "{}")
    )
    stacks, name = client("cloudformation", address), path.name.partition(".")[0]
    # a template of this size is read from a bucket
    store = client("s3", address)
    store.put_object(Bucket=TEMPLATES, Key=path.name, Body=json.dumps(template).encode())
    stacks.create_stack(
        StackName=name,
        TemplateURL=f"{address}/{TEMPLATES}/{path.name}",
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in parameters.items()
            if key in template["Parameters"]
        ],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    (stack,) = stacks.describe_stacks(StackName=name)["Stacks"]
    if stack["StackStatus"] != "CREATE_COMPLETE":
        pages = stacks.get_paginator("describe_stack_events").paginate(StackName=name)
        failed = [
            f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}"
            for page in pages
            for one in page["StackEvents"]
            if "FAILED" in one["ResourceStatus"]
        ]
        raise AssertionError(f"the stack is {stack['StackStatus']}: {failed}")
    return Deployed(prefix, address, template)


def _publish(out: Path, address: str) -> None:
    """The files of the asset manifest, where the template looks for them."""
    (manifest,) = out.glob("*.assets.json")
    store = client("s3", address)
    account = client("sts", address).get_caller_identity()["Account"]
    store.create_bucket(Bucket=TEMPLATES, CreateBucketConfiguration={"LocationConstraint": REGION})
    made = set()
    for asset in json.loads(manifest.read_text(encoding="utf-8"))["files"].values():
        for place in asset["destinations"].values():
            bucket = (
                place["bucketName"]
                .replace("${AWS::AccountId}", account)
                .replace("${AWS::Region}", REGION)
            )
            if bucket not in made:
                store.create_bucket(
                    Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
                )
                made.add(bucket)
            file = out / asset["source"]["path"]
            if file.is_file():
                store.put_object(Bucket=bucket, Key=place["objectKey"], Body=file.read_bytes())
