"""What every proposer promises: told, a search, and a language model on loopback."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from adapters.loopback.server import serving
from adapters.proposer.box_search import BoxSearch
from adapters.proposer.claude import Claude
from adapters.proposer.claude_fake import KEY, make_app
from adapters.proposer.random_search import RandomSearch
from adapters.proposer.scripted import ScriptedProposer
from application.ports.proposer import Proposer, Question
from domain.parameters import STANDARD, StrategyParameters
from domain.tuning.change import Change

pytestmark = pytest.mark.asyncio(loop_scope="function")
WANTED = [
    {"buy_threshold": 0.28},
    {"weight_technical": 0.40, "weight_market": 0.10},
    {"buy_threshold": 0.60},
    {"stop_loss_pct": 50.0},
    {"buy_threshold": 0.28},
]


@contextmanager
def told() -> Iterator[Proposer]:
    yield ScriptedProposer(WANTED)


@contextmanager
def search() -> Iterator[Proposer]:
    yield BoxSearch()


@contextmanager
def by_chance() -> Iterator[Proposer]:
    yield RandomSearch()


@contextmanager
def model() -> Iterator[Proposer]:
    with serving(make_app(WANTED[:3])) as url:
        yield Claude(KEY, base_url=url)


PLUGS: list[Callable[[], AbstractContextManager[Proposer]]] = [told, search, by_chance, model]


@pytest.fixture(params=PLUGS, ids=lambda plug: plug.__name__)
def proposer(request: pytest.FixtureRequest) -> Iterator[Proposer]:
    with request.param() as found:
        yield found


def question(
    tries: int = 12, now: StrategyParameters = STANDARD, seed: int = 7
) -> tuple[Question, list[Change]]:
    asked: list[Change] = []

    def score(change: Change) -> float:
        asked.append(change)
        return sum(one.after for one in change.moves)

    made = Question(now=now, score=score, tries=tries, seed=seed, record="21 trades, 12 won.")
    return made, asked


async def test_it_has_a_name(proposer: Proposer) -> None:
    assert proposer.name


async def test_changes_come_once_and_can_be_applied(proposer: Proposer) -> None:
    asked, _ = question()
    found = (await proposer.propose(asked)).changes
    assert found
    assert len(set(found)) == len(found)
    for change in found:
        assert change.applied(STANDARD) != STANDARD
        assert change.undone().applied(change.applied(STANDARD)) == STANDARD


async def test_it_tries_no_more_than_it_may(proposer: Proposer) -> None:
    asked, tried = question(tries=2)
    found = (await proposer.propose(asked)).changes
    assert len({*found, *tried}) <= 2 or not tried


async def test_it_starts_from_what_holds_now(proposer: Proposer) -> None:
    now = STANDARD.with_settings(["buy_threshold=0.27", "sell_threshold=-0.15"])
    asked, _ = question(now=now)
    for change in (await proposer.propose(asked)).changes:
        assert all(getattr(now, one.name) == one.before for one in change.moves)


async def test_the_same_question_has_the_same_answer(proposer: Proposer) -> None:
    first, second = question()[0], question()[0]
    assert (await proposer.propose(first)).changes == (await proposer.propose(second)).changes


async def test_what_is_too_far_is_turned_away_in_words(proposer: Proposer) -> None:
    found = await proposer.propose(question()[0])
    assert all(isinstance(one, str) and one for one in found.turned_away)
    for change in found.changes:
        assert Change.between(STANDARD, {one.name: one.after for one in change.moves}) == change


async def test_a_search_looks_where_it_was_better() -> None:
    asked, tried = question(tries=12)
    await BoxSearch().propose(asked)
    assert len(tried) == 12
    assert tried == list(dict.fromkeys(tried))
    other, elsewhere = question(tries=12, seed=8)
    await BoxSearch().propose(other)
    assert elsewhere != tried
