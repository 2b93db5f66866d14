"""The quota of SageMaker that a forecast endpoint shares with all others of the region."""

from collections.abc import Mapping
from typing import Any, Final

from entrypoints.deploy.clients import Aws
from entrypoints.doctor.findings import Finding, error, well

QUOTA: Final = 10
"""Concurrency of all serverless endpoints of a region together, as accounts begin with."""
CHECK: Final = "endpoint quota"
_CONFIG: Final = "AWS::SageMaker::EndpointConfig"


def wanted_by(template: Mapping[str, Any]) -> int:
    """MaxConcurrency that a template asks for, of all its serverless variants."""
    return sum(
        int(variant.get("ServerlessConfig", {}).get("MaxConcurrency", 0))
        for one in template.get("Resources", {}).values()
        if one.get("Type") == _CONFIG
        for variant in one.get("Properties", {}).get("ProductionVariants", [])
    )


def taken_by_others(aws: Aws, own: str) -> dict[str, int]:
    """MaxConcurrency of each serverless endpoint of the region but those named `own`..."""
    found: dict[str, int] = {}
    more: dict[str, str] = {}
    while True:
        page = aws.ask("list the endpoints", "sagemaker", "list_endpoints", **more)
        for one in page["Endpoints"]:
            name = one["EndpointName"]
            if name == own:
                continue
            about = aws.ask(
                f"look at endpoint {name}", "sagemaker", "describe_endpoint", EndpointName=name
            )
            taken = sum(map(_concurrency, about.get("ProductionVariants", [])))
            if taken:
                found[name] = taken
        if not page.get("NextToken"):
            return found
        more = {"NextToken": page["NextToken"]}


def _concurrency(variant: Mapping[str, Any]) -> int:
    serverless = variant.get("DesiredServerlessConfig") or variant.get("CurrentServerlessConfig")
    return int(serverless.get("MaxConcurrency", 0)) if serverless else 0


def check_quota(aws: Aws, template: Mapping[str, Any], own: str, quota: int = QUOTA) -> Finding:
    """Whether the endpoint of a template fits beside those that exist. Raises OutsideError."""
    wanted = wanted_by(template)
    if not wanted:
        return well(CHECK, "this stack has no endpoint; momentum stands in for the forecast")
    others = taken_by_others(aws, own)
    named = ", ".join(f"{name} {taken}" for name, taken in sorted(others.items())) or "none"
    total = wanted + sum(others.values())
    text = f"{wanted} for this stage, others: {named}; {total} of {quota}"
    if total <= quota:
        return well(CHECK, text)
    return error(
        CHECK,
        text,
        "synthesize with fewer or without an endpoint, or have the quota raised and say "
        f"--endpoint-quota {total}",
    )
