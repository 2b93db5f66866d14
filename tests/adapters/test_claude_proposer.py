"""A language model proposes within its bounds and its budget, or is turned away."""

import json
from collections.abc import Iterator

import pytest

from adapters.loopback.server import serving
from adapters.proposer.claude import CAP_USD, Claude, Model, answer_tokens
from adapters.proposer.claude_fake import KEY, MESSAGES, make_app
from application.errors import Broken, ConfigurationError, Retryable
from application.ports.proposer import Question
from domain.parameters import STANDARD

pytestmark = pytest.mark.asyncio(loop_scope="function")
QUESTION = Question(
    now=STANDARD, score=lambda _: 0.0, tries=12, seed=1, record="21 trades, 12 won."
)


@pytest.fixture
def app():
    return make_app([{"buy_threshold": 0.27}, {"buy_threshold": 0.9}, {"leverage": 5.0}])


@pytest.fixture
def claude(app) -> Iterator[Claude]:
    with serving(app) as url:
        yield Claude(KEY, base_url=url, retries=0)


async def test_its_answer_is_held_to_the_bounds_and_its_cost_is_told(claude) -> None:
    found = await claude.propose(QUESTION)
    (change,) = found.changes
    assert [(one.name, one.before, one.after) for one in change.moves] == [
        ("buy_threshold", 0.25, 0.27)
    ]
    assert len(found.turned_away) == 2
    assert "at most by 0.03" in found.turned_away[0]
    assert "leverage is not tuned" in found.turned_away[1]
    assert found.paid is not None
    assert found.paid.cost_usd == pytest.approx((812 * 1.0 + 96 * 5.0) / 1e6)
    assert found.paid.cost_usd < CAP_USD


async def test_one_tool_is_forced_and_no_more_is_bought_than_the_cap(claude, app) -> None:
    await claude.propose(QUESTION)
    (asked,) = app.state.faults.asked
    body = json.loads(await asked.body())
    assert body["tool_choice"] == {"type": "tool", "name": body["tools"][0]["name"]}
    prompt = body["messages"][0]["content"]
    assert "21 trades" in prompt
    worst = len(prompt) * 1.0 + body["max_tokens"] * 5.0
    assert worst / 1e6 <= CAP_USD


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("drop", Retryable),
        ("busy", Retryable),
        ("internal", Retryable),
        ("overloaded", Retryable),
        ("invalid", ConfigurationError),
        ("no money", ConfigurationError),
        ("gone", ConfigurationError),
        ("no tool", Broken),
    ],
)
async def test_what_fails_has_a_type(claude, app, fault, error) -> None:
    app.state.faults.begin(MESSAGES, fault)
    with pytest.raises(error) as failure:
        await claude.propose(QUESTION)
    assert KEY not in str(failure.value)


async def test_another_key_is_not_taken(app) -> None:
    with serving(app) as url, pytest.raises(ConfigurationError, match="401"):
        await Claude("sk-ant-other", base_url=url, retries=0).propose(QUESTION)


@pytest.mark.parametrize(
    ("fault", "words"), [("cut off", "cut off"), ("nonsense", "cannot be read: changes")]
)
async def test_an_answer_without_sense_costs_and_gives_nothing(claude, app, fault, words) -> None:
    app.state.faults.begin(MESSAGES, fault)
    found = await claude.propose(QUESTION)
    assert found.changes == ()
    assert words in found.turned_away[0]
    assert found.paid is not None


async def test_a_model_that_costs_too_much_is_not_asked() -> None:
    dear = Model(name="dear", input_usd=15.0, output_usd=75.0)
    with pytest.raises(ConfigurationError, match=r"0\.01 USD"):
        answer_tokens("x" * 1_000, dear)
    assert answer_tokens("x" * 1_000, Model()) == 600
