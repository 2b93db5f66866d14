"""A template is read by its resource types."""

import json

import pytest

from application.errors import InputError
from entrypoints.cost.flow import Map, Parallel, Step, batched, batching_of, calls, transitions
from entrypoints.cost.read_flow import flow_of
from entrypoints.cost.read_template import Reader, find_template, read_template
from entrypoints.cost.schedule_runs import runs_a_month
from tests.entrypoints.cost.template import alarms, arn, function, id_of, table, template


def stack(**how):
    return Reader(template(**how)).stack()


def with_more(**resources):
    return stack(more=resources)


COINS = json.dumps(
    {
        f"{code.lower()}_usdt": {
            "binance": f"{code}USDT",
            "coincheck": f"{code.lower()}_jpy",
            "news": code,
            "name": code,
        }
        for code in ("ETH", "BTC", "SHIB")
    }
)


def test_functions_are_known_by_their_handlers():
    found = stack()
    technical = found.function("technical")
    assert (technical.id, technical.memory_mb) == (id_of("technical"), 512)
    assert technical.architecture == "arm64"
    assert len(found.functions) == 13


def test_a_function_without_settings_has_those_of_aws():
    bare = {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "index.handler"}}
    found = with_more(Clean=bare).function("Clean")
    assert (found.memory_mb, found.timeout_s, found.architecture) == (128, 3, "x86_64")


def test_schedules_name_their_function_and_its_runs():
    runs = {one.function: one.runs for one in stack().schedules}
    assert runs == {
        "price-collector": 8640,
        "position-monitor": 8640,
        "news-collector": 1440,
        "market-context": 1440,
        "daily-reporter": 30,
    }


def test_a_schedule_that_is_off_does_not_run():
    off = {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "State": "DISABLED",
            "ScheduleExpression": "rate(1 minute)",
            "Target": {"Arn": arn("warm-up")},
        },
    }
    assert len(with_more(Off=off).schedules) == 5


def test_a_rule_with_a_schedule_counts_as_one():
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "ScheduleExpression": "rate(1 hour)",
            "Targets": [{"Arn": arn("warm-up"), "Id": "a"}],
        },
    }
    assert {one.function: one.runs for one in with_more(Rule=rule).schedules}["warm-up"] == 720


def test_what_events_call_is_known():
    found = stack()
    assert (found.queued, found.watching, found.told, found.polled) == (
        ("order-executor",),
        ("error-remediator",),
        ("slack-notifier",),
        ("fifo",),
    )


def test_tables_tell_their_indexes_and_their_recovery():
    events, prices = stack().table("events"), stack().table("prices")
    assert (events.name, events.indexes, events.recovers) == ("eth-trading-events", 1, True)
    assert (prices.indexes, prices.recovers) == (0, False)


def test_the_metrics_of_an_alarm_are_counted_without_its_expression():
    sum_of_two = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "Metrics": [
                {"Id": "a", "MetricStat": {}},
                {"Id": "b", "MetricStat": {}},
                {"Id": "c", "Expression": "a+b"},
            ]
        },
    }
    assert with_more(Both=sum_of_two).alarms == len(alarms(25)) + 2


def test_coins_come_from_the_variable():
    assert stack().coins == 6
    assert stack(coins=COINS).coins == 3


def test_a_secret_that_is_only_named_counts():
    assert stack().secrets == ("eth-trading-coincheck",)


def test_a_secret_of_the_stack_counts_once_though_a_function_names_it():
    secret = {"Type": "AWS::SecretsManager::Secret"}
    named = function("order-executor")
    named["Properties"]["Environment"] = {"Variables": {"COINCHECK_SECRET": {"Ref": "Mine"}}}
    assert with_more(Mine=secret, **{id_of("order-executor"): named}).secrets == ("Mine",)


def test_an_endpoint_is_named_or_made():
    assert stack(endpoint=False).endpoint is None
    named = stack().endpoint
    assert (named.memory_mb, named.is_ours) == (6144, False)
    config = {
        "Type": "AWS::SageMaker::EndpointConfig",
        "Properties": {"ProductionVariants": [{"ServerlessConfig": {"MemorySizeInMB": 4096}}]},
    }
    made = with_more(Config=config, Endpoint={"Type": "AWS::SageMaker::Endpoint"}).endpoint
    assert (made.memory_mb, made.is_ours) == (4096, True)


def test_the_owners_map_has_28_transitions_less_start_and_end():
    flow = stack(per_pair=True).machine.flow
    assert transitions(flow, 6) == 26
    assert calls(flow, 6) == {
        "technical": 6,
        "chronos-caller": 6,
        "sentiment-getter": 6,
        "aggregator": 1,
    }


def test_one_forecast_for_all_coins_has_fewer():
    flow = stack().machine.flow
    assert (transitions(flow, 6), calls(flow, 6)["chronos-caller"]) == (22, 1)


def test_a_state_that_only_an_error_reaches_is_no_part_of_the_run():
    assert "Pass" not in str(stack().machine.flow)
    assert calls(stack().machine.flow, 1)[""] == 0


def test_each_topology_becomes_the_other():
    together, each = stack().machine.flow, stack(per_pair=True).machine.flow
    assert (batching_of(together), batching_of(each)) == ("per_analysis", "per_pair")
    assert batched(together, "per_analysis") == together
    for flow in (together, each):
        for batching, same in (("per_analysis", together), ("per_pair", each)):
            other = batched(flow, batching)
            assert calls(other, 6) == calls(same, 6)
            assert transitions(other, 6) == transitions(same, 6)


def test_a_map_without_branches_gets_one_for_the_forecast():
    flow = (Parallel(((Step("chronos-caller"),), (Map((Step("technical"),)),))),)
    (mapped,) = batched(flow, "per_pair")
    assert mapped == Map((Parallel(((Step("technical"),), (Step("chronos-caller"),))),))


def test_a_machine_without_a_forecast_stays_as_it_is():
    flow = (Map((Step("technical"),)),)
    assert batched(flow, "per_pair") == flow


def test_of_a_choice_the_longest_way_counts_and_a_loop_once():
    text = json.dumps(
        {
            "StartAt": "Ask",
            "States": {
                "Ask": {
                    "Type": "Choice",
                    "Choices": [{"Next": "Long"}],
                    "Default": "Short",
                },
                "Short": {"Type": "Succeed"},
                "Long": {"Type": "Wait", "Seconds": 1, "Next": "Again"},
                "Again": {"Type": "Pass", "Next": "Long"},
            },
        }
    )
    assert transitions(flow_of(text, str), 1) == 3


def test_a_definition_may_be_an_object_or_have_substitutions():
    states = {
        "StartAt": "Go",
        "States": {"Go": {"Type": "Task", "Resource": "${caller}", "End": True}},
    }
    for key, value in (("Definition", states), ("DefinitionString", json.dumps(states))):
        machine = {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {key: value, "DefinitionSubstitutions": {"caller": arn("technical")}},
        }
        found = with_more(Machine=machine).machine
        assert (found.flow, found.workflow) == ((Step("technical"),), "STANDARD")


@pytest.mark.parametrize(
    ("expression", "runs"),
    [
        ("rate(1 minute)", 43_200),
        ("rate(2 hours)", 360),
        ("rate(1 day)", 30),
        ("cron(0/5 * * * ? *)", 8_640),
        ("cron(*/15 * * * ? *)", 2_880),
        ("cron(5/20 * * * ? *)", 2_160),
        ("cron(0 0-22/2 * * ? *)", 360),
        ("cron(0 9,21 ? * MON-FRI *)", 30 / 7 * 10),
        ("cron(0 9 1 * ? *)", 1),
        ("cron(0 9 L * ? *)", 1),
        ("cron(0 9 ? * 2#1 *)", 1),
        ("cron(0 9 * JAN,FEB,MAR ? *)", 7.5),
        ("at(2027-01-01T00:00:00)", 0),
    ],
)
def test_runs_of_a_schedule(expression, runs):
    assert runs_a_month(expression) == pytest.approx(runs)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "5 minutes",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "cron(0 0 * * ?)",
        "cron(61 * * * ? *)",
        "cron(x * * * ? *)",
        "cron(9-5 * * * ? *)",
    ],
)
def test_an_expression_that_cannot_be_read_is_quoted(expression):
    with pytest.raises(InputError, match="write rate"):
        runs_a_month(expression)


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ({"Type": "AWS::EC2::NatGateway"}, "AWS::EC2::NatGateway"),
        ({"Type": "AWS::RDS::DBInstance"}, "has no price"),
        (table("x") | {"Properties": {"BillingMode": "PROVISIONED"}}, "provisioned capacity"),
        (function("x", TracingConfig={"Mode": "Active"}), "tracing"),
        (function("x", EphemeralStorage={"Size": 1024}), "disk"),
        (
            {"Type": "AWS::Lambda::Version", "Properties": {"ProvisionedConcurrencyConfig": {}}},
            "provisioned concurrency",
        ),
        ({"Type": "AWS::CloudWatch::Alarm", "Properties": {"Period": 10}}, "high resolution"),
        (
            {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {"ProductionVariants": [{"InstanceType": "ml.m5.large"}]},
            },
            "runs all the time",
        ),
    ],
)
def test_what_has_no_price_is_named(resource, words):
    assert stack().unpriced == ()
    (found,) = with_more(Strange=resource).unpriced
    assert found.startswith("Strange")
    assert words in found


def test_a_wrong_number_names_resource_and_field():
    broken = function("technical", MemorySize={"Ref": "Unknown"})
    with pytest.raises(InputError, match=r"Odd: MemorySize is \$\{Unknown\}"):
        with_more(Odd=broken)


def test_a_folder_without_a_template_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="make synth"):
        find_template(tmp_path / "none")
    for name in ("a", "b"):
        (tmp_path / f"{name}.template.json").write_text("{}")
    with pytest.raises(InputError, match=r"2 templates.*--template"):
        find_template(tmp_path)
    (tmp_path / "b.template.json").unlink()
    assert find_template(tmp_path) == tmp_path / "a.template.json"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "no CloudFormation template"),
        ('{"Resources": {"A": {}}}', "cannot be read"),
        ('{"Resources": {"A": {"Type": "AWS::StepFunctions::StateMachine"}}}', "cannot be read"),
    ],
)
def test_a_file_that_is_no_template_is_told(tmp_path, text, words):
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_template(path)
