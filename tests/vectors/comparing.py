"""What equal means for a vector: exact for words and counts, a relative tolerance for numbers."""

from collections.abc import Iterator
from typing import Any

REL = 1e-9


def differences(want: Any, got: Any, scale: float = 1.0, path: str = "") -> Iterator[str]:
    """Where `got` misses `want`; numbers may differ by REL x max(scale, |want|)."""
    if isinstance(want, dict):
        for name, value in want.items():
            if not isinstance(got, dict) or name not in got:
                yield f"{path}/{name}: missing"
            else:
                yield from differences(value, got[name], scale, f"{path}/{name}")
    elif isinstance(want, list):
        if not isinstance(got, list | tuple) or len(want) != len(got):
            yield f"{path}: want {want}, got {got}"
            return
        for index, (a, b) in enumerate(zip(want, got, strict=True)):
            yield from differences(a, b, scale, f"{path}/{index}")
    elif _is_number(want) and _is_number(got):
        if not abs(got - want) <= REL * max(scale, abs(want)):
            yield f"{path}: want {want!r}, got {got!r}"
    elif want != got:
        yield f"{path}: want {want!r}, got {got!r}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
