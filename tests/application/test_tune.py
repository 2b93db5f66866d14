"""A night of the tuner: gates, candidates, a change, its review after 14 days, the way back."""

from collections.abc import Sequence
from decimal import Decimal

import attrs
import numpy as np
import pytest
import pytest_asyncio

from adapters.clock.simulated import SimulatedClock
from adapters.event_store.in_memory import InMemoryEventStore
from adapters.proposer.scripted import ScriptedProposer
from adapters.read_models.in_memory import InMemoryReadModels
from application.commit import Log
from application.errors import InputError, Retryable
from application.improvements import improvements, undo
from application.parameters_in_force import parameters_in_force
from application.ports.proposer import Paid, Proposal, Question
from application.tuning.tune import tune
from domain import events as e
from domain.instant import CANDLE, DAY, HOUR
from domain.instruments import DEFAULT, Instruments
from domain.money import Jpy
from domain.parameters import STANDARD
from domain.tuning.change import Change
from tests.given.analysis import technical

pytestmark = pytest.mark.asyncio(loop_scope="function")
PAIRS = ("eth_usdt", "btc_usdt")
COINS = Instruments(tuple(one for one in DEFAULT if one.pair in PAIRS))
START = 1_735_689_600_000
NIGHT = START + 60 * DAY + 14 * HOUR
WEAK = 0.26 / 0.35
"""A technical score whose total is just over the buy threshold."""
HIGHER = ScriptedProposer([{"buy_threshold": 0.28}])


def jpy(value: float) -> Jpy:
    return Jpy(Decimal(str(value)))


def signal(name: str, pair: str, score: float) -> e.SignalScored:
    return e.SignalScored(
        name, pair, 0.35 * score, e.Components(score, None, None, None),
        e.Weights(0.35, 0.35, 0.15, 0.15), 0.0, e.Thresholds(0.25, -0.13, 1.0, 1.0),
        technical(score), None, None, None,
    )  # fmt: skip


def traded(number: int, pair: str, gain: float, at: int) -> list[e.Commit]:
    """A position that was opened an hour before and closed at a time (ms)."""
    name = f"p{number}"
    opened = e.PositionOpened(
        position=name, pair=pair, order=name, quantity=Decimal(1), entry=jpy(100), cost=jpy(100),
        stop=jpy(95), take_profit=jpy(130), opened_at=at - HOUR,
    )  # fmt: skip
    closed = e.PositionClosed(
        name, pair, f"x{number}", e.Reason.SIGNAL, Decimal(1), jpy(100 + gain), jpy(100 + gain),
        jpy(gain), gain, Decimal(0), at,
    )  # fmt: skip
    return [
        e.Commit(f"position/{name}", 1, (opened,), at - HOUR, "", "", "test"),
        e.Commit(f"position/{name}", 2, (closed,), at, "", "", "test"),
    ]


@attrs.define
class Nights:
    """A log in memory with days of prices: after a weak score a coin falls by `loss` in 4 hours."""

    loss: float = 0.03
    days: int = 60
    clock: SimulatedClock = attrs.Factory(lambda: SimulatedClock(START))
    log: Log = attrs.field()
    version: int = 0
    closes: dict[str, float] = attrs.Factory(lambda: dict.fromkeys(PAIRS, 100.0))

    @log.default
    def _fresh(self) -> Log:
        tables = InMemoryReadModels(self.clock)
        return Log(InMemoryEventStore(tables), tables, "test")

    async def prices(self, first: int, days: int) -> None:
        """Days of candles, half an hour apart, and two weak scores a day that sell later."""
        rng = np.random.default_rng(first)
        for day in range(first, first + days):
            for tick in range(48):
                at = START + day * DAY + tick * 6 * CANDLE
                falls = 8 <= tick % 24 < 16
                candles = []
                for pair in PAIRS:
                    before = self.closes[pair]
                    move = rng.standard_normal() * 0.001 - (self.loss / 8 if falls else 0.0)
                    close = self.closes[pair] = before * (1 + move)
                    top, low = max(before, close), min(before, close)
                    candle = e.Candle(pair, at - CANDLE, before, top, low, close, 1.0)
                    candles.append(e.PriceCollected(candle))
                await self.log.append(
                    self.log.commit("ticks", self.version + 1, candles, at, f"tick/{at}", "")
                )
                self.version += len(candles)
                if tick % 24 in (7, 20):
                    score = WEAK if tick % 24 == 7 else -0.9
                    signals = [signal(f"a{at}", pair, score) for pair in PAIRS]
                    await self.log.append(
                        self.log.commit(f"analysis/a{at}", 1, signals, at, f"a{at}", "")
                    )

    async def trades(self, until: int, gains: Sequence[float] = (5.0, -4.0)) -> None:
        """24 closed trades, the newest just before a time (ms), won and lost in turns."""
        for number in range(24):
            at = until - HOUR * (1 + number)
            pair = PAIRS[number % 2]
            for commit in traded(until // HOUR + number, pair, gains[number % len(gains)], at):
                await self.log.append(commit)

    async def night(self, at: int = NIGHT, proposer=HIGHER) -> list[e.Event]:
        """One night; what it recorded."""
        self.clock.move_to(at)
        commits = await tune(
            at, log=self.log, instruments=COINS, parameters=STANDARD, proposer=proposer
        )
        return [event for commit in commits for event in commit.events]


@pytest_asyncio.fixture(loop_scope="function")
async def nights() -> Nights:
    made = Nights()
    await made.prices(0, 60)
    await made.trades(NIGHT)
    return made


async def test_a_find_is_tried_told_and_made(nights: Nights) -> None:
    tried, changed = await nights.night()
    assert isinstance(tried, e.ChangesTried)
    assert (tried.day, tried.tried, tried.refusal) == ("2025-03-02", 1, None)
    assert isinstance(changed, e.ParametersChanged)
    assert changed.moves == (e.ParameterMove("buy_threshold", 0.25, 0.28),)
    assert changed.gain_jpy > 0
    assert changed.probability > 0.95
    history = await parameters_in_force(nights.log.store, STANDARD)
    assert history.newest.buy_threshold == 0.28
    assert history.at(NIGHT - 1).buy_threshold == 0.25


async def test_a_day_is_worked_on_once(nights: Nights) -> None:
    assert await nights.night()
    assert await nights.night(NIGHT + CANDLE) == []


@pytest.mark.parametrize(
    ("until", "gains", "gate"),
    [
        (NIGHT - 2 * DAY, (5.0, -4.0), "trades_24h"),
        (NIGHT, (5.0,), "one_move"),
        (NIGHT - 30 * DAY, (5.0, -4.0), "trades"),
    ],
)
async def test_a_shut_gate_is_told_with_its_numbers(until: int, gains, gate: str) -> None:
    nights = Nights()
    await nights.trades(until, gains)
    (refused,) = await nights.night()
    assert isinstance(refused, e.TuningRefused)
    assert gate in [one.gate for one in refused.gates]
    assert all(one.detail for one in refused.gates)
    assert refused.tried == 0


async def test_a_short_log_costs_no_try() -> None:
    nights = Nights()
    await nights.prices(40, 20)
    await nights.trades(NIGHT)
    (refused,) = await nights.night()
    assert isinstance(refused, e.TuningRefused)
    assert [one.gate for one in refused.gates] == ["days"]


async def test_where_nothing_is_to_be_found_the_tries_count_all_the_same() -> None:
    nights = Nights(loss=0.0)
    await nights.prices(0, 60)
    await nights.trades(NIGHT)
    wanted = ScriptedProposer([{"sell_threshold": -0.12}, {"sell_threshold": -0.14}])
    (tried,) = await nights.night(proposer=wanted)
    assert isinstance(tried, e.ChangesTried)
    assert tried.refusal is not None
    assert tried.tried == 2
    await nights.trades(NIGHT + DAY)
    await nights.prices(61, 1)
    (again,) = await nights.night(NIGHT + DAY, wanted)
    assert isinstance(again, e.ChangesTried)
    assert again.tried == 4


async def test_a_proposer_may_not_try_without_end(nights: Nights) -> None:
    class Greedy:
        name = "greedy"

        async def propose(self, question: Question) -> Proposal:
            changes = [
                Change.between(question.now, {"buy_threshold": 0.25 + n / 1_000})
                for n in range(1, 20)
            ]
            for one in changes:
                question.score(one)
            return Proposal(tuple(changes))

    (tried,) = await nights.night(proposer=Greedy())
    assert isinstance(tried, e.ChangesTried)
    assert tried.refusal is not None
    assert "12 changes a night" in tried.refusal
    assert tried.tried == 12
    assert not await nights.log.store.version("parameters")


async def test_what_a_proposal_cost_is_on_the_log(nights: Nights) -> None:
    class Paying:
        name = "model"

        async def propose(self, question: Question) -> Proposal:
            del question
            return Proposal((), ("buy everything",), Paid(800, 90, 0.00125))

    paid, tried = await nights.night(proposer=Paying())
    assert paid == e.ProposalPaid("2025-03-02", "model", 800, 90, 0.00125)
    assert isinstance(tried, e.ChangesTried)
    assert tried.turned_away == ("buy everything",)
    assert (await improvements(nights.log.store, STANDARD)).paid_usd == 0.00125


async def test_a_proposer_that_is_away_is_not_asked_again_before_tomorrow(nights: Nights) -> None:
    class Away:
        name = "away"

        async def propose(self, question: Question) -> Proposal:
            del question
            raise Retryable("no answer")

    (tried,) = await nights.night(proposer=Away())
    assert isinstance(tried, e.ChangesTried)
    assert (tried.refusal, tried.tried) == ("away failed: no answer", 0)
    assert await nights.night(NIGHT + CANDLE) == []


async def test_a_change_that_goes_on_being_right_is_kept(nights: Nights) -> None:
    await nights.night()
    await nights.prices(61, 14)
    assert isinstance((await nights.night(NIGHT + 13 * DAY))[0], e.TuningRefused)
    (reviewed,) = await nights.night(NIGHT + 14 * DAY)
    assert isinstance(reviewed, e.ParametersReviewed)
    assert reviewed.kept
    assert reviewed.gain_jpy > 0
    (one,) = (await improvements(nights.log.store, STANDARD)).changes
    assert one.state == "kept"
    assert one.tried is not None


async def test_a_change_that_turned_out_wrong_is_taken_back(nights: Nights) -> None:
    await nights.night()
    nights.loss = -0.05  # now buying on a weak score gains
    await nights.prices(61, 14)
    reviewed, back = await nights.night(NIGHT + 14 * DAY)
    assert isinstance(reviewed, e.ParametersReviewed)
    assert not reviewed.kept
    assert reviewed.gain_jpy < 0
    assert isinstance(back, e.ParametersRolledBack)
    assert back.moves == (e.ParameterMove("buy_threshold", 0.28, 0.25),)
    assert (await parameters_in_force(nights.log.store, STANDARD)).newest == STANDARD
    (one,) = (await improvements(nights.log.store, STANDARD)).changes
    assert one.state == "rolled back"
    # and then it rests again
    await nights.trades(NIGHT + 15 * DAY)
    (refused,) = await nights.night(NIGHT + 15 * DAY)
    assert isinstance(refused, e.TuningRefused)
    assert [one.gate for one in refused.gates] == ["rest"]


async def test_a_change_is_undone_by_hand_once(nights: Nights) -> None:
    await nights.night()
    (name,) = [one.made.change for one in (await improvements(nights.log.store, STANDARD)).changes]
    said = await undo(name, NIGHT + HOUR, log=nights.log, parameters=STANDARD)
    assert said == ["buy_threshold 0.28 -> 0.25"]
    assert (await parameters_in_force(nights.log.store, STANDARD)).newest == STANDARD
    with pytest.raises(InputError, match="not in force any more: undone by hand"):
        await undo(name, NIGHT + HOUR, log=nights.log, parameters=STANDARD)
    with pytest.raises(InputError, match="no such change; there are: change-2025-03-02"):
        await undo("change-1", NIGHT + HOUR, log=nights.log, parameters=STANDARD)
    # nobody reviews what is gone
    await nights.prices(61, 14)
    assert isinstance((await nights.night(NIGHT + 14 * DAY))[0], e.TuningRefused)


async def test_what_the_owner_configured_since_wins(nights: Nights) -> None:
    await nights.night()
    owners = STANDARD.with_settings(["buy_threshold=0.30"])
    (one,) = (await improvements(nights.log.store, owners)).changes
    assert one.state == "overtaken"
    with pytest.raises(InputError, match="overtaken"):
        await undo(one.made.change, NIGHT, log=nights.log, parameters=owners)
