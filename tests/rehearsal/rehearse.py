"""python -m tests.rehearsal.rehearse --emulator PYTHON --infra PYTHON [--ticks 12] [--json]

Deploys the synthesized stack, with packaged functions, to an emulator of AWS on this machine; lets
it trade against fakes of every outside service; then breaks it. Exit status 1 when anything that
was promised did not happen.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import attrs

from adapters.clock.shifted import ShiftedClock
from adapters.event_store.dynamodb import DynamoEventStore
from adapters.forecaster import sagemaker_fake
from adapters.loopback.faults import ScriptedFaults
from adapters.loopback.server import serving
from adapters.read_models.dynamodb import DynamoReadModels
from adapters.read_models.in_memory import InMemoryReadModels
from adapters.wire_format.encode import encode_events
from application.read_models import TABLES
from application.upkeep.rebuild_read_models import rebuild_read_models
from domain import events as e
from domain.identity import analysis_id
from domain.instant import CANDLE, HOUR, MINUTE, SECOND, iso
from entrypoints.fakes.services import (
    CASH,
    KEY,
    SECRET,
    TOKEN,
    FakeMarket,
    FakeServices,
    fake_services,
)
from entrypoints.wiring.settings import CONFIRMATION, Settings, load_settings
from tests.kills.run import judge
from tests.rehearsal import stage as stages
from tests.rehearsal.emulator import emulator

SETTLED_S = 90
ENDPOINT = "eth-trading-chronos-base"
STRATEGY = {
    "buy_threshold": 0.02,
    "sell_threshold": -0.02,
    "min_hold_s": 300,
    "stop_loss_pct": 0.4,
    "take_profit_pct": 0.6,
    "trail_1_gain_pct": 0.2,
    "trail_1_factor": 0.999,
    "kelly_min_trades": 1000,
    "breaker_losses_in_a_row": 1000,
    "breaker_loss_jpy": 1_000_000_000,
}
"""In a hurry, and not discouraged by losses: an hour has to show buys, stops and sells."""
SEVENTH = {
    "binance": "LTCUSDT", "coincheck": "ltc_jpy", "news": "LTC", "name": "Litecoin",
}  # fmt: skip


def trend(series: Sequence[float], steps: int, level: float) -> list[float]:
    """The last hour three times as steep, in a band of 0.1 % a step: a model with opinions."""
    drift = 3 * (series[-1] / series[-13] - 1) / 12
    return [
        series[-1] * (1 + drift * step + 0.001 * (level - 0.5) * step)
        for step in range(1, steps + 1)
    ]


def wait_for(happened: Any, what: str, seconds: float = SETTLED_S) -> None:
    """Look every now and then. Raises AssertionError when it has not happened by the end."""
    never = threading.Event()
    for _ in range(round(seconds / 0.25)):
        if happened():
            return
        never.wait(0.25)
    raise AssertionError(f"{what}: not within {seconds:.0f} s")


@attrs.define
class Rehearsal:
    """One deployed stage, its outside, and what has been seen."""

    stage: stages.Deployed
    world: FakeServices
    clock: ShiftedClock
    at: int
    forecasts: ScriptedFaults
    seen: Counter[str] = attrs.Factory(Counter)
    faults: list[str] = attrs.Factory(list)
    commands: list[str] = attrs.Factory(list)

    @property
    def store(self) -> DynamoEventStore:
        """The log as it stands."""
        return DynamoEventStore(self.stage.of("dynamodb"), self.stage.prefix, self.clock)

    def events(self) -> list[e.Event]:
        """Everything on the log."""

        async def read() -> list[e.Event]:
            return [one async for _, commit in self.store.read_all() for one in commit.events]

        return asyncio.run(read())

    def kinds(self) -> Counter[str]:
        """How often each kind of event is on the log."""
        return Counter(type(one).__name__ for one in self.events())

    def invoke(self, function: str, event: dict[str, Any], *, fails: bool = False) -> Any:
        """Call a function. Raises AssertionError when it fails, or does not and should."""
        answer, error = self.stage.invoke(function, event)
        self.seen[function] += 1
        if (error is not None) != fails:
            raise AssertionError(f"{function} {event}: {answer}")
        return answer

    def scheduled(self, schedule: str, function: str, **more: Any) -> Any:
        """What the scheduler does."""
        return self.invoke(function, {"schedule": schedule, "time": iso(self.at), **more})

    def tick(self) -> None:
        """Five minutes later: collect, watch, wait until the analysis and its orders are done."""
        self.clock.move_to(self.at + 3 * SECOND)
        if self.at % (30 * MINUTE) == 0:
            self.scheduled("market-context", "market-context")
            self.scheduled("news-collection", "news-collector")
        self.scheduled("price-collection", "price-collector")
        version = asyncio.run(self.store.version("ticks"))
        newest = asyncio.run(self.store.read("ticks", version - 1))[-1].events[-1]
        if isinstance(newest, e.AnalysisTriggered):
            wait_for(
                lambda: asyncio.run(self.store.version(f"analysis/{analysis_id(self.at)}")),
                f"the decision of {iso(self.at)}",
            )
            self.seen["analysis"] += 1
        self.scheduled("position-monitor", "position-monitor")
        self.drained()
        self.at += CANDLE

    def analysed(self) -> None:
        """Ticks until there was an analysis."""
        before = self.seen["analysis"]
        while self.seen["analysis"] == before:
            self.tick()

    def sources(self) -> set[str]:
        """Where the forecasts of the newest analysis came from."""
        found = [one for one in self.events() if isinstance(one, e.SignalScored)]
        of_it = [one.forecast for one in found if one.analysis == found[-1].analysis]
        return {one.source for one in of_it if one is not None}

    def drained(self) -> None:
        """Wait until nothing is on the order queue."""
        wait_for(lambda: not self.waiting(), "the order queue empty")

    def waiting(self) -> int:
        """Messages on the order queue, in flight or not."""
        queue = self.stage.of("sqs")
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = queue.get_queue_url(QueueName=f"{self.stage.prefix}order-queue.fifo")["QueueUrl"]
        found = queue.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def send(self, order: str, once: str) -> None:
        """A message on the order queue, as anybody might send it."""
        queue = self.stage.of("sqs")
        url = queue.get_queue_url(QueueName=f"{self.stage.prefix}order-queue.fifo")["QueueUrl"]
        queue.send_message(
            QueueUrl=url, MessageBody=order, MessageGroupId="coincheck", MessageDeduplicationId=once
        )

    def said(self, words: str) -> int:
        """How many messages in Slack hold these words."""
        return sum(words in json.dumps(one, ensure_ascii=False) for one in self.world.slack.shown)


def trade(it: Rehearsal, ticks: int) -> None:
    """Prices -> state machine -> order -> fill -> position -> stop -> sell -> Slack."""
    for _ in range(ticks):
        it.tick()
    kinds = it.kinds()
    for wanted in (
        "PriceCollected", "AnalysisTriggered", "SignalScored", "DecisionMade", "OrderRequested",
        "OrderSubmitting", "OrderPlaced", "OrderFilled", "PositionOpened", "PositionClosed",
        "MarketContextCollected", "SentimentScored",
    ):  # fmt: skip
        refused = Counter(one.detail for one in it.events() if isinstance(one, e.OrderRefused))
        assert kinds[wanted], f"no {wanted} in {ticks} ticks: {dict(kinds)} {refused}"
    assert kinds["StopLossHit"] + kinds["TakeProfitHit"], f"no stop was hit: {dict(kinds)}"
    assert it.world.slack.shown, "Slack heard nothing"


def same_message_twice(it: Rehearsal) -> None:
    """An order that is done is not done again."""
    order = next(one.order for one in it.events() if isinstance(one, e.OrderFilled))
    before, placed = it.kinds(), len(it.world.venue.history)
    it.send(order, "again-1")
    it.send(order, "again-2")
    it.drained()
    after = it.kinds()
    assert after == before, "a message that came again changed the log"
    assert len(it.world.venue.history) == placed
    it.faults.append("the same message twice")


def killed_mid_order(it: Rehearsal) -> None:
    """The function dies while its order is on the way; it is found, and not sent again."""
    before = it.kinds()["OrderSubmitting"]
    it.world.coincheck.next("place", "delayed")
    killer = threading.Thread(target=_kill_when_held, args=(it,))
    killer.start()
    for _ in range(30):
        it.tick()
        if it.kinds()["OrderInDoubt"]:
            break
    killer.join(5)
    for _ in range(4):
        it.tick()
    kinds = it.kinds()
    assert kinds["OrderSubmitting"] > before, "nothing was ordered"
    assert kinds["OrderInDoubt"], "the order that lost its function is not in doubt"
    assert kinds["OrderAdopted"] + kinds["OrderProvenAbsent"], "its doubt was not resolved"
    it.faults.append("a function killed mid-order")


def _kill_when_held(it: Rehearsal) -> None:
    while not it.world.coincheck.wait_until_held(300):
        return
    found = subprocess.run(
        ["pgrep", "-f", "awslambdaric entrypoints.aws_lambda.order_executor.handler"],
        capture_output=True,
        text=True,
        check=False,
    )
    for number in found.stdout.split():
        os.kill(int(number), signal.SIGKILL)
    it.world.coincheck.release()


def throttled_forecasts(it: Rehearsal) -> None:
    """Throttled, the endpoint is asked again; where the model fails, momentum stands in."""
    model = f"{sagemaker_fake.MODEL}@{sagemaker_fake.VERSION}"
    assert it.sources() == {model}
    asked = len(it.forecasts.asked)
    it.forecasts.next(sagemaker_fake.INVOKE, "throttle", "not ready")
    it.analysed()
    assert it.sources() == {model}
    assert len(it.forecasts.asked) >= asked + 3, "it was not asked again"
    it.forecasts.begin(sagemaker_fake.INVOKE, "model error")
    it.analysed()
    it.forecasts.end(sagemaker_fake.INVOKE)
    assert it.sources() == {"momentum"}
    it.faults += ["throttled forecasts", "a failing model"]


def failing_pair(it: Rehearsal) -> None:
    """One coin's prices fail; the others are analysed without it."""
    it.world.binance.begin("klines", "429")
    try:
        it.tick()
    finally:
        it.world.binance.end("klines")
    it.tick()
    it.faults.append("the first host of prices is down")


def error_line(it: Rehearsal) -> None:
    """An error in a function's log reaches Slack once in half an hour."""
    before = it.kinds()["ErrorDetected"]
    for _ in range(3):
        it.invoke("technical", {"analysis": "x", "at": it.at, "pairs": ["no_usdt"]}, fails=False)
        it.invoke(
            "aggregator", {"analysis": "x", "at": it.at, "cause": "", "components": 1}, fails=True
        )
    wait_for(lambda: it.kinds()["ErrorDetected"] > before, "an error line told")
    threading.Event().wait(3)
    assert it.kinds()["ErrorDetected"] == before + 1, "told more than once in half an hour"
    it.faults.append("an error line, three times")


def alarm(it: Rehearsal) -> None:
    """An alarm on the topic is said in Slack: here it is we who publish it."""
    topics = it.stage.of("sns")
    arn = next(
        one["TopicArn"]
        for one in topics.list_topics()["Topics"]
        if one["TopicArn"].endswith(f":{it.stage.prefix}alerts")
    )
    said = {"AlarmName": "rehearsed", "NewStateValue": "ALARM", "NewStateReason": "dead letters"}
    topics.publish(TopicArn=arn, Subject="ALARM", Message=json.dumps(said))
    wait_for(lambda: it.said("rehearsed"), "the alarm in Slack")
    it.faults.append("an alarm")


def poison(it: Rehearsal) -> None:
    """A message whose order cannot be read is given up after three receives."""
    table = it.stage.of("dynamodb")
    body = encode_events([e.AnalysisTriggered("x", "y", ())]).replace(
        b"AnalysisTriggered", b"Nonsense"
    )
    table.put_item(
        TableName=f"{it.stage.prefix}events",
        Item={
            "stream": {"S": "order/poison"},
            "version": {"N": "1"},
            "last_version": {"N": "1"},
            "at": {"N": str(it.at)},
            "correlation": {"S": ""},
            "causation": {"S": ""},
            "writer": {"S": "somebody"},
            "body": {"B": body},
            "hash": {"B": b"0" * 32},
            # of no month: what reads the whole log does not meet it
            "position": {"N": "1"},
        },
    )
    it.send("poison", "poison")
    queue = it.stage.of("sqs")
    url = queue.get_queue_url(QueueName=f"{it.stage.prefix}order-dlq.fifo")["QueueUrl"]

    def is_dead() -> bool:
        found = queue.receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages", [])
        return [one["Body"] for one in found] == ["poison"]

    wait_for(is_dead, "the poison among the dead letters", 5 * stages.VISIBILITY_S)
    it.faults.append("a poison order")


def night(it: Rehearsal) -> None:
    """The report of the day is in the bucket and in Slack."""
    day = 24 * HOUR
    it.at = (it.at // day) * day + 14 * HOUR + (day if it.at % day > 14 * HOUR else 0)
    it.clock.move_to(it.at + 3 * SECOND)
    assert it.scheduled("daily-reporter", "daily-reporter") == {
        "published": True,
        "tuned": True,
    }
    store = it.stage.of("s3")
    (bucket,) = [
        one["Name"]
        for one in store.list_buckets()["Buckets"]
        if one["Name"].startswith(f"{it.stage.prefix}reports")
    ]
    (report,) = store.list_objects_v2(Bucket=bucket)["Contents"]
    content = json.loads(store.get_object(Bucket=bucket, Key=report["Key"])["Body"].read())
    assert content, "an empty report"
    it.seen["report"] += 1


def rebuilt(it: Rehearsal) -> int:
    """Folded again from the log, every table is what it is; rows compared."""
    live = DynamoReadModels(it.stage.of("dynamodb"), it.stage.prefix, it.clock)
    again = InMemoryReadModels(it.clock)
    asyncio.run(rebuild_read_models(store=it.store, tables=again))
    rows = 0
    for table in TABLES:
        here, there = asyncio.run(live.everything(table)), asyncio.run(again.everything(table))
        assert list(here) == list(there), f"table {table.name} differs from the log"
        rows += len(list(here))
    return rows


def owner(it: Rehearsal, *words: str, **variables: str) -> str:
    """A command of `crypto-trader` as the owner runs it. Raises AssertionError when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "entrypoints.cli.main", *words],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": str(stages.ROOT / "src"),
            "AWS_ENDPOINT_URL": it.stage.address,
            "AWS_DEFAULT_REGION": stages.REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **variables,
        },
    )
    said = f"crypto-trader {' '.join(words)}: {done.stdout[-2500:]}{done.stderr[-2500:]}"
    assert done.returncode == 0, said
    it.commands.append(words[0])
    return done.stdout


def looked_at(it: Rehearsal) -> dict[str, Any]:
    """What the owner looks at: the log checked, read, explained, and folded into the tables."""
    audited: dict[str, Any] = json.loads(owner(it, "audit", "--aws", "--json"))
    order = next(one.order for one in it.events() if isinstance(one, e.OrderFilled))
    assert order in owner(it, "explain", order, "--log", "aws:prod")
    assert "OrderFilled" in owner(
        it, "events", "aws:prod", "--type", "OrderFilled", "--limit", "1"
    )
    owner(it, "rebuild", "aws:prod")
    return audited


def calls(it: Rehearsal) -> dict[str, int]:
    """How often each function was run, by the runtime's own lines."""
    logs, found = it.stage.of("logs"), {}
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        function = name.removeprefix(f"/aws/lambda/{it.stage.prefix}")
        if function != name:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=name)
            found[function] = sum(
                event["message"].startswith("START ") for page in pages for event in page["events"]
            )
    return dict(sorted(found.items()))


@attrs.frozen
class Ready:
    """A first stage that is up, and what another one beside it is synthesized from."""

    it: Rehearsal
    to: dict[str, str]
    pairs: dict[str, dict[str, Any]]


@contextmanager
def first_stage(python: Path, infra: Path, folder: Path) -> Iterator[Ready]:
    """Fakes, the emulator, packages, and the default stage deployed there, armed."""
    settings = load_settings(None, None)
    pairs = {one.pair: _as_configured(one) for one in settings.instruments} | {"ltc_usdt": SEVENTH}
    seven = Settings(_env_file=None, pairs=pairs)  # type: ignore[call-arg]
    market = FakeMarket(seven, 7)
    clock = ShiftedClock(folder / "clock")
    clock.move_to(market.first)
    with ExitStack() as up:
        world = up.enter_context(fake_services(seven, market, clock=clock, seed=7, is_calm=True))
        address = up.enter_context(emulator(python))
        made = stages.packages(folder, python, address)
        model = sagemaker_fake.make_app(ENDPOINT, trend)
        given = parameters(world.settings) | {"#sagemaker": up.enter_context(serving(model))}
        to = {
            "PACKAGES": str(made),
            "ADDRESSES": json.dumps(addresses(world.settings, clock)),
            "SAGEMAKER_ENDPOINT": ENDPOINT,
        }
        one = stages.deploy(stages.synthesized(folder, infra, "prod", to), address, given)
        start = -(-clock.now() // CANDLE) * CANDLE
        yield Ready(Rehearsal(one, world, clock, start, model.state.faults), to, pairs)


def rehearse(python: Path, infra: Path, folder: Path, ticks: int) -> dict[str, Any]:
    """The whole of it; what was seen."""
    with first_stage(python, infra, folder) as ready:
        it = ready.it
        for step in (
            lambda it: trade(it, ticks), same_message_twice, throttled_forecasts, failing_pair,
            killed_mid_order, error_line, alarm, poison, night,
        ):  # fmt: skip
            began = it.clock.now()
            step(it)
            print(
                f"  {getattr(step, '__name__', 'trade'):20} {(it.clock.now() - began) // 1000} s",
                file=sys.stderr,
            )
        found, rows = looked_at(it), rebuilt(it)
        invoked, doubts = calls(it), it.kinds()["OrderInDoubt"]
        judged = asyncio.run(judge(it.store.read_all(), it.world.venue, cash=CASH))
        coins = json.dumps(ready.pairs)
        to = ready.to | {"TRADING_PAIRS_CONFIG": coins, "SAGEMAKER_ENDPOINT": ""}
        beside = _second_stage(it, folder, infra, to)
    return {
        "functions": invoked,
        "analyses": it.seen["analysis"],
        "events": found["events"],
        "balanced": found["balanced"],
        "rows_equal": rows,
        "faults": it.faults,
        "in_doubt": doubts,
        "commands": sorted(set(it.commands)),
        "second_stage": beside,
        **{
            name: judged[name]
            for name in ("orders", "placed", "doubled", "lost", "violations", "broken")
        },
    }


def _second_stage(it: Rehearsal, folder: Path, infra: Path, to: dict[str, str]) -> dict[str, Any]:
    """Another stage beside the first, with a seventh coin, deployed and run as its owner does."""
    before = it.kinds()
    out = stages.synthesized(folder, infra, "test", to)
    template = stages.adapt(out, "")
    config = folder / "crypto-trader.toml"
    config.write_text(_toml(json.loads(to["TRADING_PAIRS_CONFIG"])), encoding="utf-8")
    names, own = ("--stage", "test"), ("--stage", "test", "--config", str(config))
    webhook = {"CRYPTO_TRADER_SLACK__WEBHOOK": parameters(it.world.settings)["SlackWebhook"]}
    prefix = "eth-trading-test-"
    secret = parameters(it.world.settings)["#coincheck"]
    it.stage.of("secretsmanager").create_secret(Name=f"{prefix}coincheck", SecretString=secret)
    owner(it, "deploy", *own, "--template-folder", str(out), "--yes", **webhook)
    other = stages.Deployed(prefix, it.stage.address, template)
    beside = Rehearsal(other, it.world, it.clock, it.at + CANDLE, it.forecasts)
    beside.tick()
    scored = {one.pair for one in beside.events() if isinstance(one, e.SignalScored)}
    assert "ltc_usdt" in scored, f"the seventh coin was not scored: {scored}"
    placed = len(it.world.venue.history)
    owner(it, "arm", *own, "--yes", **webhook)
    for _ in range(24):
        beside.tick()
        if len(it.world.venue.history) > placed:
            break
    bought = beside.kinds()["OrderSubmitting"]
    assert bought, f"armed, it sent no order: {dict(beside.kinds())}"
    owner(it, "disarm", *names)
    owner(it, "status", *names)
    assert "order-executor" in owner(it, "logs", *names, "--since", "1d")
    owner(it, "deploy", *own, "--template-folder", str(out), "--yes", **webhook)
    assert it.kinds() == before, "the second stage wrote into the first one's log"
    events = sum(beside.kinds().values())
    owner(it, "destroy", *names, "--yes")
    tables = it.stage.of("dynamodb").list_tables()["TableNames"]
    assert f"{prefix}events" in tables, "the log went with its stack"
    assert f"{it.stage.prefix}prices" in tables, "another stage's tables went"
    return {"coins": len(scored), "events": events, "orders": bought}


def _toml(pairs: Mapping[str, Mapping[str, Any]]) -> str:
    """A configuration with these coins, and with the sentence that allows real money."""
    lines = ["[live]", f"confirm = {json.dumps(CONFIRMATION)}", "[strategy]"]
    lines += [f"{name} = {json.dumps(value)}" for name, value in STRATEGY.items()]
    for pair, of in pairs.items():
        lines += [f"[pairs.{pair}]", *(f"{key} = {json.dumps(one)}" for key, one in of.items())]
    return "\n".join(lines)


def _as_configured(coin: Any) -> dict[str, Any]:
    return {
        "binance": coin.binance,
        "coincheck": coin.coincheck,
        "news": coin.news,
        "name": coin.name,
        "min_amount": float(coin.min_amount),
        "decimals": coin.decimals,
    }


def addresses(settings: Settings, clock: ShiftedClock) -> dict[str, str]:
    """Variables that lead the functions to the fakes."""
    return {
        "REHEARSAL_CLOCK": str(clock.file),
        "BINANCE_HOSTS": ",".join(settings.binance.hosts),
        "BINANCE_FUTURES_URL": settings.binance.futures,
        "FEAR_GREED_URL": settings.mood.fear_greed_url,
        "COINGECKO_URL": settings.mood.coingecko_url,
        "CRYPTOPANIC_URL": settings.news.base_url,
        "COINCHECK_URL": settings.coincheck.base_url,
    }


def parameters(settings: Settings) -> dict[str, str]:
    """What the stack is deployed with, and the secret."""
    assert settings.slack.webhook is not None
    return {
        "SlackWebhook": settings.slack.webhook.get_secret_value(),
        "CryptoPanicKey": TOKEN,
        "TradingMode": "live",
        "StrategyParameters": json.dumps(STRATEGY),
        "#coincheck": json.dumps({"key_id": KEY, "secret": SECRET}),
    }


def main() -> int:
    """Run it and show what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emulator", type=Path, required=True)
    parser.add_argument("--infra", type=Path, required=True)
    parser.add_argument("--ticks", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        found = rehearse(
            asked.emulator.absolute(), asked.infra.absolute(), Path(folder), asked.ticks
        )
    if asked.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:14} {value}")
    return 1 if found["violations"] or not found["balanced"] else 0


if __name__ == "__main__":
    sys.exit(main())
