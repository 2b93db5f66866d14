"""Frozen values of many fields that are made by the hundred thousand, made faster.

attrs sets each field of a frozen object through object.__setattr__, which costs more than all
else in its constructor. Here the new object is, for the length of its constructor, of a twin
class with the same slots that may be assigned to; it leaves the constructor as frozen as before.
"""

from typing import Any, TypeVar

import attrs

T = TypeVar("T")


def quickly_made(frozen: type[T]) -> type[T]:
    """Give an attrs frozen, slotted class without defaults, converters or checks a new __init__.

    Worth it from about four fields on; raises TypeError for a class that it does not fit.
    """
    kind: Any = frozen
    fields = attrs.fields(kind)
    if any(one.default is not attrs.NOTHING or one.converter or one.validator for one in fields):
        raise TypeError(f"{frozen.__name__} has defaults, converters or checks")
    twin = type(frozen.__name__, (), {"__slots__": kind.__slots__})
    scope: dict[str, Any] = {"_become": object.__setattr__, "_twin": twin, "_frozen": frozen}
    lines = [
        f"def __init__(self, {', '.join(one.alias for one in fields)}):",
        "    _become(self, '__class__', _twin)",
        *(f"    self.{one.name} = {one.alias}" for one in fields),
        "    self.__class__ = _frozen",
    ]
    exec("\n".join(lines), scope)  # noqa: S102  the text is made of field names alone
    kind.__init__ = scope["__init__"]
    return frozen
