"""A night of the tuner: gates, candidates, a change, its review after 14 days, the way back."""

import pytest
import pytest_asyncio

from adapters.proposer.scripted import ScriptedProposer
from application.errors import InputError, Retryable
from application.improvements import improvements, undo
from application.parameters_in_force import parameters_in_force
from application.ports.proposer import Paid, Proposal, Question
from domain import events as e
from domain.instant import CANDLE, DAY, HOUR
from domain.parameters import STANDARD
from domain.tuning.change import Change
from tests.given.nights import NIGHT, Nights

pytestmark = pytest.mark.asyncio(loop_scope="function")


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
