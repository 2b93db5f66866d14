"""What a synthesized template says of itself, and whether it is the one that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from application.errors import ConfigurationError
from entrypoints.doctor.findings import Finding, error, warning, well

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from entrypoints.deploy.clients import Aws
    from entrypoints.deploy.cloud_assembly import Assembly
    from entrypoints.stage import Stage

_FUNCTION: Final = "AWS::Lambda::Function"
_ENDPOINT: Final = "AWS::SageMaker::Endpoint"


def check_region(aws: Aws, assembly: Assembly) -> Finding:
    """Whether the template is for the region that is deployed to: names in it hold the region."""
    if assembly.region is None or assembly.region == aws.region:
        return well("template", f"{assembly.path} is for {assembly.region or 'any region'}")
    return error(
        "template",
        f"{assembly.path} is for {assembly.region}, not {aws.region}",
        f"`AWS_REGION={aws.region} python infra/app.py`, or add --region {assembly.region}",
    )


def check_code(template: Mapping[str, Any]) -> Finding:
    """Whether every function has its package; a template for tests has a line of code instead."""
    found = dict(_functions(template))
    bare = sorted(name for name, one in found.items() if "ZipFile" in one.get("Code", {}))
    if not bare:
        return well("functions", f"{len(found)}, each with its package")
    return error(
        "functions",
        f"{len(bare)} of {len(found)} have no package: {bare[0]} ...",
        "build the packages, then synthesize again",
    )


def check_coins(template: Mapping[str, Any], stage: Stage, wanted: Sequence[str]) -> Finding:
    """Whether the template trades the coins of the configuration."""
    from entrypoints.wiring.pairs import VARIABLE, instruments_of

    text = _variable(template, stage, "price-collector", VARIABLE)
    try:
        coins = instruments_of(text).pairs
    except ConfigurationError as wrong:
        return error("coins", str(wrong), "correct it and synthesize again")
    named = ", ".join(coins)
    if set(coins) == set(wanted):
        return well("coins", named)
    return warning(
        "coins",
        f"the template has {named}; the configuration {', '.join(wanted)}",
        f"set {VARIABLE} and synthesize again, if the configuration is right",
    )


def secret_name(template: Mapping[str, Any], stage: Stage) -> str:
    """The name of the Coincheck secret, as order-executor is told it where that is plain text."""
    found = _variable(template, stage, "order-executor", "COINCHECK_SECRET")
    return found or stage.physical("coincheck")


def endpoint_name(template: Mapping[str, Any]) -> str:
    """The name of a template's own endpoint; "" without one."""
    for one in template.get("Resources", {}).values():
        if one.get("Type") == _ENDPOINT:
            return str(one.get("Properties", {}).get("EndpointName", ""))
    return ""


def _functions(template: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(name, properties) of each function."""
    for logical, one in template.get("Resources", {}).items():
        if one.get("Type") == _FUNCTION:
            properties = one.get("Properties", {})
            yield str(properties.get("FunctionName", logical)), properties


def _variable(template: Mapping[str, Any], stage: Stage, function: str, name: str) -> str:
    """A variable of a function where it is plain text, else ""."""
    for found, properties in _functions(template):
        if found == stage.physical(function):
            value = properties.get("Environment", {}).get("Variables", {}).get(name)
            return value if isinstance(value, str) else ""
    return ""
