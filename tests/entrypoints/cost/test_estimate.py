"""The arithmetic: known figures again, and what has to hold whatever the figures are."""

from math import fsum

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.errors import InputError
from entrypoints.cost import owner_figures
from entrypoints.cost.assumptions import load_assumptions
from entrypoints.cost.bill import SERVICES, Use, bill
from entrypoints.cost.cautions import cautions, is_within
from entrypoints.cost.estimate import Basis, affordable_seconds, estimate
from entrypoints.cost.known_durations import Duration, Durations, load_durations
from entrypoints.cost.price_table import load_prices
from entrypoints.cost.read_template import Reader
from entrypoints.cost.reasons import reason
from entrypoints.cost.table_traffic import log_bytes, traffic_of
from entrypoints.cost.uses import run_seconds
from entrypoints.cost.workload import Scenario
from tests.entrypoints.cost.template import NAMES, template

PRICES, DURATIONS, ASSUMED = load_prices(), load_durations(), load_assumptions()
LISTED = PRICES.without_allowances()
OWNERS = Scenario(batching="per_pair", workflow="STANDARD", forecasts="endpoint")
SCENARIOS = st.builds(
    Scenario,
    analyses_a_day=st.integers(1, 288),
    batching=st.sampled_from([None, "per_analysis", "per_pair"]),
    workflow=st.sampled_from([None, "EXPRESS", "STANDARD"]),
    every_min=st.sampled_from([None, 1, 5, 15, 60]),
    forecasts=st.sampled_from(["template", "endpoint", "momentum"]),
    coins=st.none() | st.integers(1, 30),
)


def basis(durations=DURATIONS, prices=PRICES, assumed=ASSUMED, **how):
    stack = Reader(template(**how)).stack()
    return Basis(stack=stack, prices=prices, durations=durations, assumed=assumed)


HERE = basis()


def costs(price, units, free_tier=False):
    """USD of so many units alone."""
    found = bill([Use(service="Lambda", what="", price=price, units=units)], LISTED)
    return found.usd if free_tier else found.full_usd


def forecasts(seconds, scenario):
    durations = DURATIONS.with_seconds(seconds, "endpoint", "endpoint-per-pair")
    charges = basis(durations, LISTED).bill(scenario).charges
    return fsum(one.usd for one in charges if one.use.what == "forecasts")


# --- figures that are known from elsewhere


def test_standard_costs_5_9():
    usd, full = HERE.bill(OWNERS).of("Step Functions")
    assert round(usd, 1) == 5.9
    assert full - usd == pytest.approx(4_000 * 25e-6)


def test_standard_has_28_transitions_a_run():
    assert HERE.bill(OWNERS).units("standard_transition") == 8_640 * 28


@pytest.mark.parametrize(("seconds", "usd"), [(10, 0.1), (20, 0.2), (42, 0.4)])
def test_express_costs_0_1_to_0_4_with_the_length_of_a_run(seconds, usd):
    other = {name: Duration(mean_ms=1) for name in NAMES}
    at = attrs.evolve(HERE, durations=Durations({**other, "aggregator": Duration(mean_ms=1)}))
    rest = run_seconds(at.month(Scenario()), at.durations)
    slow = Durations({**other, "aggregator": Duration(mean_ms=(seconds - rest) * 1000)})
    express = attrs.evolve(OWNERS, workflow="EXPRESS", forecasts="momentum", batching=None)
    assert round(attrs.evolve(HERE, durations=slow).bill(express).of("Step Functions")[0], 1) == usd


@pytest.mark.parametrize(("seconds", "usd"), [(1, 6.2), (2, 12.4), (4, 24.9)])
def test_forecasts_for_each_coin(seconds, usd):
    assert round(forecasts(seconds, OWNERS), 1) == usd


@pytest.mark.parametrize(("seconds", "usd"), [(1, 1.0), (2, 2.1), (4, 4.1)])
def test_one_forecast_for_six_coins(seconds, usd):
    assert round(forecasts(seconds, attrs.evolve(OWNERS, batching="per_analysis")), 1) == usd


def test_hourly_forecasts_for_each_coin():
    assert round(forecasts(2, attrs.evolve(OWNERS, analyses_a_day=24)), 1) == 1.0


def test_25_alarms_cost_1_50():
    charges = HERE.bill(Scenario()).charges
    assert [round(one.usd, 2) for one in charges if one.use.what == "alarms"] == [1.50]


def test_secrets_cost_0_40_each():
    assert [round(costs("secret", held), 2) for held in (1, 2)] == [0.40, 0.80]


def test_98_000_gigabyte_seconds_are_free_and_1_35_without():
    calls = [
        Use(service="Lambda", what="", price="lambda_arm64", units=98_000),
        Use(service="Lambda", what="", price="lambda_request", units=185_000),
    ]
    found = bill(calls, PRICES)
    assert (found.usd, found.full_usd) == (0, pytest.approx(1.35, abs=0.01))


def test_the_owners_map_makes_some_185_000_calls():
    assert sum(HERE.month(OWNERS).runs.values()) == pytest.approx(185_000, rel=0.02)


def test_half_a_million_writes_and_two_million_reads_cost_0_65():
    usd = costs("dynamodb_write", 500_000) + costs("dynamodb_read", 2_000_000)
    assert usd == pytest.approx(0.65, abs=0.01)


def test_the_traffic_without_the_nights_is_of_that_size():
    found = {one.what: one for one in traffic_of(HERE.month(Scenario()))}
    del found["the night's report and checks"]
    assert sum(one.writes for one in found.values()) == pytest.approx(500_000, rel=0.1)
    assert sum(one.reads for one in found.values()) == pytest.approx(2_000_000, rel=0.15)


def test_an_idle_queue_is_polled_0_65_million_times():
    assert HERE.bill(Scenario()).units("queue_fifo") == pytest.approx(650_000, rel=0.02)


# --- whatever the figures are


@given(SCENARIOS)
def test_services_add_up_to_the_total(scenario):
    found = HERE.bill(scenario)
    assert fsum(found.of(one)[0] for one in SERVICES) == pytest.approx(found.usd)
    assert fsum(found.of(one)[1] for one in SERVICES) == pytest.approx(found.full_usd)


@given(SCENARIOS)
def test_no_charge_is_negative_and_none_is_more_with_the_free_tier(scenario):
    assert all(0 <= one.usd <= one.full_usd for one in HERE.bill(scenario).charges)


@given(SCENARIOS, st.integers(1, 288))
def test_more_analyses_cost_no_less(scenario, more):
    other = attrs.evolve(scenario, analyses_a_day=max(scenario.analyses_a_day, more))
    fewer, most = HERE.bill(scenario), HERE.bill(other)
    assert fewer.usd <= most.usd + 1e-9
    assert fewer.full_usd <= most.full_usd + 1e-9


@given(SCENARIOS, st.integers(1, 30))
def test_more_coins_cost_no_less(scenario, coins):
    few, many = sorted((coins, scenario.coins or 6))
    less, more = (HERE.bill(attrs.evolve(scenario, coins=one)) for one in (few, many))
    assert less.full_usd <= more.full_usd + 1e-9


@given(SCENARIOS)
def test_twice_the_memory_is_twice_the_gigabyte_seconds(scenario):
    stack = HERE.stack
    wide = tuple(attrs.evolve(one, memory_mb=2 * one.memory_mb) for one in stack.functions)
    twice = attrs.evolve(HERE, stack=attrs.evolve(stack, functions=wide))
    once = HERE.bill(scenario).units("lambda_arm64")
    assert twice.bill(scenario).units("lambda_arm64") == pytest.approx(2 * once)


@given(SCENARIOS)
def test_a_standard_workflow_costs_no_less_than_its_transitions(scenario):
    standard = HERE.bill(attrs.evolve(scenario, workflow="STANDARD"))
    paid = max(0, standard.units("standard_transition") - 4_000) * 25e-6
    assert standard.of("Step Functions")[0] == pytest.approx(paid)


@given(
    st.lists(
        st.tuples(st.sampled_from(["queue_fifo", "queue_standard"]), st.floats(0, 1e8)), max_size=6
    )
)
def test_a_free_tier_that_is_shared_is_given_once(used):
    uses = [Use(service="s", what="", price=price, units=units) for price, units in used]
    found = bill(uses, PRICES)
    dearest = max((PRICES.of(one.price).each for one in uses), default=0.0)
    assert 0 <= found.full_usd - found.usd <= 1_000_000 * dearest + 1e-6


@given(SCENARIOS)
def test_analyses_are_never_more_than_collections(scenario):
    month = HERE.month(scenario)
    assert month.analyses <= month.collections
    assert month.analyses <= scenario.analyses_a_day * 30


@given(st.floats(1, 48), st.floats(1, 48))
def test_the_log_grows_with_its_months(one, other):
    few, many = sorted((one, other))
    sizes = [
        log_bytes(basis(assumed=ASSUMED.replaced(months_of_log=months)).month(Scenario()))
        for months in (few, many)
    ]
    assert sizes[0] <= sizes[1]


# --- what follows from the template


def test_an_index_of_the_log_costs_writes():
    stack = HERE.stack
    plain = tuple(attrs.evolve(one, indexes=0) for one in stack.tables)
    without = attrs.evolve(HERE, stack=attrs.evolve(stack, tables=plain))
    both = [one.bill(Scenario()).units("dynamodb_write") for one in (HERE, without)]
    # at least one unit for the commit of each tick and of each analysis
    assert both[0] - both[1] >= 2 * 8_640


def test_collecting_every_minute_reads_more_and_writes_the_same_candles():
    usual, often = (traffic_of(HERE.month(Scenario(every_min=every)))[0] for every in (5, 1))
    assert often.reads == 5 * usual.reads
    assert often.writes == usual.writes


def test_collecting_every_quarter_leaves_96_analyses():
    assert HERE.month(Scenario(every_min=15)).analyses == 96 * 30


def test_a_function_that_nothing_calls_is_run_by_hand():
    assert HERE.month(Scenario()).ran("warm-up") == 1


def test_a_machine_that_logs_everything_costs_logs():
    quiet, loud = (basis(level=level).bill(Scenario()) for level in ("ERROR", "ALL"))
    assert loud.units("logs_in") - quiet.units("logs_in") == pytest.approx(
        8_640 * 24 * 2_048 / 1024**3
    )


def test_a_function_of_somebody_else_costs_nothing_until_something_calls_it():
    strange = {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "index.handler"}}
    with_it = basis(more={"Clean": strange})
    assert with_it.bill(Scenario()).usd == pytest.approx(HERE.bill(Scenario()).usd)


def test_a_scheduled_function_without_a_duration_is_named():
    known = {name: one for name, one in DURATIONS.by_name.items() if name != "technical"}
    with pytest.raises(InputError, match="no duration of technical"):
        basis(Durations(known)).bill(Scenario())


def test_momentum_pays_for_no_endpoint():
    assert basis(endpoint=False).bill(Scenario()).of("SageMaker") == (0, 0)
    assert HERE.bill(Scenario(forecasts="momentum")).of("SageMaker") == (0, 0)
    assert HERE.bill(Scenario()).of("SageMaker")[0] > 0


# --- what is told


def test_every_scenario_and_the_templates_own_is_there():
    found = estimate(HERE, Scenario())
    assert len(found.compared) == 12
    (own,) = [one for one in found.compared if one.is_template]
    assert own.bill == found.bill
    assert own.momentum.usd < own.bill.usd
    assert [one.every_min for one in found.collected] == [1, 5, 15]
    assert own.bill == next(one.bill for one in found.collected if one.every_min == 5)


def test_the_owners_flow_breaks_the_budget():
    found = estimate(basis(per_pair=True, workflow="STANDARD"), Scenario())
    assert not is_within(found, 10)
    assert is_within(estimate(HERE, Scenario()), 10)


def test_the_budget_is_judged_without_the_free_tier_where_that_is_asked():
    found = estimate(HERE, Scenario())
    between = (found.bill.usd + found.bill.full_usd) / 2
    assert is_within(found, between)
    assert not is_within(found, between, free_tier=False)


def test_what_has_no_price_is_within_no_budget():
    found = estimate(basis(more={"Nat": {"Type": "AWS::EC2::NatGateway"}}), Scenario())
    assert not is_within(found, 1e6)
    assert "Nat" in cautions(found)[0]


def test_a_forecast_of_the_affordable_length_costs_the_limit():
    found = estimate(HERE, Scenario())
    seconds = affordable_seconds(found, 10)
    durations = DURATIONS.with_seconds(seconds, "endpoint")
    assert basis(durations).bill(Scenario()).usd == pytest.approx(10, abs=0.01)
    assert affordable_seconds(found, 0) == 0


def test_every_service_has_a_reason():
    found = estimate(HERE, Scenario())
    assert all(reason(found, one) for one in SERVICES)
    assert sum(owner_figures.MONTHLY.values()) == pytest.approx(6.55)


def test_ten_coins_are_warned_of_in_figures_and_nine_are_not():
    told = [
        [one for one in cautions(estimate(HERE, Scenario(coins=coins))) if "news page" in one]
        for coins in (9, 10)
    ]
    assert told[0] == []
    (words,) = told[1]
    assert "leaves 2.0 a coin" in words
    assert "in 2 turns" in words
    assert "86,400 a month for 12.97 USD" in words


def test_a_night_that_takes_too_long_is_told():
    def nights(**assumed):
        found = estimate(basis(assumed=ASSUMED.replaced(**assumed)), Scenario())
        return [one for one in cautions(found) if one.startswith("daily-reporter reads")]

    assert nights(months_of_log=1) == []
    assert nights(months_of_log=120) == [], "an old log takes no longer"
    (words,) = nights(log_read_rate=1)
    assert "has 120 s" in words


def test_durations_that_cannot_be_are_told():
    odd = {
        "technical": Duration(mean_ms=500_000),
        "aggregator": Duration(mean_ms=900, memory_mb=1024),
        "chronos-caller": Duration(mean_ms=10),
    }
    found = estimate(basis(Durations({**DURATIONS.by_name, **odd})), Scenario())
    told = " ".join(cautions(found))
    assert "technical: a mean of 500,000 ms is over its timeout" in told
    assert "aggregator was measured with 1024 MB and has 512 MB" in told
    assert "chronos-caller waits for the endpoint" in told
    assert "Express ends after 300 s" in told
    assert "10 of 13 durations are assumed" in told


# --- counted by hand, six coins


def counted(what, scenario):
    (found,) = [one for one in traffic_of(HERE.month(scenario)) if one.what == what]
    return found


def test_a_collection_is_a_transaction_of_a_commit_and_its_rows():
    found = counted("collecting prices", Scenario())
    # a commit of 2 KB and its index; six prices and the trigger's row; each twice but the index
    assert found.writes / 8_640 == 2 * 2 + 2 + 2 * 6 + 2
    # the head of the stream, 13 closes of each coin, the last analysis
    assert found.reads / 8_640 == 1 + 6 + 1


def test_an_analysis_reads_its_candles_and_writes_its_signals():
    found = counted("analyses", Scenario())
    # six signals of 2 KB, a commit of 3 KB and its index
    assert found.writes / 8_640 == 2 * 6 * 2 + 2 * 3 + 3
    # 250 and 336 candles, 11 for momentum, a sentiment; then the aggregator's four
    assert found.reads / 8_640 == 6 * (13 + 18 + 1 + 1) + 4
    # without an endpoint nobody reads 336
    assert counted("analyses", Scenario(forecasts="momentum")).reads / 8_640 == 6 * 15 + 4


def test_a_night_reads_a_quarter_of_a_year_three_times_at_half_a_unit_for_4_kb():
    found = counted("the night's report and checks", Scenario())
    a_day = log_bytes(HERE.month(Scenario())) / 365
    assert found.reads == pytest.approx(30 * (3 * 92 + 2) * a_day / 8_192)
    young = attrs.evolve(HERE, assumed=ASSUMED.replaced(months_of_log=1))
    (found,) = [one for one in traffic_of(young.month(Scenario())) if "night" in one.what]
    whole = log_bytes(young.month(Scenario()))
    assert found.reads == pytest.approx(30 * (3 + 2 * 12 / 365) * whole / 8_192)


def test_a_function_is_billed_by_gigabytes_of_1024_megabytes():
    charges = HERE.bill(Scenario()).charges
    (units,) = [one.use.units for one in charges if one.use.what == "technical"]
    assert units == 51_840 * 1.2 * 0.5


def test_a_forecast_of_one_coin_has_a_duration_of_its_own():
    at = attrs.evolve(HERE, durations=DURATIONS.with_seconds(3, "endpoint-per-pair"))
    together, each = (
        at.bill(Scenario(batching=one)).units("endpoint_second")
        for one in ("per_analysis", "per_pair")
    )
    assert (together, each) == (8_640 * 6, 51_840 * 3 * 6)
