"""What cdk-nag finds and we keep, each with its reason. Whatever it finds besides is mended."""

from typing import Final

import attrs
from aws_cdk import Acknowledgment, CfnResource, Stack, Validations


@attrs.frozen(slots=True, weakref_slot=False)
class Reviewed:
    """A finding that stands; `at` are resources by their names in the template, or a type.

    A rule with several findings names the one meant; {stack} in it is the stack's name.
    """

    rule: str
    at: tuple[str, ...]
    reason: str


REVIEWED: Final = (
    Reviewed(
        "AwsSolutions-DDB3",
        (
            "TablePrices",
            "TableSentiment",
            "TableSignals",
            "TableAnalysisState",
            "TableMarketContext",
            "TableImprovements",
        ),
        "The table is a fold of the log, which is recoverable to the second; it is rebuilt.",
    ),
    Reviewed(
        "AwsSolutions-S1",
        ("Reports", "Models"),
        "Reports and a public model, private to the account; a log of reads would cost more.",
    ),
    Reviewed(
        "AwsSolutions-SQS3",
        ("NotifierDeadLetters",),
        "It is the dead-letter queue, of an asynchronous function and so not of another queue.",
    ),
    Reviewed(
        "AwsSolutions-L1",
        ("AWS::Lambda::Function",),
        "The packages hold wheels for this runtime, which is maintained.",
    ),
    Reviewed(
        "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{stack}-reports-<AWS::AccountId>/*]",
        ("DailyReporterRole",),
        "A report's key is its day; the bucket holds reports alone.",
    ),
    Reviewed(
        "AwsSolutions-IAM5[Resource::*]",
        ("AnalysisRole",),
        "Delivery of a state machine's log knows no resource.",
    ),
    Reviewed(
        "AwsSolutions-IAM5[Resource::*]",
        ("ForecastRole",),
        "A token of the image registry is the registry's, not one image's.",
    ),
    Reviewed(
        "AwsSolutions-SF1",
        ("Analysis",),
        "Failures are logged; all events would be dear, and the log of events has each analysis.",
    ),
    Reviewed(
        "AwsSolutions-SF2",
        ("Analysis",),
        "Every line and event carries its analysis; traces would cost and tell no more.",
    ),
)


def acknowledge(stack: Stack) -> None:
    """Write the reasons beside the resources that they are about."""
    for resource in (one for one in stack.node.children if CfnResource.is_cfn_resource(one)):
        for one in REVIEWED:
            if {resource.node.id, resource.cfn_resource_type} & set(one.at):
                rule = one.rule.replace("{stack}", stack.stack_name)
                Validations.of(resource).acknowledge(Acknowledgment(id=rule, reason=one.reason))
