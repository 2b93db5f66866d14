"""What is changed in a synthesized template before it is sent, and why.

- Names of retained tables and buckets are spelled out. CloudFormation takes a table that an
  earlier stack left behind into a new one only when its name is plain text.
- Where the account was not bootstrapped for CDK the packages lie in the stage's own bucket, and
  the check for CDK's version goes.
"""

import json
from typing import Any, Final

from entrypoints.deploy.asset_bucket import AssetBucket, spelled_out

RETAINED: Final = frozenset({"Retain", "RetainExceptOnCreate", "RetainOnUpdateOrDelete"})
NAMES: Final = ("TableName", "BucketName", "LogGroupName", "Name")
_PSEUDO: Final = {"AWS::AccountId", "AWS::Region", "AWS::Partition"}
_VERSION_PARAMETER: Final = "BootstrapVersion"
_VERSION_RULE: Final = "CheckBootstrapVersion"


def is_retained(resource: dict[str, Any]) -> bool:
    """Whether a resource of a template outlives its stack."""
    return resource.get("DeletionPolicy") in RETAINED


def edited(
    template: dict[str, Any], bucket: AssetBucket, wanted: str | None, account: str, region: str
) -> str:
    """The template as JSON text; `wanted`: the bucket as the asset manifest names it."""
    copy = json.loads(json.dumps(template))
    for resource in copy["Resources"].values():
        properties = resource.get("Properties")
        if is_retained(resource) and isinstance(properties, dict):
            for name in NAMES:
                if name in properties:
                    properties[name] = _plain(properties[name], account, region)
    if bucket.is_own:
        _without_bootstrap(copy)
    text = json.dumps(copy, separators=(",", ":"), sort_keys=True)
    if bucket.is_own and wanted:
        text = text.replace(json.dumps(wanted), json.dumps(bucket.name))
    return text


def _without_bootstrap(template: dict[str, Any]) -> None:
    for section, name in (("Parameters", _VERSION_PARAMETER), ("Rules", _VERSION_RULE)):
        found = template.get(section, {})
        found.pop(name, None)
        if not found:
            template.pop(section, None)


def _plain(value: Any, account: str, region: str) -> Any:
    """A name as text, where account, region and partition are all that is open in it."""
    match value:
        case {"Ref": str(name)} if name in _PSEUDO:
            return spelled_out(f"${{{name}}}", account, region)
        case {"Fn::Sub": str(text)}:
            said = spelled_out(text, account, region)
            return value if "${" in said else said
        case {"Fn::Join": [str(between), list(parts)]}:
            said_parts = [_plain(one, account, region) for one in parts]
            if all(isinstance(one, str) for one in said_parts):
                return between.join(said_parts)
    return value
