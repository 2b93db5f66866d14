"""Amazon's states language becomes a flow: the path that is taken when nothing fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from application.errors import InputError
from entrypoints.cost.flow import Flow, Map, Parallel, State, Step, transitions

Named = Callable[[str], str]
"""The function's name that a text of the definition refers to; "" for none."""


def flow_of(definition: str, named: Named) -> Flow:
    """The flow of a machine. Raises InputError for what is no states language."""
    try:
        return _flow(json.loads(definition), named)
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"the state machine's definition cannot be read: {error!r}") from None


def _flow(machine: Mapping[str, Any], named: Named) -> Flow:
    return _from(machine["StartAt"], machine["States"], named, frozenset())


def _from(name: str, states: Mapping[str, Any], named: Named, seen: frozenset[str]) -> Flow:
    """The states from one on to the end. A loop is gone through once."""
    found: list[State] = []
    while name and name not in seen:
        seen |= {name}
        state = states[name]
        found.append(_state(state, named))
        if state["Type"] == "Choice":
            # which one is taken nobody knows: the longest
            ways = [_from(one, states, named, seen) for one in _ways(state)]
            return (*found, *max(ways, key=lambda way: transitions(way, 1), default=()))
        name = state.get("Next", "")
    return tuple(found)


def _ways(state: Mapping[str, Any]) -> Iterator[str]:
    yield from (one["Next"] for one in state["Choices"])
    if "Default" in state:
        yield state["Default"]


def _state(state: Mapping[str, Any], named: Named) -> State:
    if state["Type"] == "Parallel":
        return Parallel(tuple(_flow(one, named) for one in state["Branches"]))
    if state["Type"] == "Map":
        body = state.get("ItemProcessor") or state["Iterator"]
        return Map(_flow(body, named), int(state.get("MaxConcurrency", 0)))
    if state["Type"] == "Task":
        return Step(_called(state, named))
    return Step()


def _called(state: Mapping[str, Any], named: Named) -> str:
    """A task names its function itself, or tells the service to call it."""
    given = state.get("Parameters") or state.get("Arguments") or {}
    return named(state["Resource"]) or named(str(given.get("FunctionName", "")))
