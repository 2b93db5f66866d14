"""What a template may hold without a price, and what makes the total a lower bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

PRICED: Final = (
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::DynamoDB::Table",
    "AWS::Events::Rule",
    "AWS::KMS::Key",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::SubscriptionFilter",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::EndpointConfig",
    "AWS::Scheduler::Schedule",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
)
FREE: Final = (
    "AWS::CDK::Metadata",
    "AWS::CloudFormation::WaitConditionHandle",
    "AWS::IAM::*",
    "AWS::KMS::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Logs::ResourcePolicy",
    "AWS::ResourceGroups::Group",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SageMaker::Model",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::SecretsManager::ResourcePolicy",
    # made once, when the stack is deployed
    "Custom::*",
    "AWS::CloudFormation::CustomResource",
)


def unpriced_parts(resources: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each resource that costs money we do not count."""
    for name, resource in resources.items():
        kind = resource["Type"]
        if not any(fnmatchcase(kind, known) for known in PRICED + FREE):
            yield f"{name} ({kind}) has no price here"
        found = _EXTRAS.get(kind)
        if found is not None:
            for extra in found(resource.get("Properties", {})):
                yield f"{name} ({kind}): {extra} has no price here"


def _of_function(one: Mapping[str, Any]) -> Iterator[str]:
    if one.get("TracingConfig", {}).get("Mode") == "Active":
        yield "tracing"
    if one.get("EphemeralStorage", {}).get("Size", 512) != 512:
        yield "disk over 512 MB"
    if one.get("SnapStart", {}).get("ApplyOn", "None") != "None":
        yield "SnapStart"


def _of_version(one: Mapping[str, Any]) -> Iterator[str]:
    if "ProvisionedConcurrencyConfig" in one:
        yield "provisioned concurrency"


def _of_table(one: Mapping[str, Any]) -> Iterator[str]:
    if one.get("BillingMode") != "PAY_PER_REQUEST":
        yield "provisioned capacity"
    if "StreamSpecification" in one:
        yield "a stream"


def _of_machine(one: Mapping[str, Any]) -> Iterator[str]:
    if one.get("TracingConfiguration", {}).get("Enabled"):
        yield "tracing"


def _of_alarm(one: Mapping[str, Any]) -> Iterator[str]:
    period = one.get("Period", 60)
    if isinstance(period, int) and period < 60:
        yield "a high resolution"


def _of_config(one: Mapping[str, Any]) -> Iterator[str]:
    for variant in one.get("ProductionVariants", []):
        if "ServerlessConfig" not in variant:
            yield "an instance that runs all the time"
        elif "ProvisionedConcurrency" in variant["ServerlessConfig"]:
            yield "provisioned concurrency"


_EXTRAS: Final[Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]]] = {
    "AWS::Lambda::Function": _of_function,
    "AWS::Lambda::Version": _of_version,
    "AWS::DynamoDB::Table": _of_table,
    "AWS::StepFunctions::StateMachine": _of_machine,
    "AWS::CloudWatch::Alarm": _of_alarm,
    "AWS::SageMaker::EndpointConfig": _of_config,
}
