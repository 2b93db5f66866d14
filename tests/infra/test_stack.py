"""What is deployed, by the template: everything of the specification, and nothing else."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from application.read_models import TABLES
from domain.instant import DAY
from entrypoints.schedule_table import SCHEDULES
from infra import analysis_workflow as workflow
from infra.alarms import pattern
from infra.functions import ROWS
from infra.stage import Stage
from tests.domain.test_error_report import LINES
from tests.infra.given import every, synthesized, template, text

SEVEN = json.dumps(
    {
        f"{code.lower()}_usdt": {
            "binance": f"{code}USDT", "coincheck": f"{code.lower()}_jpy",
            "news": code, "name": code,
        }
        for code in ("ETH", "BTC", "XRP", "SOL", "DOGE", "AVAX", "LTC")
    }
)  # fmt: skip
TWO = json.dumps(dict(list(json.loads(SEVEN).items())[:2]))
ALLOWED = {
    "AWS::CloudWatch::Alarm", "AWS::DynamoDB::Table", "AWS::IAM::Role",
    "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function",
    "AWS::Lambda::Permission", "AWS::Logs::LogGroup", "AWS::Logs::SubscriptionFilter",
    "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription", "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule", "AWS::StepFunctions::StateMachine",
}  # fmt: skip
ENDPOINT = {"AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Endpoint"}
SPECIFIED = {
    "price-collector": (256, 60), "technical": (512, 60), "chronos-caller": (256, 180),
    "sentiment-getter": (256, 60), "aggregator": (512, 120), "order-executor": (256, 30),
    "position-monitor": (256, 60), "news-collector": (256, 60), "market-context": (256, 60),
    "daily-reporter": (512, 120), "error-remediator": (256, 30), "warm-up": (512, 300),
    "slack-notifier": (128, 30),
}  # fmt: skip


def test_every_function_has_its_memory_and_timeout() -> None:
    found = {
        one["FunctionName"].removeprefix("eth-trading-"): (one["MemorySize"], one["Timeout"])
        for one in every(template(), "AWS::Lambda::Function").values()
    }
    assert found == SPECIFIED


def test_functions_run_on_arm_outside_of_any_network_and_log_as_json() -> None:
    for one in every(template(), "AWS::Lambda::Function").values():
        assert one["Architectures"] == ["arm64"]
        assert one["Runtime"] == "python3.12"
        assert one["LoggingConfig"]["LogFormat"] == "JSON"
        assert "VpcConfig" not in one
        assert "ReservedConcurrentExecutions" not in one


def test_there_is_nothing_that_is_not_allowed() -> None:
    kinds = {one["Type"] for one in template()["Resources"].values()}
    assert kinds == ALLOWED
    with_endpoint = {one["Type"] for one in template(with_endpoint=True)["Resources"].values()}
    assert with_endpoint == ALLOWED | ENDPOINT
    assert "Fn::ImportValue" not in json.dumps(template())


def test_tables_are_the_read_models_and_the_log() -> None:
    found = {one["TableName"]: one for one in every(template(), "AWS::DynamoDB::Table").values()}
    names = {table.name.partition(".")[0] for table in TABLES} | {"events", "improvements"}
    assert set(found) == {f"eth-trading-{name}" for name in names}
    assert len(found) == 9
    for one in found.values():
        assert one["BillingMode"] == "PAY_PER_REQUEST"
    expiring = {name for name, one in found.items() if "TimeToLiveSpecification" in one}
    assert expiring == {
        f"eth-trading-{name}"
        for name in (
            "prices", "sentiment", "signals", "trades", "market-context", "improvements",
            "analysis_state",
        )
    }  # fmt: skip
    assert all(
        found[name]["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
        for name in expiring
    )


def test_lifetimes_are_those_of_the_specification() -> None:
    days = {one.name: one.lifetime_ms and one.lifetime_ms // DAY for one in TABLES}
    assert {name: days[name] for name in days if "." not in name} == {
        "prices": 14, "sentiment": 14, "signals": 90, "positions": None, "trades": 90,
        "analysis_state": None, "market-context": 14,
    }  # fmt: skip


def test_what_money_and_tax_hang_on_stays_and_can_be_restored() -> None:
    found = template()["Resources"].values()
    kept = {
        one["Properties"]["TableName"]
        for one in found
        if one["Type"] == "AWS::DynamoDB::Table" and one.get("DeletionPolicy") == "Retain"
    }
    restorable = {
        one["Properties"]["TableName"]
        for one in found
        if "PointInTimeRecoverySpecification" in one.get("Properties", {})
    }
    assert kept == restorable == {f"eth-trading-{n}" for n in ("events", "positions", "trades")}
    buckets = [one for one in found if one["Type"] == "AWS::S3::Bucket"]
    assert all(one["DeletionPolicy"] == "Retain" for one in buckets)


def test_schedules_are_the_list_and_a_stale_tick_is_left_to_the_next() -> None:
    found = every(template(), "AWS::Scheduler::Schedule").values()
    assert {one["Name"]: one["ScheduleExpression"] for one in found} == {
        f"eth-trading-{one.name}": one.cron for one in SCHEDULES
    }
    assert {one.cron for one in SCHEDULES} == {
        "cron(0/5 * * * ? *)", "cron(0/30 * * * ? *)", "cron(0 23 * * ? *)",
    }  # fmt: skip
    for one in found:
        assert one["ScheduleExpressionTimezone"] == "Asia/Tokyo"
        assert one["Target"]["RetryPolicy"] == {
            "MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 1,
        }  # fmt: skip
        assert json.loads(one["Target"]["Input"])["time"] == "<aws.scheduler.scheduled-time>"
    retried = every(template(), "AWS::Lambda::EventInvokeConfig").values()
    assert {one["MaximumRetryAttempts"] for one in retried} == {0, 2}
    assert len(retried) == 13


def test_orders_go_one_at_a_time_and_end_among_the_dead_letters() -> None:
    queues = {one["QueueName"]: one for one in every(template(), "AWS::SQS::Queue").values()}
    orders = queues["eth-trading-order-queue.fifo"]
    assert orders["FifoQueue"] is True
    assert orders["VisibilityTimeout"] == 180 == 6 * SPECIFIED["order-executor"][1]
    assert orders["MessageRetentionPeriod"] == 86_400
    assert orders["ReceiveMessageWaitTimeSeconds"] == 10
    assert orders["RedrivePolicy"]["maxReceiveCount"] == 3
    assert queues["eth-trading-order-dlq.fifo"]["MessageRetentionPeriod"] == 14 * 86_400
    (feed,) = every(template(), "AWS::Lambda::EventSourceMapping").values()
    assert feed["BatchSize"] == 1
    assert feed["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_alarms_are_24_and_the_dead_letters_and_the_heartbeat() -> None:
    alarms = {one["AlarmName"]: one for one in every(template(), "AWS::CloudWatch::Alarm").values()}
    twelve = set(SPECIFIED) - {"slack-notifier"}
    assert set(alarms) == {
        *(f"eth-trading-{name}-{kind}" for name in twelve for kind in ("errors", "duration")),
        "eth-trading-dead-letters",
        "eth-trading-heartbeat",
    }
    for name in twelve:
        assert alarms[f"eth-trading-{name}-duration"]["Threshold"] == SPECIFIED[name][1] * 800
    heartbeat = alarms["eth-trading-heartbeat"]
    assert heartbeat["TreatMissingData"] == "breaching"
    assert heartbeat["Period"] * heartbeat["EvaluationPeriods"] == 900
    assert heartbeat["MetricName"] == "PricesCollected"
    assert alarms["eth-trading-dead-letters"]["TreatMissingData"] == "notBreaching"
    assert len(alarms["eth-trading-dead-letters"]["Metrics"]) == 3
    for one in alarms.values():
        assert [text(to) for to in one["AlarmActions"]] == ["{Alerts}"]


def test_errors_of_eleven_logs_reach_the_remediator_and_never_its_own() -> None:
    filters = every(template(), "AWS::Logs::SubscriptionFilter")
    assert len(filters) == 11
    groups = {text(one["LogGroupName"]) for one in filters.values()}
    assert not groups & {"{ErrorRemediatorLogs}", "{WarmUpLogs}"}
    for one in filters.values():
        assert text(one["DestinationArn"]) == "{ErrorRemediator.Arn}"
        terms = re.findall(r'\?"(?:[^"\\]|\\.)*"', one["FilterPattern"])
        assert " ".join(terms) == one["FilterPattern"], "any other term would switch these off"
        assert len(terms) == 7


def test_the_filter_lets_every_line_through_that_is_an_error() -> None:
    terms = [
        one[2:-1].replace('\\"', '"') for one in re.findall(r'\?"(?:[^"\\]|\\.)*"', pattern())
    ]
    assert len(terms) == 7
    for line, said in LINES:
        if said is not None:
            assert any(term in line for term in terms), line
    quiet = [line for line, _ in LINES if line.startswith(("START", "END", "REPORT"))]
    assert quiet
    assert not any(term in line for line in quiet for term in terms)


def test_logs_are_kept_for_two_weeks() -> None:
    groups = every(template(), "AWS::Logs::LogGroup").values()
    assert {one["RetentionInDays"] for one in groups} == {14}
    assert len(groups) == 14


def test_buckets_are_private_encrypted_and_let_go_of_old_reports() -> None:
    buckets = every(template(), "AWS::S3::Bucket")
    for one in buckets.values():
        assert set(one["PublicAccessBlockConfiguration"].values()) == {True}
        assert "AES256" in json.dumps(one["BucketEncryption"])
    rules = buckets["Reports"]["LifecycleConfiguration"]["Rules"]
    assert [one["ExpirationInDays"] for one in rules if "ExpirationInDays" in one] == [90]
    policies = every(template(), "AWS::S3::BucketPolicy").values()
    assert all('"aws:SecureTransport": "false"' in json.dumps(one) for one in policies)


@pytest.mark.parametrize("batching", ["per_analysis", "per_pair"])
@pytest.mark.parametrize("kind", ["express", "standard"])
def test_both_workflows_in_both_kinds(batching, kind, tmp_path: Path) -> None:
    found = template(forecast_batching=batching, workflow_type=kind)
    (machine,) = every(found, "AWS::StepFunctions::StateMachine").values()
    assert machine["StateMachineType"] == kind.upper()
    assert machine["LoggingConfiguration"]["Level"] == "ERROR"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    asl = json.loads(machine["DefinitionString"])
    assert asl["TimeoutSeconds"] == 240
    (paired,) = _of_type(asl, "Map")
    assert paired["MaxConcurrency"] == 6
    pair = paired["ItemProcessor"]["States"]["Pair"]
    names = {one["StartAt"] for one in pair["Branches"]}
    assert names == {"Technical", "Sentiment"} | ({"Forecast"} if batching == "per_pair" else set())
    tasks = _of_type(asl, "Task")
    assert len(tasks) == 4
    for one in tasks:
        assert one["Retry"]
        assert "Catch" in one or one["Resource"] == "${aggregator}"
    absent = _of_type(asl, "Pass")
    assert {one["Result"]["component"] for one in absent} == {"technical", "sentiment", "forecast"}
    assert all(one["Result"]["readings"] == {} for one in absent)
    _valid(machine["DefinitionString"], tmp_path)


def _of_type(node, kind: str) -> list[dict]:
    found = [node] if isinstance(node, dict) and node.get("Type") == kind else []
    values = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return found + [one for value in values for one in _of_type(value, kind)]


def _valid(definition: str, folder: Path) -> None:
    """By the states language's own validator, where it is installed."""
    tool = Path(__file__).parents[2] / "build/node/node_modules/.bin/asl-validator"
    if not tool.is_file():
        pytest.skip("asl-validator is not installed: `make test-infra` does it where there is npm")
    path = folder / "asl.json"
    arn = "arn:aws:lambda:ap-northeast-1:123456789012:function:x"
    path.write_text(re.sub(r"\$\{\w+\}", arn, definition), encoding="utf-8")
    done = subprocess.run([tool, "--json-path", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _longest_s(node: dict) -> float:
    """The longest that a state or machine may take (s), if all that can be repeated is."""
    if "States" in node:
        return sum(_longest_s(one) for one in node["States"].values())
    if node["Type"] == "Parallel":
        return max(map(_longest_s, node["Branches"]))
    if node["Type"] == "Map":
        return _longest_s(node["ItemProcessor"])
    if node["Type"] == "Pass":
        return 0
    assert node["Type"] == "Task"
    total = node["TimeoutSeconds"]
    for rule in node["Retry"]:
        assert not {"States.Timeout", "States.TaskFailed", "States.ALL"} & {*rule["ErrorEquals"]}
        again = 0 if {*rule["ErrorEquals"]} <= {*workflow.NOT_RUN} else node["TimeoutSeconds"]
        for attempt in range(rule["MaxAttempts"]):
            total += rule["IntervalSeconds"] * rule["BackoffRate"] ** attempt + again
    return total


def test_all_timeouts_together_end_before_the_machine_and_that_before_five_minutes() -> None:
    arns = dict.fromkeys(("chronos-caller", "technical", "sentiment-getter", "aggregator"), "a")
    for batching in ("per_analysis", "per_pair"):
        machine = workflow.definition(arns, batching)
        longest = _longest_s(machine)
        assert 150 < longest <= machine["TimeoutSeconds"] == workflow.MACHINE_S < 300
    assert 2 * workflow.BRANCH_S + workflow.PAUSE_S <= 60
    assert 2 * workflow.DECISION_S + workflow.PAUSE_S <= 60
    assert workflow.FORECAST_S <= 150 <= SPECIFIED["chronos-caller"][1]


def test_coins_change_nothing_but_their_variable() -> None:
    def without(found: dict) -> dict:
        for one in every(found, "AWS::Lambda::Function").values():
            one["Environment"]["Variables"].pop("TRADING_PAIRS_CONFIG", None)
        return found

    two = json.loads(json.dumps(template(coins=TWO)))
    seven = json.loads(json.dumps(template(coins=SEVEN)))
    told = {
        one["Environment"]["Variables"].get("TRADING_PAIRS_CONFIG")
        for one in every(seven, "AWS::Lambda::Function").values()
    }
    assert told == {SEVEN}
    assert two != seven
    assert without(two) == without(seven)


def test_two_stages_share_no_name() -> None:
    def names(found: dict) -> set[str]:
        return {
            text(value)
            for one in found["Resources"].values()
            for key, value in one.get("Properties", {}).items()
            if key in {
                "TableName", "QueueName", "FunctionName", "TopicName", "BucketName", "Name",
                "AlarmName", "LogGroupName", "StateMachineName",
            }
            and "{" not in text(value)[:1]
        }  # fmt: skip

    one, other = names(template()), names(template(name="test"))
    assert len(one) > 60
    assert not one & other
    assert all(name.startswith(("eth-trading-", "/aws/")) for name in one | other)


def test_synthesis_is_deterministic() -> None:
    first = synthesized(Stage(name="again"))[0]
    synthesized.cache_clear()
    assert synthesized(Stage(name="again"))[0] == first


def test_no_secret_is_in_the_template() -> None:
    found = template()
    hidden = {name for name, one in found["Parameters"].items() if one.get("NoEcho")}
    assert hidden == {"SlackWebhook", "CryptoPanicKey"}
    assert all(not found["Parameters"][name]["Default"] for name in hidden)
    said = json.dumps(found)
    assert not re.search(r"hooks\.slack\.com|xox[bp]-|AKIA|SecretString|-----BEGIN", said)
    assert set(found["Outputs"]) == {"Prefix", "Queue", "Topic", "Workflow"}
    for value in found["Outputs"].values():
        assert not set(re.findall(r'"Ref": "(\w+)"', json.dumps(value))) & hidden


def test_a_stage_is_not_armed_by_default() -> None:
    assert template()["Parameters"]["TradingMode"]["Default"] == "dry_run"


def test_each_function_is_told_what_its_settings_ask_for() -> None:
    given = {
        one["FunctionName"].removeprefix("eth-trading-"): set(one["Environment"]["Variables"])
        for one in every(template(coins=SEVEN, endpoint="e"), "AWS::Lambda::Function").values()
    }
    own = {"POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME"}
    for row in ROWS:
        required = {
            field.upper()
            for field in row.settings.__struct_fields__
            if field in row.settings.__struct_fields__[: len(row.settings.__struct_fields__)]
        }
        assert given[row.name] - own <= required
        assert "TABLE_PREFIX" in given[row.name]
    assert "COINCHECK_SECRET" in given["order-executor"]
    assert sum("COINCHECK_SECRET" in names for names in given.values()) == 1


def test_the_template_is_clean_by_the_linter() -> None:
    _, folder = synthesized(Stage())
    (path,) = folder.glob("*.template.json")
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([linter, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
