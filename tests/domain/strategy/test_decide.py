"""Sells first, else the best buy, else hold; and why not the others."""

from operator import ge, gt, le, lt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Action, Refusal, Thresholds
from domain.instant import MINUTE
from domain.parameters import STANDARD
from domain.strategy.decide import Holding, Scored, Verdict, decide

NOW = 1_760_000_000_000
LIMITS = Thresholds(buy=0.25, sell=-0.13, volatility=1.0, fear_factor=1.0)
OPERATORS = {"<": lt, "<=": le, ">": gt, ">=": ge}


def pairs(**totals: float) -> list[Scored]:
    """Pairs in order with the common sell threshold."""
    return [Scored(pair, total, LIMITS.sell, True) for pair, total in totals.items()]


def held(*names: str, minutes: float = 60) -> list[Holding]:
    """Open positions of an age."""
    return [Holding(one, f"position-{one}", NOW - int(minutes * MINUTE)) for one in names]


def decided(scored: list[Scored], holdings: list[Holding] | None = None, **busy: str) -> Verdict:
    return decide(scored, holdings or [], busy, LIMITS, NOW, STANDARD)


def guards(verdict: Verdict) -> dict[str, str]:
    return {one.pair: one.guard for one in verdict.refused}


def test_the_best_pair_is_bought_at_the_threshold() -> None:
    found = decided(pairs(ETH=0.1, BTC=0.25, XRP=0.2))
    assert found.action is Action.BUY
    assert [one.pair for one in found.buys] == ["BTC"]
    assert found.ranking == ("BTC", "XRP", "ETH")
    assert guards(found) == {"ETH": "buy_threshold", "XRP": "buy_threshold"}


def test_just_under_the_threshold_nothing_is_bought() -> None:
    found = decided(pairs(ETH=0.2499999))
    assert found.action is Action.HOLD
    assert found.refused == (Refusal("ETH", "buy_threshold", 0.2499999, ">=", 0.25),)


def test_of_equal_scores_the_first_configured_is_bought() -> None:
    found = decided(pairs(ETH=0.3, BTC=0.3))
    assert [one.pair for one in found.buys] == ["ETH"]
    assert found.refused == (Refusal("BTC", "not_the_best", 0.3, ">", 0.3),)


def test_a_held_pair_is_not_bought_again() -> None:
    found = decided(pairs(ETH=0.9, BTC=0.3), held("ETH"))
    assert [one.pair for one in found.buys] == ["BTC"]
    assert guards(found) == {"ETH": "sell_threshold"}


def test_without_a_technical_score_a_pair_cannot_be_bought() -> None:
    found = decided([Scored("ETH", 0.9, -0.13, False), *pairs(BTC=0.3)])
    assert [one.pair for one in found.buys] == ["BTC"]
    assert found.refused == (Refusal("ETH", "no_technical", 0.0, ">=", 1.0),)


def test_without_a_technical_score_a_pair_can_still_be_sold() -> None:
    found = decided([Scored("ETH", -0.2, -0.13, False)], held("ETH"))
    assert found.action is Action.SELL


def test_all_that_qualify_are_sold_worst_first_and_nothing_is_bought() -> None:
    found = decided(pairs(ETH=-0.2, BTC=0.9, XRP=-0.5, SOL=-0.13), held("ETH", "XRP", "SOL"))
    assert found.action is Action.SELL
    assert [one.pair for one in found.sells] == ["XRP", "ETH", "SOL"]
    assert found.buys == ()
    assert guards(found) == {"BTC": "sells_first"}


def test_each_pair_has_its_own_sell_threshold() -> None:
    fading = [Scored("ETH", -0.08, -0.065, True), *pairs(BTC=-0.08)]
    found = decided(fading, held("ETH", "BTC"))
    assert [one.pair for one in found.sells] == ["ETH"]
    assert found.refused == (Refusal("BTC", "sell_threshold", -0.08, "<=", -0.13),)


def test_a_position_is_held_half_an_hour() -> None:
    young = decided(pairs(ETH=-0.9), held("ETH", minutes=29.5))
    assert young.action is Action.HOLD
    assert young.refused == (Refusal("ETH", "min_hold", 1770.0, ">=", 1800.0),)
    assert decided(pairs(ETH=-0.9), held("ETH", minutes=30)).action is Action.SELL


def test_a_pair_with_an_order_under_way_is_neither_bought_nor_sold() -> None:
    found = decided(pairs(ETH=0.9, BTC=-0.9), held("BTC"), ETH="in doubt", BTC="submitting")
    assert found.action is Action.HOLD
    assert guards(found) == {"ETH": "order_under_way", "BTC": "order_under_way"}


def test_while_the_best_is_busy_the_next_is_bought() -> None:
    found = decided(pairs(ETH=0.9, BTC=0.3), ETH="in doubt")
    assert [one.pair for one in found.buys] == ["BTC"]


def test_nothing_scored_is_hold() -> None:
    assert decided([]) == Verdict(Action.HOLD, (), (), (), ())


names = ("BTC", "ETH", "XRP", "SOL", "DOGE", "AVAX")
many = st.tuples(*(st.sampled_from([-0.9, -0.2, -0.13, 0.0, 0.1, 0.25, 0.6]) for _ in names)).map(
    lambda totals: pairs(**dict(zip(names, totals, strict=True)))
)
ages = st.dictionaries(st.sampled_from(names), st.sampled_from([0, 29, 30, 400]), max_size=6)
some_busy = st.dictionaries(st.sampled_from(names), st.just("in doubt"), max_size=3)


@given(many, ages, some_busy)
def test_every_pair_is_traded_or_refused_by_a_guard_that_did_not_hold(
    scored: list[Scored], ages: dict[str, int], busy: dict[str, str]
) -> None:
    holdings = [one for pair, age in ages.items() for one in held(pair, minutes=age)]
    found = decide(scored, holdings, busy, LIMITS, NOW, STANDARD)
    traded = [one.pair for one in (*found.sells, *found.buys)]
    assert sorted([*traded, *guards(found)]) == sorted(names)
    assert len(found.buys) <= 1
    assert not (found.buys and found.sells)
    assert not set(traded) & set(busy)
    for one in found.refused:
        assert not OPERATORS[one.operator](one.value, one.limit)


@given(many, st.permutations(names))
def test_the_order_of_holdings_does_not_matter(scored: list[Scored], order: list[str]) -> None:
    assert decided(scored, held(*order)) == decided(scored, held(*names))


@pytest.mark.parametrize("totals", [{"ETH": 0.1, "BTC": 0.1}, {"BTC": 0.1, "ETH": 0.1}])
def test_the_ranking_is_stable(totals: dict[str, float]) -> None:
    assert decided(pairs(**totals)).ranking == tuple(totals)
