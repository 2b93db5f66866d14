"""Every function of the cloud by its name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

NAMES: Final = (
    "price-collector",
    "technical",
    "chronos-caller",
    "sentiment-getter",
    "aggregator",
    "order-executor",
    "position-monitor",
    "news-collector",
    "market-context",
    "daily-reporter",
    "error-remediator",
    "warm-up",
    "slack-notifier",
)


def module_of(name: str) -> str:
    """The module whose `handler` a function runs."""
    return f"entrypoints.aws_lambda.{name.replace('-', '_')}"


def handlers() -> Mapping[str, Any]:
    """The handlers of all functions; imports them all."""
    return {name: import_module(module_of(name)).handler for name in NAMES}


def functions() -> Mapping[str, Any]:
    """What lies behind each handler, with the provider of its environment."""
    found = {}
    for name in NAMES:
        module = import_module(module_of(name))
        found[name] = getattr(module, "execute", module.handler)
    return found
