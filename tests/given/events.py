"""Hypothesis strategies for every event and value, made from their annotations."""

import enum
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st

from domain.events import EVENT_TYPES, Commit, Event

texts = st.text(st.characters(codec="utf-8"), max_size=12)
floats = st.floats(allow_nan=False, allow_infinity=False)
integers = st.integers(-(2**53), 2**53)
decimals = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=8)


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type: attrs classes, enums, tuples, unions, numbers, texts."""
    simple = {
        str: texts,
        float: floats,
        int: integers,
        bool: st.booleans(),
        Decimal: decimals,
        NoneType: st.none(),
    }
    if kind in simple:
        return simple[kind]
    arguments = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return st.one_of([values_of(one) for one in arguments])
    if get_origin(kind) is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
        return st.tuples(*(values_of(one) for one in arguments))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(list(kind))
    if attrs.has(kind):
        hints = get_type_hints(kind)
        fields = {one.name: values_of(hints[one.name]) for one in attrs.fields(kind)}
        return st.builds(kind, **fields)
    raise TypeError(f"no strategy for {kind}")


def events() -> st.SearchStrategy[Event]:
    """Any event of any kind."""
    return st.one_of([values_of(kind) for kind in EVENT_TYPES])


def commits() -> st.SearchStrategy[Commit]:
    """Any commit of one to four events."""
    return st.builds(
        Commit,
        stream=texts,
        version=st.integers(1, 2**40),
        events=st.lists(events(), min_size=1, max_size=4).map(tuple),
        at=integers,
        correlation=texts,
        causation=texts,
        writer=texts,
    )
