"""One alert when a source begins to fail, one when it works again, whatever happens between."""

import asyncio

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.notifier.in_memory import InMemoryNotifier
from application.messages import AllClear, Trouble
from application.troubles import Troubles, failures_of
from domain import events as e
from tests.given.history import commit

WHOLE, PARTS = "mood", ("mood/a", "mood/b")


@attrs.frozen
class Desk:
    """Troubles, and what was told of them."""

    notifier: InMemoryNotifier = attrs.Factory(InMemoryNotifier)
    troubles: Troubles = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "troubles", Troubles(self.notifier))

    def collected(self, *failed: str, together: bool = False) -> None:
        of = self.troubles.collected_together if together else self.troubles.collected
        events = [e.CollectionFailed(one, "down") for one in failed]
        made = [commit("feeds", 1, *events)] if events else [commit("feeds", 1)]
        asyncio.run(of(WHOLE, failures_of(made)))

    @property
    def told(self) -> list[tuple[type, str]]:
        return [(type(one), one.name) for one in self.notifier.messages]


def test_a_part_that_fails_is_told_apart_from_the_others() -> None:
    desk = Desk()
    for failed in (("mood/a",), ("mood/a", "mood/b"), ("mood/b",), ()):
        desk.collected(*failed)
    assert desk.told == [
        (Trouble, "mood/a"),
        (Trouble, "mood/b"),
        (AllClear, "mood/a"),
        (AllClear, "mood/b"),
    ]


def test_a_whole_source_that_fails_says_nothing_about_its_parts() -> None:
    desk = Desk()
    for failed in (("mood/a",), ("mood",), ("mood/a",), ()):
        desk.collected(*failed)
    assert desk.told == [
        (Trouble, "mood/a"),
        (Trouble, "mood"),
        (AllClear, "mood"),
        (AllClear, "mood/a"),
    ]


def test_what_is_one_thing_to_a_human_is_told_as_one() -> None:
    desk = Desk()
    for failed in (("mood/a",), ("mood/a", "mood/b"), ("mood/b",), (), ()):
        desk.collected(*failed, together=True)
    assert desk.told == [(Trouble, WHOLE), (AllClear, WHOLE)]


@pytest.mark.parametrize("together", [True, False])
@given(rounds=st.lists(st.sets(st.sampled_from((WHOLE, *PARTS, "other/x")))))
def test_alerts_and_all_clears_take_turns(together: bool, rounds: list[set[str]]) -> None:
    desk = Desk()
    for failed in rounds:
        desk.collected(*failed, together=together)
    for name in (WHOLE, *PARTS):
        kinds = [kind for kind, told in desk.told if told == name]
        assert all(kind is (AllClear if n % 2 else Trouble) for n, kind in enumerate(kinds))
