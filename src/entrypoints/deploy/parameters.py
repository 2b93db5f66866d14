"""What a stack is told: keys and choices from the configuration, never from the command line."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import attrs

from application.errors import InputError
from entrypoints.deploy.stack_state import DRY_RUN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from entrypoints.deploy.stack_state import Stack
    from entrypoints.wiring.settings import Settings


@attrs.frozen(slots=True, weakref_slot=False)
class Parameters:
    """As CloudFormation takes them, and the names by where their values come from."""

    request: tuple[dict[str, Any], ...] = attrs.field(repr=False)
    given: tuple[str, ...]
    kept: tuple[str, ...]
    left_out: tuple[str, ...]
    """Secrets that are nowhere: what needs them does without."""


def _secret(value: Any) -> str | None:
    return value.get_secret_value() if value else None


def configured(settings: Settings) -> Mapping[str, str]:
    """Values of the configuration by parameter, its name in small letters."""
    found = {
        "slackwebhookurl": _secret(settings.slack.webhook),
        "slackwebhook": _secret(settings.slack.webhook),
        "cryptopanicapikey": _secret(settings.news.token),
        "cryptopanickey": _secret(settings.news.token),
        "cryptopanicplan": settings.news.plan,
        "messagelanguage": settings.general.language,
        "strategyparameters": json.dumps(dict(settings.strategy), sort_keys=True),
    }
    return {name: value for name, value in found.items() if value}


def parameters_for(
    template: Mapping[str, Any], stack: Stack | None, settings: Settings, given: Mapping[str, str]
) -> Parameters:
    """Every parameter of a template: as given, as configured, as deployed, or its default.

    Whether a stage is armed is never changed by deploying it; a new one is in dry run.
    Raises InputError for a parameter without any value, and for a given one that is not there.
    """
    declared = template.get("Parameters", {})
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise InputError(
            f"the template has no parameter {unknown[0]}: it is older, or synthesize it"
        )
    before = {} if stack is None or stack.is_empty else stack.parameters
    values = configured(settings)
    request, taken, kept, left_out = [], [], [], []
    for name, about in declared.items():
        plain = re.sub(r"[^a-z]", "", name.lower())
        value = given.get(name, values.get(plain))
        if plain == "tradingmode":
            value = None if name in before else DRY_RUN
        if value is not None:
            request.append({"ParameterKey": name, "ParameterValue": value})
            taken.append(name)
        elif name in before and name != "BootstrapVersion":
            request.append({"ParameterKey": name, "UsePreviousValue": True})
            kept.append(name)
        elif "Default" not in about:
            raise InputError(
                f"the parameter {name} has no value: set it in the configuration "
                "(`crypto-trader config schema` lists what there is)"
            )
        elif _is_secret(about):
            left_out.append(name)
    return Parameters(tuple(request), tuple(taken), tuple(kept), tuple(left_out))


def _is_secret(about: Mapping[str, Any]) -> bool:
    return str(about.get("NoEcho", "")).lower() == "true"


def with_one(stack: Stack, name: str, value: str) -> list[dict[str, Any]]:
    """The parameters of a stack with one of them changed and all others as they are."""
    return [
        {"ParameterKey": one, "ParameterValue": value}
        if one == name
        else {"ParameterKey": one, "UsePreviousValue": True}
        for one in stack.parameters
    ]
