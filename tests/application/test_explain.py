"""The chain behind a trade, read back from the log: every number, and the sum can be redone."""

import re
from decimal import Decimal

import attrs
import pytest
import pytest_asyncio

from application.errors import InputError
from application.trading.execute_order import execute_order
from application.trading.explain import Explanation, explain, explain_refusal
from application.trading.watch_positions import watch_positions
from domain.events import ForecastReading, SentimentReading
from domain.instant import CANDLE, HOUR
from tests.given.analysis import ANALYSIS, Analyst, decision_of, readings, signals_of
from tests.given.desk import NOW, Desk, a_desk, events_of

pytestmark = pytest.mark.asyncio(loop_scope="function")
ETH, BTC, XRP = "eth_usdt", "btc_usdt", "xrp_usdt"
NUMBER = r"[+-]?\d+(?:\.\d+)?"
FORECAST = ForecastReading(0.61, 0.7371, "chronos", None, 12, 2_100.0)
NEWS = SentimentReading(0.7123, 60, 5)


@attrs.define
class Story:
    """One analysis that bought, on one log."""

    desk: Desk
    analyst: Analyst
    order: str
    signals: dict

    async def told(self, name: str) -> Explanation:
        return await explain(name, store=self.desk.log.store)


@pytest_asyncio.fixture
async def story() -> Story:
    """Triggered, decided, bought."""
    desk = a_desk()
    analyst = Analyst(clock=desk.clock, log=desk.log)
    cause = await analyst.trigger()
    seen = readings({ETH: 0.9, BTC: 0.2, XRP: None}, {ETH: FORECAST}, {ETH: NEWS})
    commits = await analyst.decide(seen, cause=cause)
    order = decision_of(commits).trades[0].order
    await execute_order(order, desk=desk)
    return Story(desk, analyst, order, signals_of(commits))


async def stopped(story: Story) -> str:
    """The position runs into its stop and is sold; returns the selling order."""
    desk = story.desk
    desk.clock.move_to(NOW + CANDLE)
    desk.exchange.coins[ETH] = Decimal("0.03")
    desk.exchange.last = Decimal(470_000)
    watched = await watch_positions(
        NOW + CANDLE,
        log=desk.log,
        exchange=desk.exchange,
        order_queue=None,
        policy=desk.policy,
        parameters=desk.parameters,
    )
    request = events_of(watched.commits)[-1]
    await execute_order(request.order, desk=desk)
    return request.order


def text_of(explanation: Explanation, what: str) -> str:
    (found,) = [one.text for one in explanation.lines if one.what == what]
    return found


async def test_an_order_is_told_from_the_candle_to_its_fill(story):
    kinds = [one.what for one in (await story.told(story.order)).lines]
    wanted = ["candle", "trigger", "score", "thresholds", "technical", "indicators", "forecast"]
    wanted += ["weight"]
    wanted += ["sentiment", "market", "decision", "order", "sending", "placed", "fill", "filled"]
    assert kinds[: len(wanted)] == wanted


async def test_the_lines_are_in_the_order_that_things_happened(story):
    await stopped(story)
    times = [one.at for one in (await story.told(story.order)).lines]
    assert times == sorted(times)


async def test_the_candle_and_the_trigger_are_the_ones_that_caused_it(story):
    told = await story.told(story.order)
    candle = text_of(told, "candle")
    for number in ("ticks@1", "1990.5", "2010.25", "1985.75", "2000.0", "12.5"):
        assert number in candle
    trigger = text_of(told, "trigger")
    assert "ticks@4" in trigger
    assert ANALYSIS in trigger
    assert "moved:eth_usdt" in trigger
    assert "+0.456 %" in trigger


async def test_the_total_can_be_redone_from_the_words(story):
    """Weights stand there with 4 decimals, so the sum comes out to about 4."""
    words = text_of(await story.told(story.order), "score")
    total = float(re.search(rf"^eth_usdt ({NUMBER}) =", words)[1])
    terms = re.findall(rf"\w+ ({NUMBER}) x ({NUMBER}|absent)", words)
    adjustment = float(re.search(rf"({NUMBER}) for dominance", words)[1])
    assert len(terms) == 4
    redone = sum(float(w) * float(c) for w, c in terms if c != "absent") + adjustment
    assert total == pytest.approx(story.signals[ETH].total, abs=1e-6)
    assert redone == pytest.approx(total, abs=1.5e-4)


async def test_the_weight_that_confidence_moves_is_told(story):
    weights = story.signals[ETH].weights
    words = text_of(await story.told(story.order), "weight")
    assert "confidence 0.737 against 0.5 moves weight from technical" in words
    assert f"{weights.forecast:.4f} of the {weights.technical + weights.forecast:.4f}" in words
    assert weights.forecast > weights.technical


async def test_every_number_of_the_signal_stands_in_the_lines(story):
    words = " ".join(one.text for one in (await story.told(story.order)).lines)
    signal = story.signals[ETH]
    numbers = [f"{signal.total:+.6f}", f"{signal.thresholds.buy:.6f}"]
    numbers += [f"{signal.thresholds.sell:.6f}", f"{signal.weights.technical:.4f}"]
    parts = (signal.components.technical, signal.components.forecast, signal.components.sentiment)
    numbers += [f"{one:+.6f}" for one in parts]
    seen = signal.technical
    numbers += [f"{seen.rsi:.3f}", f"{seen.macd:.6g}", f"{seen.macd_histogram:.6g}"]
    numbers += [f"{seen.adx:.3f}", f"{seen.atr:.6g}", f"{seen.close:.8g}"]
    numbers += ["chronos", "confidence 0.737", "0.7123 from 5 articles"]
    for number in numbers:
        assert number in words


async def test_what_was_sent_is_told_with_quote_balance_and_size(story):
    words = text_of(await story.told(story.order), "sending")
    for number in ("15000 JPY", "bid 499750", "ask 500250", "free 100000 JPY", "99000 JPY x 0.6"):
        assert number in words


async def test_a_position_is_told_to_its_end_with_the_order_that_closed_it(story):
    order = await stopped(story)
    told = await story.told(story.order)
    kinds = [one.what for one in told.lines]
    assert kinds[-1] == "closed"
    assert kinds.index("opened") < kinds.index("stop hit") < kinds.index("closed")
    assert "1.053 % through it" in text_of(told, "stop hit")
    assert any(order in one.text for one in told.lines)


async def test_an_exit_order_is_told_with_the_life_of_its_position(story):
    told = await story.told(await stopped(story))
    kinds = [one.what for one in told.lines]
    assert kinds[:2] == ["opened", "stop hit"]
    assert kinds[-1] == "filled"


async def test_an_analysis_is_told_with_all_pairs_and_why_the_others_were_not_traded(story):
    told = await story.told(ANALYSIS)
    assert [one.what for one in told.lines].count("score") == 3
    refused = [one.text for one in told.lines if one.what == "not traded"]
    assert len(refused) == 2
    technical = [one.text for one in told.lines if one.what == "technical"]
    assert sum(one.startswith("absent") for one in technical) == 1


async def test_why_not_names_the_guard_its_numbers_and_the_distance(story):
    told = await explain_refusal(BTC, NOW + CANDLE, store=story.desk.log.store)
    words = text_of(told, "not traded")
    total, limit = story.signals[BTC].total, story.signals[BTC].thresholds.buy
    assert words.startswith("btc_usdt: buy_threshold: ")
    assert f"{total:.6g} >= {limit:.6g} does not hold, off by {limit - total:.6g}" in words


async def test_why_not_of_an_absent_component_says_so(story):
    told = await explain_refusal(XRP, NOW, store=story.desk.log.store)
    assert "no_technical" in text_of(told, "not traded")
    assert text_of(told, "technical").startswith("absent")


async def test_why_not_of_a_traded_pair_says_that_it_was_traded(story):
    told = await explain_refusal(ETH, NOW, store=story.desk.log.store)
    assert story.order in [one.text for one in told.lines if one.what == "decision"][-1]


async def test_why_not_tells_the_guard_that_stopped_the_order_itself():
    desk = a_desk()
    analyst = Analyst(clock=desk.clock, log=desk.log)
    seen = readings({ETH: 0.9, BTC: 0.2, XRP: 0.1})
    commits = await analyst.decide(seen, cause=await analyst.trigger())
    desk.exchange.spread = Decimal("0.03")
    await execute_order(decision_of(commits).trades[0].order, desk=desk)
    told = await explain_refusal(ETH, NOW, store=desk.log.store)
    assert text_of(told, "refused").startswith("guard spread_pct: ")


async def test_a_moment_without_an_analysis_within_two_hours_is_an_input_error(story):
    store = story.desk.log.store
    await explain_refusal(BTC, NOW + 2 * HOUR, store=store)
    for moment in (NOW - 1, NOW + 2 * HOUR + CANDLE):
        with pytest.raises(InputError, match="no analysis within two hours"):
            await explain_refusal(BTC, moment, store=store)


async def test_a_name_that_the_log_does_not_know_is_an_input_error(story):
    with pytest.raises(InputError, match="'nobody'"):
        await story.told("nobody")
