"""status and logs: each part for itself, lines of all functions merged by time."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clock.simulated import SimulatedClock
from adapters.read_models.in_memory import InMemoryReadModels
from application.errors import InputError, Refused, Retryable
from application.read_models import POSITIONS, PRICES
from application.read_models.tables import PositionRow
from domain.instant import CANDLE, HOUR, MINUTE
from domain.money import Jpy
from domain.trading.position import OpenPosition
from entrypoints.aws_lambda.all_functions import NAMES
from entrypoints.deploy.deploy_stack import deploy
from entrypoints.deploy.log_lines import Line, Tail, Wanted, functions_of, lines_since, span_of
from entrypoints.deploy.stack_state import deployed_stack
from entrypoints.deploy.stage_status import alarms, endpoints, queues, schedules, stage_status
from entrypoints.deploy.status_page import lines_of
from tests.entrypoints.deploy.account import NOW, Account, Owner, account
from tests.entrypoints.deploy.fake_client import refusal
from tests.given.history import price as collected

asynchronous = pytest.mark.asyncio(loop_scope="function")
STACK = "eth-trading-dev"
PAIRS = ("eth_usdt", "btc_usdt")


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Account]:
    with account(tmp_path) as found:
        yield found


def tables(told: dict[str, str], age: int = 4 * MINUTE) -> tuple[InMemoryReadModels, tuple]:
    """Read models with a candle of ETH that closed so long ago, and a position."""
    del told
    models = InMemoryReadModels(SimulatedClock(NOW))
    one = OpenPosition(
        position="p-1",
        pair="eth_usdt",
        quantity=Decimal("0.5"),
        entry=Jpy(Decimal(400_000)),
        cost=Jpy(Decimal(200_000)),
        stop=Jpy(Decimal(380_000)),
        take_profit=Jpy(Decimal(500_000)),
        peak=Jpy(Decimal(400_000)),
        opened_at=NOW - HOUR,
    )
    price = collected(NOW - age - CANDLE, pair="eth_usdt").candle
    models.write([(PRICES, price), (POSITIONS, PositionRow("eth_usdt", "p-1", 1, one, None))])
    return models, PAIRS


async def looked(cloud: Account, given=tables) -> dict:
    stack = deployed_stack(cloud.aws, cloud.stage)
    return await stage_status(cloud.aws, cloud.stage, stack, cloud.clock, given)


@asynchronous
async def test_status_tells_of_every_part(cloud: Account) -> None:
    sqs = cloud.aws.client("sqs")
    content = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = sqs.create_queue(QueueName=f"{STACK}-order-queue.fifo", Attributes=content)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="order", MessageGroupId="coincheck")
    await deploy(cloud.asked(), cloud.aws, cloud.clock, Owner())
    cloud.formation._name = lambda logical, one: url if "SQS" in one["Type"] else logical
    found = await looked(cloud)
    json.dumps(found)
    assert found["unknown"] == {}
    assert found["stack"]["status"] == "CREATE_COMPLETE"
    assert (found["armed"], found["trading_mode"]) == (False, "dry_run")
    assert found["queues"] == {f"{STACK}-order-queue.fifo": {"waiting": 1, "under_way": 0}}
    waited = (cloud.clock.now() - NOW) / 1000
    assert found["price_age_s"] == {"eth_usdt": 240.0 + waited, "btc_usdt": None}
    assert found["resources"] == 5
    assert found["endpoints"] == {}
    ((held),) = found["open_positions"]
    assert (held["pair"], held["quantity"], held["cost_jpy"]) == ("eth_usdt", "0.5", "200000")
    page = "\n".join(lines_of(found))
    assert "orders     dry run" in page
    assert "! prices     1 of 2 fresh; btc_usdt none" in page
    assert "0.5 eth_usdt for 200000 JPY" in page


@asynchronous
async def test_a_part_that_cannot_be_asked_hides_no_other(cloud: Account) -> None:
    await deploy(cloud.asked(), cloud.aws, cloud.clock, Owner())
    cloud.functions.failing["get_function_configuration"] = refusal(
        "GetFunctionConfiguration", "AccessDeniedException", "no", 403
    )
    found = await looked(cloud)
    assert found["armed"] is None
    assert set(found["unknown"]) == {"executor", "queues", "prices and positions"}
    assert found["schedules"] == {}
    page = "\n".join(lines_of(found))
    assert "! orders     the stack says dry_run; order-executor could not be asked" in page
    assert "! executor   could not be asked" in page


@asynchronous
async def test_tables_that_cannot_be_read_are_one_part(cloud: Account) -> None:
    await deploy(cloud.asked(), cloud.aws, cloud.clock, Owner())

    def refusing(told: dict[str, str]) -> None:
        raise Retryable("DynamoDB is away")

    found = await looked(cloud, refusing)
    assert found["unknown"]["prices and positions"] == "DynamoDB is away"
    assert found["open_positions"] is None


@asynchronous
async def test_a_function_that_was_told_otherwise_than_the_stack_says_is_pointed_out(
    cloud: Account,
) -> None:
    await deploy(cloud.asked(), cloud.aws, cloud.clock, Owner())
    cloud.functions.variables[f"{STACK}-order-executor"]["TRADING_MODE"] = "live"
    found = await looked(cloud)
    assert found["armed"] is True
    assert "! orders     the stack says dry_run, order-executor was told live" in "\n".join(
        lines_of(found)
    )


@asynchronous
async def test_status_of_nothing_says_how_to_deploy(cloud: Account) -> None:
    with pytest.raises(Refused, match="crypto-trader deploy --stage dev"):
        await looked(cloud)


def test_schedules_are_on_off_or_gone(cloud: Account) -> None:
    scheduler = cloud.aws.client("scheduler")
    target = {"Arn": "arn:aws:lambda:x:1:function:x", "RoleArn": "arn:aws:iam::1:role/x"}
    for name, state in (("a-collect", "ENABLED"), ("a-watch", "DISABLED"), ("b-other", "ENABLED")):
        scheduler.create_schedule(
            Name=name,
            State=state,
            ScheduleExpression="rate(5 minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )
    found = schedules(cloud.aws, ["a-collect", "default|a-watch", "a-gone"])
    assert found == {"a-collect": "on", "a-watch": "off", "a-gone": "absent"}


def test_alarms_that_ring_say_why_and_others_are_counted(cloud: Account) -> None:
    cloudwatch = cloud.aws.client("cloudwatch")
    names = [f"a-{number:03}" for number in range(120)]
    for name in [*names, "b-other"]:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="Errors",
            Namespace="AWS/Lambda",
            Period=60,
            Statistic="Sum",
            Threshold=0,
        )
    for name in ("a-119", "b-other"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="3 errors")
    found = alarms(cloud.aws, names)
    assert found == {"number": 120, "ringing": [{"name": "a-119", "why": "3 errors"}]}


def test_no_queue_no_endpoint_no_schedule_asks_nobody(cloud: Account) -> None:
    cloud.formation.failing = {}
    assert queues(cloud.aws, []) == {}
    assert endpoints(cloud.aws, []) == {}
    assert schedules(cloud.aws, []) == {}


def test_a_dead_letter_is_marked() -> None:
    status = {
        "region": "r",
        "stack": {"name": "s", "status": "CREATE_COMPLETE", "reason": ""},
        "trading_mode": "live",
        "armed": True,
        "queues": {"s-order-dlq.fifo": {"waiting": 1, "under_way": 0}},
        "endpoints": {"e": "Failed"},
        "alarms": {"number": 2, "ringing": [{"name": "a", "why": "b"}]},
        "schedules": {"x": "off", "y": "on"},
        "price_age_s": {"eth_usdt": 700.0, "btc_usdt": 10.0},
        "unknown": {},
    }
    marked = [line.split()[1] for line in lines_of(status) if line.startswith("!")]
    assert marked == ["schedules", "alarms", "prices", "queues", "forecast"]
    assert "  orders     ARMED: real money" in list(lines_of(status))


def write(cloud: Account, function: str, lines: list[tuple[int, str]]) -> None:
    """Lines (ms, text) of a function into the account."""
    logs = cloud.aws.client("logs")
    group = f"/aws/lambda/{STACK}-{function}"
    try:
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    events = [{"timestamp": at, "message": text} for at, text in lines]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


@pytest.fixture
def now() -> int:
    """Moto takes only lines of the last days of the real clock."""
    from adapters.clock.system import SystemClock

    return SystemClock().now() - HOUR


def test_lines_of_all_functions_are_merged_by_time(cloud: Account, now: int) -> None:
    write(cloud, "aggregator", [(now + 1_000, "one"), (now + 3_000, "three")])
    write(cloud, "price-collector", [(now, "zero"), (now + 2_000, "two")])
    found = lines_since(cloud.aws, cloud.stage, Wanted(), now)
    assert [(one.function, one.text) for one in found] == [
        ("price-collector", "zero"),
        ("aggregator", "one"),
        ("price-collector", "two"),
        ("aggregator", "three"),
    ]
    later = lines_since(cloud.aws, cloud.stage, Wanted(), now + 2_000)
    assert [one.text for one in later] == ["two", "three"]
    only = Wanted(functions=("aggregator",))
    assert [one.text for one in lines_since(cloud.aws, cloud.stage, only, now)] == ["one", "three"]


def test_lines_of_one_moment_stay_in_their_order(cloud: Account, now: int) -> None:
    write(cloud, "aggregator", [(now, "START"), (now, "in between"), (now, "END")])
    found = lines_since(cloud.aws, cloud.stage, Wanted(), now)
    assert [one.text for one in found] == ["START", "in between", "END"]


def test_errors_are_what_a_human_is_told_of(cloud: Account, now: int) -> None:
    lines = [
        '{"level":"INFO","message":"done"}',
        '{"level":"ERROR","message":"an order failed"}',
        "[ERROR] plain",
        "[INFO] [ERROR] expected",
        "REPORT RequestId: x Duration: 3 ms",
    ]
    write(cloud, "aggregator", [(now + number, text) for number, text in enumerate(lines)])
    errors = lines_since(cloud.aws, cloud.stage, Wanted(errors_only=True), now)
    assert [one.text for one in errors] == lines[1:3]
    assert [one.text for one in lines_since(cloud.aws, cloud.stage, Wanted(), now)] == lines[:4]
    everything = lines_since(cloud.aws, cloud.stage, Wanted(platform=True), now)
    assert len(everything) == 5


def test_without_any_log_it_says_so(cloud: Account) -> None:
    with pytest.raises(Refused, match="has no such logs"):
        lines_since(cloud.aws, cloud.stage, Wanted(), 0)


@asynchronous
async def test_following_gives_each_line_once_late_ones_too(cloud: Account, now: int) -> None:
    write(cloud, "aggregator", [(now, "one"), (now + 20_000, "two")])
    tail = Tail(cloud.aws, cloud.stage, Wanted(), now)
    assert [one.text for one in tail.news()] == ["one", "two"]
    before = cloud.clock.now()
    assert await tail.again(cloud.clock) == []
    assert cloud.clock.now() == before + 3_000
    write(cloud, "technical", [(now + 5_000, "late"), (now + 60_000, "three")])
    assert [one.text for one in await tail.again(cloud.clock)] == ["late", "three"]
    assert await tail.again(cloud.clock) == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '{"level":"INFO","message":"done","stored":6,"service":"x","timestamp":"t"}',
            "2026-03-01T12:00:00Z aggregator        INFO  done stored=6",
        ),
        (
            '{"errorType":"Retryable","errorMessage":"later"}',
            "2026-03-01T12:00:00Z aggregator        later errorType=Retryable errorMessage=later",
        ),
        ("plain  text\twith gaps", "2026-03-01T12:00:00Z aggregator        plain text with gaps"),
        ('{"half', '2026-03-01T12:00:00Z aggregator        {"half'),
    ],
)
def test_a_line_is_shown_on_one_line(text: str, shown: str) -> None:
    assert " ".join(Line(NOW, "aggregator", "1", text).shown().split()) == " ".join(shown.split())


@given(st.text())
def test_any_line_can_be_shown(text: str) -> None:
    line = Line(NOW, "aggregator", "1", text)
    assert "\n" not in line.shown()
    assert isinstance(line.is_platform, bool)
    assert isinstance(line.is_error, bool)


def test_platform_lines_as_json_are_recognised() -> None:
    text = '{"time":"t","type":"platform.report","record":{"metrics":{}}}'
    assert Line(NOW, "a", "1", text).is_platform
    assert not Line(NOW, "a", "1", '{"type":"other"}').is_platform


def test_spans_and_functions_are_checked() -> None:
    assert [span_of(one) for one in ("90s", "15m", "1h", "2d")] == [
        90_000,
        15 * MINUTE,
        HOUR,
        48 * HOUR,
    ]
    for wrong in ("", "h", "1", "0h", "1w", "-1h", "1.5h"):
        with pytest.raises(InputError, match="15m, 1h or 2d"):
            span_of(wrong)
    assert functions_of(None) == NAMES
    assert functions_of("aggregator") == ("aggregator",)
    with pytest.raises(InputError, match="choose from price-collector"):
        functions_of("other")
