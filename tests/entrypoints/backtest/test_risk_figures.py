"""Our risk figures are empyrical's, for rising, falling and wild rows of returns."""

import empyrical
import numpy as np
import pytest

from entrypoints.backtest.risk_figures import (
    growth_a_year,
    max_drawdown,
    sharpe_ratio,
    sortino_ratio,
)

ROWS = [
    *(np.random.default_rng(seed).normal(0.001, 0.02, 14 + 50 * seed) for seed in range(6)),
    np.array([0.01, -0.02] * 10),
    np.full(20, -0.01) + np.arange(20) * 1e-4,
    np.array([0.5, -0.9, 3.0, 0.0, -0.1, 0.0]),
]


@pytest.mark.parametrize("returns", ROWS, ids=len)
@pytest.mark.parametrize("a_year", [365, 8760.5])
def test_the_same_figures_as_empyrical(returns, a_year):
    close = {"rel": 1e-9, "abs": 1e-12}
    assert max_drawdown(returns) == pytest.approx(empyrical.max_drawdown(returns), **close)
    for ours, theirs in (
        (growth_a_year, empyrical.cagr),
        (sharpe_ratio, empyrical.sharpe_ratio),
        (sortino_ratio, empyrical.sortino_ratio),
    ):
        expected = theirs(returns, annualization=a_year)
        assert ours(returns, a_year) == pytest.approx(expected, **close)


def test_what_only_rises_has_no_drawdown():
    assert max_drawdown(np.array([0.1, 0.0, 0.2])) == 0.0
