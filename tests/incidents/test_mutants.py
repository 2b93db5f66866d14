"""Every incident, put back into the code, is found by the simulation within a few seeds."""

import sys
from decimal import Decimal

import pytest

from domain.instruments import DEFAULT
from domain.money import Jpy
from domain.parameters import STANDARD
from entrypoints.simulation.engine import run_one
from entrypoints.simulation.hostility import drawn_rates
from entrypoints.simulation.world import Plan
from tests.incidents.mutants import MUTANTS

MOST = 30
"""Seeds within which a mutant has to be found."""
found: dict[int, tuple[int, str]] = {}


def run(seed: int) -> list[str]:
    """The broken promises of a seed's day under the busy policy."""
    plan = Plan(
        seed=seed,
        days=0.5,
        instruments=DEFAULT,
        parameters=STANDARD,
        cash=Jpy(Decimal(100_000)),
        is_busy=True,
    )
    return [str(one) for one in run_one(plan, drawn_rates(seed)).violations]


@pytest.mark.parametrize("incident", MUTANTS)
def test_the_mutant_is_found(incident: int) -> None:
    what, change = MUTANTS[incident]
    for seed in range(MOST):
        with change():
            violations = run(seed)
        if violations:
            found[incident] = (seed + 1, violations[0])
            return
    pytest.fail(f"incident {incident} ({what}) was not found in {MOST} seeds")


def test_without_a_mutant_the_same_seeds_find_nothing() -> None:
    needed = max((seeds for seeds, _ in found.values()), default=3)
    assert [said for seed in range(needed) for said in run(seed)] == []


def test_all_were_found() -> None:
    """Prints the seeds that each took: `pytest -s tests/incidents/test_mutants.py`."""
    for incident, (seeds, first) in sorted(found.items()):
        print(f"\nincident {incident:2}: {seeds:2} seeds: {first}", file=sys.stderr, end="")
    print(f"\n{len(found)} of {len(MUTANTS)} found", file=sys.stderr)
    if len(found) < len(MUTANTS):
        pytest.skip("run the whole file: the mutants before this test were not all tried")
