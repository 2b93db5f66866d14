"""Reports, kept for 90 days, and the model's archive: private, encrypted, over TLS alone."""

from typing import Any, Final

from aws_cdk import CfnDeletionPolicy, Fn, Stack
from aws_cdk import aws_s3 as s3

from infra.stage import Stage

REPORT_DAYS: Final = 90


def bucket_name(stage: Stage, kind: str) -> str:
    """With the account in it: names of buckets are the whole world's."""
    return Fn.join("-", [stage.prefix + kind, Fn.ref("AWS::AccountId")])


def make_buckets(stack: Stack, stage: Stage) -> dict[str, s3.CfnBucket]:
    """Both buckets; they stay when the stack goes."""
    found = {
        "reports": _make(stack, stage, "reports", expires=REPORT_DAYS),
        "models": _make(stack, stage, "models", expires=None),
    }
    for kind, bucket in found.items():
        s3.CfnBucketPolicy(
            stack,
            f"{kind.capitalize()}Policy",
            bucket=bucket.ref,
            policy_document=_encrypted_only(bucket.attr_arn),
        )
    return found


def _make(stack: Stack, stage: Stage, kind: str, *, expires: int | None) -> s3.CfnBucket:
    rules: list[Any] = [
        s3.CfnBucket.RuleProperty(
            id="unfinished",
            status="Enabled",
            abort_incomplete_multipart_upload=s3.CfnBucket.AbortIncompleteMultipartUploadProperty(
                days_after_initiation=1
            ),
        )
    ]
    if expires is not None:
        rules.append(
            s3.CfnBucket.RuleProperty(id="old", status="Enabled", expiration_in_days=expires)
        )
    bucket = s3.CfnBucket(
        stack,
        kind.capitalize(),
        bucket_name=bucket_name(stage, kind),
        bucket_encryption=s3.CfnBucket.BucketEncryptionProperty(
            server_side_encryption_configuration=[
                s3.CfnBucket.ServerSideEncryptionRuleProperty(
                    server_side_encryption_by_default=s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
                        sse_algorithm="AES256"
                    )
                )
            ]
        ),
        public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        ),
        lifecycle_configuration=s3.CfnBucket.LifecycleConfigurationProperty(rules=rules),
    )
    bucket.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN
    bucket.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN
    return bucket


def _encrypted_only(arn: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, Fn.join("", [arn, "/*"])],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
