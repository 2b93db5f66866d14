"""Frozen values that are made by the hundred thousand, made faster.

attrs sets each field of a frozen object through object.__setattr__, which costs more than all
else in its constructor. Values of one or two fields are set through their slots instead. Those
of more are, while they are being made, of a twin class with the same slots that may be assigned
to; they leave the constructor as frozen as before.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import attrs

T = TypeVar("T")
P = ParamSpec("P")

FEW = 2
"""Fields up to which setting the slots is the faster way."""
_BECOME: Any = object.__dict__["__class__"].__set__
"""Gives an object another class, past the frozen class's own __setattr__."""


def quickly_made(frozen: type[T]) -> type[T]:
    """Give an attrs frozen, slotted class without factories, converters or checks a new __init__.

    Raises TypeError for a class that it does not fit.
    """
    kind: Any = frozen
    fields = _fields(kind)
    names = [one.name for one in fields]
    if len(names) <= FEW:
        scope = {f"_set_{name}": getattr(kind, name).__set__ for name in names}
        body = [f"_set_{one.name}(self, {one.alias})" for one in fields]
    else:
        scope = {"_become": _BECOME, "_twin": _twin(kind), "_frozen": kind}
        body = [
            "_become(self, _twin)",
            *(f"self.{one.name} = {one.alias}" for one in fields),
            "self.__class__ = _frozen",
        ]
    kind.__init__ = _function("__init__", ["self", *_parameters(fields)], body, scope, fields)
    return frozen


def maker(frozen: Callable[P, T]) -> Callable[P, T]:
    """A function that makes what calling such a class makes, in half the time.

    For the few places that run for every candle; raises TypeError as quickly_made does.
    """
    kind: Any = frozen
    fields = _fields(kind)
    scope = {"_twin": _twin(kind), "_frozen": kind}
    body = [
        "made = _twin()",
        *(f"made.{one.name} = {one.alias}" for one in fields),
        "made.__class__ = _frozen",
        "return made",
    ]
    name = f"make_{kind.__name__.lower()}"
    made: Callable[P, T] = _function(name, _parameters(fields), body, scope, fields)
    return made


def _fields(kind: Any) -> tuple[Any, ...]:
    fields: tuple[Any, ...] = attrs.fields(kind)
    if any(
        isinstance(one.default, attrs.Factory)  # type: ignore[arg-type]  # a class at run time
        or one.converter
        or one.validator
        for one in fields
    ):
        raise TypeError(f"{kind.__name__} has factories, converters or checks")
    return fields


def _twin(kind: Any) -> type:
    """A class of the same slots, so that an object of one may become one of the other."""
    slots = [name for base in kind.__mro__ for name in getattr(base, "__slots__", ())]
    return type(kind.__name__, (), {"__slots__": slots})


def _parameters(fields: tuple[Any, ...]) -> list[str]:
    """The fields as parameters; those that must be named come last."""
    told = [
        (one.kw_only, one.alias + ("" if one.default is attrs.NOTHING else f"=_or_{one.name}"))
        for one in fields
    ]
    named = [text for kw_only, text in told if kw_only]
    return [text for kw_only, text in told if not kw_only] + (["*", *named] if named else [])


def _function(
    name: str,
    parameters: list[str],
    body: list[str],
    scope: dict[str, Any],
    fields: tuple[Any, ...],
) -> Any:
    scope = scope | {f"_or_{one.name}": one.default for one in fields}
    text = f"def {name}({', '.join(parameters)}):\n" + "".join(f"    {line}\n" for line in body)
    exec(text, scope)  # noqa: S102  the text is made of field names alone
    return scope[name]
