"""A run of the state machine as a tree: what is counted along it, and where the forecast stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from math import ceil
from typing import Final, Literal

import attrs

FORECAST: Final = "chronos-caller"

Batching = Literal["per_analysis", "per_pair"]


@attrs.frozen
class Step:
    """A state of its own; `function` is what a task calls, "" for anything else."""

    function: str = ""


@attrs.frozen
class Parallel:
    """Branches beside each other."""

    branches: tuple[Flow, ...]


@attrs.frozen
class Map:
    """The same for every coin, at most `at_once` beside each other (0: all)."""

    body: Flow
    at_once: int = 0

    def waves(self, coins: int) -> int:
        """How many times coins wait for each other."""
        return ceil(coins / self.at_once) if self.at_once else min(coins, 1)


State = Step | Parallel | Map
Flow = tuple[State, ...]
"""States after each other, as they are run when nothing fails."""


def transitions(flow: Flow, coins: int) -> int:
    """States that are entered in a run."""
    count = 0
    for state in flow:
        count += 1
        if isinstance(state, Parallel):
            count += sum(transitions(one, coins) for one in state.branches)
        elif isinstance(state, Map):
            count += coins * transitions(state.body, coins)
    return count


def calls(flow: Flow, coins: int) -> Counter[str]:
    """Calls of each function in a run."""
    count: Counter[str] = Counter()
    for state in flow:
        if isinstance(state, Parallel):
            for one in state.branches:
                count += calls(one, coins)
        elif isinstance(state, Map):
            inner = calls(state.body, coins)
            count += Counter({name: calls * coins for name, calls in inner.items()})
        elif state.function:
            count[state.function] += 1
    return count


def seconds(flow: Flow, coins: int, takes: Callable[[str], float], between: float) -> float:
    """How long a run takes (s): the slowest branch counts. `between` is added for each state."""
    total = 0.0
    for state in flow:
        total += between
        if isinstance(state, Parallel):
            total += max(seconds(one, coins, takes, between) for one in state.branches)
        elif isinstance(state, Map):
            total += state.waves(coins) * seconds(state.body, coins, takes, between)
        elif state.function:
            total += takes(state.function)
    return total


def branches(flow: Flow, coins: int) -> int:
    """Branches and turns of maps in a run, each of which holds its own data."""
    count = 0
    for state in flow:
        if isinstance(state, Parallel):
            count += sum(1 + branches(one, coins) for one in state.branches)
        elif isinstance(state, Map):
            count += coins * (1 + branches(state.body, coins))
    return count


def batching_of(flow: Flow) -> Batching | None:
    """Whether the forecast is asked once for all coins or for each; None where it is not."""
    if calls(flow, 1)[FORECAST] == 0:
        return None
    return "per_pair" if calls(flow, 2)[FORECAST] > calls(flow, 1)[FORECAST] else "per_analysis"


def batched(flow: Flow, batching: Batching) -> Flow:
    """The same flow with its forecast beside the map, or within it."""
    if batching_of(flow) in (None, batching):
        return flow
    asked, rest = Step(FORECAST), _without(flow)
    if batching == "per_analysis":
        return _with_map(rest, lambda one: Parallel(((asked,), (one,))))
    return _with_map(rest, lambda one: attrs.evolve(one, body=_beside(one.body, asked)))


def _without(flow: Flow) -> Flow:
    return tuple(one for state in flow for one in _state_without(state))


def _state_without(state: State) -> Iterator[State]:
    if isinstance(state, Map):
        yield attrs.evolve(state, body=_without(state.body))
    elif isinstance(state, Parallel):
        left = tuple(one for branch in state.branches if (one := _without(branch)))
        if len(left) == 1:
            yield from left[0]
        elif left:
            yield Parallel(left)
    elif state.function != FORECAST:
        yield state


def _with_map(flow: Flow, change: Callable[[Map], State]) -> Flow:
    """The flow with its outermost maps changed."""
    found: list[State] = []
    for state in flow:
        if isinstance(state, Map):
            found.append(change(state))
        elif isinstance(state, Parallel):
            found.append(Parallel(tuple(_with_map(one, change) for one in state.branches)))
        else:
            found.append(state)
    return tuple(found)


def _beside(body: Flow, step: Step) -> Flow:
    """The body of a map with one more branch in its first parallel."""
    for at, state in enumerate(body):
        if isinstance(state, Parallel):
            wider = Parallel((*state.branches, (step,)))
            return (*body[:at], wider, *body[at + 1 :])
    return (Parallel((body, (step,))),)
