"""Each handler with an event as the cloud sends it, over in-memory plugs."""

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from adapters.analysis_starter.in_process import InProcessStarter
from adapters.market_data.synthetic import synthetic_market
from adapters.notifier.in_memory import InMemoryNotifier
from adapters.proposer.random_search import RandomSearch
from application.commit import Log
from application.errors import Broken, Retryable
from application.messages import ErrorSeen, Plain
from application.read_models import PRICES
from domain.events import OrderRequested, Reason, Side
from domain.instant import CANDLE, iso
from domain.instruments import DEFAULT
from entrypoints.aws_lambda.all_functions import NAMES, functions, handlers
from entrypoints.aws_lambda.readings import heard, told
from entrypoints.simulation.through_handlers import Context, Quiet, queue_event
from entrypoints.wiring.environment import Environment
from entrypoints.wiring.in_memory import in_memory
from entrypoints.wiring.injector import providers

SERIES = synthetic_market(3, 2, DEFAULT)
START = min(int(one.open_time[0]) for one in SERIES.values())
AT = START + 400 * CANDLE


def closed(candles: int, *pairs: str) -> int:
    """How many of the newest so many the market has: some are missing in it."""
    return sum(
        int(
            (
                (SERIES[pair].open_time >= AT - candles * CANDLE) & (SERIES[pair].open_time < AT)
            ).sum()
        )
        for pair in pairs or DEFAULT.pairs
    )


@attrs.frozen
class Heard(Quiet):
    """Lines and counts, kept."""

    lines: list[tuple[str, str, dict[str, Any]]] = attrs.Factory(list)
    counts: list[tuple[str, float]] = attrs.Factory(list)

    def log(self, words: str, **fields: Any) -> None:
        self.lines.append(("INFO", words, fields))

    def error(self, words: str, **fields: Any) -> None:
        self.lines.append(("ERROR", words, fields))

    def count(self, name: str, value: float) -> None:
        self.counts.append((name, value))


@attrs.frozen
class Cloud:
    """All functions over one in-memory environment whose clock stands at AT."""

    environment: Environment
    tools: Heard = attrs.Factory(Heard)

    def __call__(self, name: str, event: dict[str, Any]) -> Any:
        answer = handlers()[name](json.loads(json.dumps(event)), Context(name))
        return json.loads(json.dumps(answer))

    @property
    def events(self) -> list[Any]:
        return [one for commit in self.environment.event_store().commits for one in commit.events]

    @property
    def kinds(self) -> set[str]:
        return {type(one).__name__ for one in self.events}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    from adapters.exchange.simulated.yen_rate import YenPrice, YenRate, drifting_premium

    environment = in_memory(
        series=SERIES,
        yen=providers.Object(YenPrice(YenRate.constant(150.0), drifting_premium(3))),
        notifier=providers.Singleton(InMemoryNotifier),
        proposer=providers.Singleton(RandomSearch),
    )
    environment.clock().move_to(AT)
    made = Cloud(environment)
    for one in functions().values():
        one.environment.override(providers.Object(environment))
        one.tools.override(providers.Object(made.tools))
    yield made
    for one in functions().values():
        one.environment.reset_override()
        one.tools.reset_override()


def scheduled(name: str, at: int = AT) -> dict[str, str]:
    return {"schedule": name, "time": iso(at)}


def test_prices_are_stored_an_analysis_started_and_the_heart_beats(cloud: Cloud) -> None:
    answer = cloud("price-collector", scheduled("price-collection"))
    assert answer["stored"] == closed(336) > 2_000
    assert answer["failed"] == {}
    assert cloud.tools.counts == [("PricesCollected", closed(336))]
    starter: InProcessStarter = cloud.environment.analysis_starter()
    assert [one[1] for one in starter.waiting] == [AT]
    assert cloud("price-collector", scheduled("price-collection"))["stored"] == 0


def test_a_late_schedule_is_about_its_own_tick(cloud: Cloud) -> None:
    late = {"schedule": "price-collection", "time": iso(AT - CANDLE + 61_000)}
    cloud("price-collector", late)
    newest = cloud.events[335]
    assert newest.candle.open_time == AT - 2 * CANDLE


def test_without_a_time_it_is_about_now(cloud: Cloud) -> None:
    cloud("price-collector", {})
    assert cloud.events[335].candle.open_time == AT - CANDLE


def analysed(cloud: Cloud) -> dict[str, Any]:
    """The state machine by hand: components of every pair, and what the aggregator is given."""
    cloud("price-collector", scheduled("price-collection"))
    analysis, at, cause = cloud.environment.analysis_starter().waiting.popleft()
    about = {"analysis": analysis, "at": at}
    pairs = list(DEFAULT.pairs)
    return {
        **about,
        "cause": cause,
        "components": [
            cloud("chronos-caller", {**about, "pairs": pairs}),
            [
                [
                    cloud("technical", {**about, "pairs": [pair]}),
                    cloud("sentiment-getter", {**about, "pairs": [pair]}),
                ]
                for pair in pairs
            ],
        ],
    }


def test_components_are_decided_on_once(cloud: Cloud) -> None:
    event = analysed(cloud)
    assert cloud("aggregator", event)["repeated"] is False
    assert {"SignalScored", "DecisionMade"} <= cloud.kinds
    before = len(cloud.events)
    assert cloud("aggregator", event)["repeated"] is True
    assert len(cloud.events) == before


def test_the_owners_map_gives_the_same_decision(cloud: Cloud) -> None:
    """forecast_batching = per_pair nests the components otherwise."""
    event = analysed(cloud)
    about = {"analysis": event["analysis"], "at": event["at"]}
    per_pair = [
        [*pair, cloud("chronos-caller", {**about, "pairs": [name]})]
        for name, pair in zip(DEFAULT.pairs, event["components"][1], strict=True)
    ]
    assert heard(per_pair) == heard(event["components"])


def test_a_component_that_failed_is_absent_and_loses_nothing(cloud: Cloud) -> None:
    event = analysed(cloud)
    event["components"][1][0][0] = {"component": "technical", "readings": {}}
    cloud("aggregator", event)
    signals = {one.pair: one for one in cloud.events if type(one).__name__ == "SignalScored"}
    assert len(signals) == 6
    absent = [pair for pair, one in signals.items() if one.technical is None]
    assert absent == [DEFAULT.pairs[0]]


@pytest.mark.parametrize(
    ("components", "said"),
    [
        ("none", "neither a component"),
        ([{"component": "mood", "readings": {}}], "no component"),
        ([{"errorMessage": "x"}], "no component"),
        ([{"component": "technical", "readings": {"eth_usdt": {"score": "high"}}}], "technical"),
    ],
)
def test_components_that_are_none_stop_the_decision(cloud: Cloud, components, said) -> None:
    with pytest.raises(Broken, match=said):
        cloud("aggregator", {"analysis": "a", "at": AT, "cause": "c", "components": components})
    assert cloud.events == []


def test_readings_come_back_as_they_went(cloud: Cloud) -> None:
    event = analysed(cloud)
    readings = heard(event["components"])
    again = [
        told("technical", readings.technical),
        told("forecast", readings.forecast),
        told("sentiment", readings.sentiment),
    ]
    assert heard(json.loads(json.dumps(again))) == readings
    assert all(readings.technical[pair] is not None for pair in DEFAULT.pairs)


async def _request(cloud: Cloud) -> None:
    log = cloud.environment.log()
    event = OrderRequested(
        order="o1", pair="eth_usdt", side=Side.BUY, reason=Reason.SIGNAL, origin="a", score=0.9,
        position=None, asked_at=AT,
    )  # fmt: skip
    await log.append(
        log.commit("order/o1", 1, [event], at=AT, correlation="a", causation="analysis/a@7")
    )


@pytest.mark.asyncio(loop_scope="function")
async def test_a_message_that_nobody_knows_the_order_of_is_worked_off(cloud: Cloud) -> None:
    answer = await _apart(cloud, "order-executor", queue_event("unknown", "r1", 1, AT))
    assert answer == {"batchItemFailures": []}


async def _apart(cloud: Cloud, name: str, event: dict[str, Any]) -> Any:
    """A handler has a loop of its own, so it is called outside of this one."""
    import asyncio

    return await asyncio.to_thread(cloud, name, event)


@pytest.mark.asyncio(loop_scope="function")
async def test_an_order_is_executed_and_a_second_message_changes_nothing(cloud: Cloud) -> None:
    await _apart(cloud, "price-collector", scheduled("price-collection"))
    await _request(cloud)
    message = queue_event("o1", "r1", 1, AT)
    assert await _apart(cloud, "order-executor", message) == {"batchItemFailures": []}
    assert {"OrderSubmitting", "OrderPlaced"} & cloud.kinds or "OrderRefused" in cloud.kinds
    before = len(cloud.events)
    assert await _apart(cloud, "order-executor", message) == {"batchItemFailures": []}
    assert len([o for o in cloud.events if type(o).__name__ == "OrderSubmitting"]) <= 1
    assert len(cloud.events) >= before


@pytest.mark.asyncio(loop_scope="function")
async def test_a_message_that_fails_comes_again_and_an_error_is_logged(cloud: Cloud) -> None:
    class Down:
        """A log that does not answer."""

        async def read(self, stream: str) -> None:
            raise Retryable("the log does not answer")

    await _request(cloud)
    down = Log(Down(), cloud.environment.tables(), "w")  # type: ignore[arg-type]
    with cloud.environment.log.override(providers.Object(down)):
        answer = await _apart(cloud, "order-executor", queue_event("o1", "r7", 1, AT))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "r7"}]}
    assert ("ERROR", "an order failed") in [line[:2] for line in cloud.tools.lines]


def test_positions_are_watched(cloud: Cloud) -> None:
    assert cloud("position-monitor", scheduled("position-monitor")) == {"events": 0}


def test_feeds_that_are_not_configured_leave_nothing(cloud: Cloud) -> None:
    assert cloud("news-collector", scheduled("news-collection"))["configured"] is False
    assert cloud.events == []


def logs_event(*messages: str, kind: str = "DATA_MESSAGE") -> dict[str, Any]:
    """What a subscription filter sends."""
    data = {
        "messageType": kind,
        "owner": "123456789012",
        "logGroup": "/aws/lambda/eth-trading-technical",
        "logStream": "2026/02/08/[$LATEST]0",
        "subscriptionFilters": ["errors"],
        "logEvents": [
            {"id": str(at), "timestamp": AT, "message": text} for at, text in enumerate(messages)
        ],
    }
    packed = base64.b64encode(gzip.compress(json.dumps(data).encode())).decode()
    return {"awslogs": {"data": packed}}


def test_an_error_line_reaches_a_human_once_in_half_an_hour(cloud: Cloud) -> None:
    for _ in range(3):
        cloud("error-remediator", logs_event("START", "[ERROR] no candles"))
    notifier = cloud.environment.notifier()
    assert notifier.messages == [ErrorSeen("eth-trading-technical", "[ERROR] no candles", AT)]
    cloud.environment.clock().move_to(AT + 30 * 60_000)
    assert cloud("error-remediator", logs_event("[ERROR] no candles"))["told"] is True


def test_a_probe_of_the_subscription_is_no_error(cloud: Cloud) -> None:
    assert cloud("error-remediator", logs_event("[ERROR]", kind="CONTROL_MESSAGE"))["told"] is False
    assert cloud.events == []


def test_an_alarm_is_said_in_one_sentence(cloud: Cloud) -> None:
    alarm = {
        "AlarmName": "eth-trading-heartbeat",
        "NewStateValue": "ALARM",
        "NewStateReason": "no datapoints were received",
    }
    record = {"EventSource": "aws:sns", "Sns": {"Subject": "ALARM", "Message": json.dumps(alarm)}}
    other = {"EventSource": "aws:sns", "Sns": {"Subject": None, "Message": "by hand"}}
    assert cloud("slack-notifier", {"Records": [record, other]}) == {"told": 2}
    assert cloud.environment.notifier().messages == [
        Plain("eth-trading-heartbeat: ALARM. no datapoints were received"),
        Plain("by hand"),
    ]


def test_one_coin_or_all_are_warmed_up_without_an_analysis(cloud: Cloud) -> None:
    assert cloud("warm-up", {"pair": "eth_usdt"})["stored"] == closed(400, "eth_usdt")
    assert {one.candle.pair for one in cloud.events} == {"eth_usdt"}
    assert cloud("warm-up", {})["stored"] == closed(400, *DEFAULT.pairs[1:])
    assert not cloud.environment.analysis_starter().waiting
    assert cloud.kinds == {"PriceCollected"}


@pytest.mark.asyncio(loop_scope="function")
async def test_the_report_of_the_day_is_kept_once(cloud: Cloud) -> None:
    await _apart(cloud, "price-collector", scheduled("price-collection"))
    event = scheduled("daily-reporter", AT + 24 * 12 * CANDLE)
    assert await _apart(cloud, "daily-reporter", event) == {
        "published": True,
        "tuned": True,
    }
    assert await _apart(cloud, "daily-reporter", event) == {"published": False, "tuned": False}
    assert "TuningRefused" in cloud.kinds
    assert len(await cloud.environment.report_archive().names()) == 1
    stored = await cloud.environment.tables().newest(PRICES, "eth_usdt", 5)
    assert len(stored) == 5


def test_there_are_the_twelve_of_the_specification_and_the_notifier() -> None:
    assert len(NAMES) == 13
    assert set(handlers()) == set(NAMES)
    assert [one.name for one in functions().values()] == list(NAMES)
