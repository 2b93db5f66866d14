"""Where packages are put before the stack takes them.

An account that was bootstrapped for CDK has a bucket, and the asset manifest names it. In any
other the stage gets a bucket of its own, so that a first deployment needs no tool but this one.
"""

import json
from typing import Any

import attrs

from adapters.aws_calls import call, code_of
from application.errors import OutsideError, Refused
from entrypoints.deploy.clients import Aws
from entrypoints.stage import Stage


@attrs.frozen(slots=True, weakref_slot=False)
class AssetBucket:
    """A bucket's name; whether it is there, and whether it is the stage's own."""

    name: str
    exists: bool
    is_own: bool


def own_bucket(stage: Stage, account: str) -> str:
    """The name of a stage's own bucket."""
    return stage.physical(f"assets-{account}")


def asset_bucket(aws: Aws, stage: Stage, account: str, wanted: str | None) -> AssetBucket:
    """The bucket to publish to; nothing is made. `wanted`: as the asset manifest names it.

    Raises Refused for a bucket of that name in another account or region.
    """
    own = own_bucket(stage, account)
    named = spelled_out(wanted or own, account, aws.region)
    if named != own and _is_ours(aws, named, account):
        return AssetBucket(named, exists=True, is_own=False)
    return AssetBucket(own, exists=_is_ours(aws, own, account), is_own=True)


def spelled_out(name: str, account: str, region: str) -> str:
    """A name with the account and region put in."""
    parts = {"AccountId": account, "Region": region, "Partition": "aws"}
    for part, value in parts.items():
        name = name.replace(f"${{AWS::{part}}}", value)
    return name


def _is_ours(aws: Aws, name: str, account: str) -> bool:
    """Whether a bucket exists. Names are the world's: one of somebody else's is refused."""
    what = f"look at bucket {name}"
    try:
        answer = aws.ask(what, "s3", "head_bucket", Bucket=name, ExpectedBucketOwner=account)
    except OutsideError as error:
        code = code_of(error.__cause__) if error.__cause__ else ""
        if code in {"404", "NoSuchBucket", "NotFound"}:
            return False
        if code in {"403", "AccessDenied"}:
            raise Refused(
                f"bucket {name} is another account's, or your key may not see it: "
                "take another stage name or allow s3:ListBucket"
            ) from error
        raise
    region = answer.get("BucketRegion") or _region_in(answer)
    if region and region != aws.region:
        raise Refused(
            f"bucket {name} lies in {region}, and functions in {aws.region} cannot take packages "
            f"from there: add --region {region}, or take another stage name"
        )
    return True


def _region_in(answer: dict[str, Any]) -> str:
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return str(headers.get("x-amz-bucket-region", ""))


def make_own(aws: Aws, name: str) -> None:
    """Make a stage's own bucket: private, encrypted as all are, TLS only."""
    place: dict[str, Any] = {}
    if aws.region != "us-east-1":
        place["CreateBucketConfiguration"] = {"LocationConstraint": aws.region}
    s3 = aws.client("s3")
    call(f"make bucket {name}", s3.create_bucket, Bucket=name, **place)
    closed = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    call(
        f"close bucket {name} to the public",
        s3.put_public_access_block,
        Bucket=name,
        PublicAccessBlockConfiguration=closed,
    )
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
    call(
        f"allow TLS only for bucket {name}",
        s3.put_bucket_policy,
        Bucket=name,
        Policy=json.dumps(policy),
    )


def remove_own(aws: Aws, name: str) -> int:
    """Empty and delete a stage's own bucket; how many packages went with it."""
    s3 = aws.client("s3")
    gone = 0
    while True:
        page = call(f"list bucket {name}", s3.list_objects_v2, Bucket=name)
        keys = [{"Key": one["Key"]} for one in page.get("Contents", [])]
        if not keys:
            break
        call(f"empty bucket {name}", s3.delete_objects, Bucket=name, Delete={"Objects": keys})
        gone += len(keys)
    call(f"delete bucket {name}", s3.delete_bucket, Bucket=name)
    return gone
