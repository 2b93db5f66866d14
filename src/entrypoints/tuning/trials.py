"""Many made-up quarters over all cores: how often the tuner changes something, and what."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from adapters.proposer.box_search import BoxSearch
from application.tuning.search import search
from domain.parameters import STANDARD
from domain.tuning.track_record import wilson_interval
from entrypoints.tuning.worlds import null_world, planted_world

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@attrs.frozen(kw_only=True)
class Outcome:
    """One world: what was changed ("" for nothing), and the probability that it was held to."""

    seed: int
    changed: str
    found: bool
    probability: float
    trades: int


def run_world(seed: int, *, days: int, loss: float | None) -> Outcome:
    """Search one world as a night would, without the gates: they could only say no more often.

    With `loss` (a fraction) one is planted, and found when the buy threshold is raised.
    """
    world = null_world(seed, days) if loss is None else planted_world(seed, days, loss)
    done = asyncio.run(search(world, STANDARD, BoxSearch(), seed=seed, tried=0))
    moves = done.moves
    return Outcome(
        seed=seed,
        changed=", ".join(f"{one.name} {one.before:g} -> {one.after:g}" for one in moves),
        found=any(one.name == "buy_threshold" and one.after > one.before for one in moves),
        probability=done.verdict.probability,
        trades=len(done.trials),
    )


def run_worlds(
    seeds: Sequence[int],
    *,
    days: int,
    loss: float | None,
    workers: int,
    done: Callable[[], None],
) -> list[Outcome]:
    """All worlds, in the order of their seeds; `done` hears of each."""
    work = partial(run_world, days=days, loss=loss)
    if workers == 1 or len(seeds) == 1:
        return [_heard(work(seed), done) for seed in seeds]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        return [_heard(one, done) for one in pool.map(work, seeds, chunksize=4)]


def _heard(outcome: Outcome, done: Callable[[], None]) -> Outcome:
    done()
    return outcome


def summary(outcomes: Sequence[Outcome], *, days: int, loss: float | None) -> dict[str, Any]:
    """Counts with their Wilson 95 % intervals."""
    changed = [one for one in outcomes if one.changed]
    told: dict[str, Any] = {"worlds": len(outcomes), "days": days, "changed": len(changed)}
    if loss is None:
        low, high = wilson_interval(len(changed), len(outcomes))
        told |= {"rate": len(changed) / len(outcomes), "low": low, "high": high}
    else:
        found = sum(one.found for one in outcomes)
        low, high = wilson_interval(found, len(outcomes))
        told |= {"loss_pct": loss * 100, "found": found}
        told |= {"power": found / len(outcomes), "low": low, "high": high}
    told["changes"] = dict(Counter(one.changed for one in changed).most_common())
    return told
