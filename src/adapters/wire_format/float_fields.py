"""Where a class keeps its floats, found once from its annotations, so that looking is cheap."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

Collect = Callable[[Any, list[object]], None]
"""Adds every float (or None in its place) of a value to a list."""


Get = Callable[[Any], tuple[object, ...]]
"""Gets several floats (or None in their place) of a value at once."""


def collector_of(kind: Any) -> Collect | None:
    """What collects the floats of a type: attrs classes, tuples, unions with None.

    None when there is no float anywhere inside.
    """
    kind = _without_none(kind)
    if kind is float:
        return lambda value, into: into.append(value)
    if get_origin(kind) is tuple:
        return _of_tuple(get_args(kind))
    if attrs.has(kind):
        return _of_class(kind)
    return None


def holds_decimals(kind: Any) -> bool:
    """True when a Decimal stands anywhere inside a type."""
    kind = _without_none(kind)
    if kind is Decimal:
        return True
    if get_origin(kind) is tuple:
        return any(holds_decimals(item) for item in get_args(kind))
    return attrs.has(kind) and any(holds_decimals(one) for _, one in _fields(kind))


def floats_of(kind: type) -> tuple[Get | None, Collect | None]:
    """Two ways to the floats of a class: those always there in one get, the others by search."""
    paths = list(_float_paths(kind, ""))
    nested = list(_nested(kind, ""))
    # a lone path is asked for twice: with one name attrgetter would not answer with a tuple
    own = attrgetter(*(paths if len(paths) > 1 else paths * 2)) if paths else None
    if not nested:
        return own, None

    def search(value: Any, into: list[object]) -> None:
        for get, inner in nested:
            child = get(value)
            if child is not None:
                inner(child, into)

    return own, search


def _of_class(kind: type) -> Collect | None:
    own, search = floats_of(kind)
    if own is None:
        return search
    get = own
    if search is None:
        return lambda value, into: into.extend(get(value))
    then = search

    def collect(value: Any, into: list[object]) -> None:
        into.extend(get(value))
        then(value, into)

    return collect


def _of_tuple(items: tuple[Any, ...]) -> Collect | None:
    if len(items) == 2 and items[1] is Ellipsis:
        inner = collector_of(items[0])
        if inner is None:
            return None
        each = inner

        def collect_each(value: Any, into: list[object]) -> None:
            for item in value:
                each(item, into)

        return collect_each
    found = [(at, one) for at, item in enumerate(items) if (one := collector_of(item))]
    if not found:
        return None

    def collect_some(value: Any, into: list[object]) -> None:
        for at, one in found:
            one(value[at], into)

    return collect_some


def _float_paths(kind: type, before: str) -> Iterator[str]:
    """Dotted paths of the floats that are always there, through classes that are always there."""
    for name, one in _fields(kind):
        if _without_none(one) is float:
            yield before + name
        elif attrs.has(one):
            yield from _float_paths(one, f"{before}{name}.")


def _nested(kind: type, before: str) -> Iterator[tuple[Callable[[Any], Any], Collect]]:
    """Fields that may be absent or hold several values, with what collects their floats."""
    for name, one in _fields(kind):
        if attrs.has(one):
            yield from _nested(one, f"{before}{name}.")
        elif _without_none(one) is not float:
            inner = collector_of(one)
            if inner is not None:
                yield attrgetter(before + name), inner


def _fields(kind: type) -> list[tuple[str, Any]]:
    hints = get_type_hints(kind)
    return [(field.name, hints[field.name]) for field in attrs.fields(kind)]


def _without_none(kind: Any) -> Any:
    """X of X | None; anything else as it is."""
    if get_origin(kind) in (Union, UnionType):
        others = [one for one in get_args(kind) if one is not NoneType]
        if len(others) == 1:
            return others[0]
    return kind
