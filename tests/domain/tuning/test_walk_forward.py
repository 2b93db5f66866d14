"""What passes is better on days that it was not chosen by, even for so many tries."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.tuning.deflated_sharpe import deflated_sharpe
from domain.tuning.walk_forward import (
    LEAST_DAYS,
    SURE,
    Paired,
    better,
    learned_days,
    sharpe,
    walk_forward,
)

DAYS = 90


def noise(seed: int, mean: float = 0.0, days: int = DAYS) -> Paired:
    return Paired(tuple((np.random.default_rng(seed).standard_normal(days) + mean).tolist()))


def test_what_is_better_every_day_passes() -> None:
    found = walk_forward([noise(1), noise(2, mean=1.5)], DAYS, tries=12)
    assert found.chosen == 1
    assert found.refusal is None
    assert found.days == DAYS - learned_days(DAYS)
    assert found.probability > SURE


def test_more_tries_make_the_same_find_less_sure() -> None:
    few, many = (walk_forward([noise(2, mean=0.5)], DAYS, tries=n) for n in (1, 50_000))
    assert few.refusal is None
    assert many.refusal is not None
    assert "after 50000 tries" in many.refusal


def test_noise_passes_rarely() -> None:
    passed = sum(
        walk_forward([noise(100 * seed + n) for n in range(12)], DAYS, tries=12).refusal is None
        for seed in range(300)
    )
    assert passed <= 300 * 0.05


def test_a_few_days_are_not_enough_however_good() -> None:
    days = LEAST_DAYS - 1
    found = walk_forward([noise(3, mean=5.0, days=days)], days, tries=1)
    assert found.refusal == f"the log tells of {days} days, {LEAST_DAYS} needed"


def test_what_only_the_past_liked_is_refused() -> None:
    learned = learned_days(DAYS)
    turned = Paired(tuple([1.0, 1.1] * (learned // 2) + [-1.0, -0.9] * ((DAYS - learned) // 2)))
    found = walk_forward([turned], DAYS, tries=1)
    assert found.gain < 0
    assert found.refusal is not None


def test_without_a_candidate_nothing_is_chosen() -> None:
    for candidates in ([], [Paired((0.0,) * DAYS)], [noise(5, mean=-3.0)]):
        found = walk_forward(candidates, DAYS, tries=len(candidates))
        assert found.chosen is None
        assert found.refusal == "no candidate would have gained anything"


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 3))
def test_a_fold_is_chosen_for_by_earlier_days_alone(seed: int, fold: int) -> None:
    candidates = [noise(seed * 7 + n) for n in range(4)]
    first = learned_days(DAYS)
    start = first + (DAYS - first) * fold // 4
    end = first + (DAYS - first) * (fold + 1) // 4
    best = max(range(4), key=lambda n: candidates[n].ratio(0, start))
    if candidates[best].ratio(0, start) <= 0:
        return
    # what the other candidates do from then on cannot matter in this fold
    others = [
        one
        if n == best
        else Paired((*one.differences[:start], *([9.0, 9.1] * DAYS)[: DAYS - start]))
        for n, one in enumerate(candidates)
    ]
    lone = Paired((*candidates[best].differences[:end], *(0.0,) * (DAYS - end)))
    kept = walk_forward([*others[:best], lone, *others[best + 1 :]], end, tries=4)
    assert kept.days == end - learned_days(end)


def test_the_probability_is_the_deflated_sharpe_ratio_of_the_days() -> None:
    values = noise(9, mean=0.4).differences
    array = np.array(values)
    scaled = (array - array.mean()) / array.std()
    assert sharpe(values) == pytest.approx(array.mean() / array.std())
    assert better(values, tries=12) == pytest.approx(
        deflated_sharpe(
            array.mean() / array.std(),
            DAYS,
            skew=float((scaled**3).mean()),
            excess_kurtosis=float((scaled**4).mean()) - 3.0,
            tries=12,
            spread=1 / DAYS**0.5,
        ),
        abs=1e-9,
    )
    assert better((0.0,) * DAYS, tries=1) == 0.0
