"""The state of a stage for a human."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

OLD_S: Final = 600.0
"""A newest candle older than this means that collecting stands still."""


def lines_of(status: Mapping[str, Any]) -> Iterator[str]:
    """One line a part; what needs somebody begins with !."""
    stack = status["stack"]
    yield f"  stack      {stack['name']} in {status['region']}: {stack['status']}"
    if stack["reason"]:
        yield f"             {stack['reason']}"
    yield _armed(status)
    unknown = status["unknown"]
    for name, said in (
        ("schedules", _schedules),
        ("alarms", _alarms),
        ("price_age_s", _prices),
        ("open_positions", _positions),
        ("queues", _queues),
        ("endpoints", _endpoints),
    ):
        if status.get(name) is not None:
            yield said(status[name])
    for name, reason in unknown.items():
        yield f"! {name:<10} could not be asked: {reason}"


def _armed(status: Mapping[str, Any]) -> str:
    mode = status["trading_mode"]
    if status["armed"] is None:
        return f"! orders     the stack says {mode}; order-executor could not be asked"
    if status["armed"] != (mode == "live"):
        said = "live" if status["armed"] else "dry_run"
        return f"! orders     the stack says {mode}, order-executor was told {said}: deploy again"
    return f"  orders     {'ARMED: real money' if status['armed'] else 'dry run: none is sent'}"


def _schedules(found: Mapping[str, str]) -> str:
    off = [f"{name} {state}" for name, state in found.items() if state != "on"]
    mark = "!" if off or not found else " "
    rest = f"; {', '.join(off)}" if off else ""
    return f"{mark} schedules  {len(found) - len(off)} of {len(found)} on{rest}"


def _alarms(found: Mapping[str, Any]) -> str:
    ringing = found["ringing"]
    if not ringing:
        return f"  alarms     none of {found['number']} rings"
    named = "; ".join(f"{one['name']}: {one['why']}" for one in ringing)
    return f"! alarms     {len(ringing)} of {found['number']} ring: {named}"


def _prices(found: Mapping[str, float | None]) -> str:
    old = [
        f"{pair} {'none' if age is None else f'{age / 60:.0f} min'}"
        for pair, age in found.items()
        if age is None or age > OLD_S
    ]
    if old:
        return f"! prices     {len(found) - len(old)} of {len(found)} fresh; {', '.join(old)}"
    newest = max((age for age in found.values() if age is not None), default=0.0)
    return f"  prices     all {len(found)} fresh, the oldest {max(newest, 0) / 60:.0f} min"


def _positions(found: list[Mapping[str, str]]) -> str:
    named = ", ".join(f"{one['quantity']} {one['pair']} for {one['cost_jpy']} JPY" for one in found)
    return f"  positions  {named or 'none is open'}"


def _queues(found: Mapping[str, Mapping[str, int]]) -> str:
    dead = any("dlq" in name and one["waiting"] for name, one in found.items())
    named = ", ".join(
        f"{name} {one['waiting']} waiting, {one['under_way']} under way"
        for name, one in sorted(found.items())
    )
    return f"{'!' if dead else ' '} queues     {named or 'none'}"


def _endpoints(found: Mapping[str, str]) -> str:
    if not found:
        return "  forecast   no endpoint: momentum stands in"
    bad = any(state != "InService" for state in found.values())
    named = ", ".join(f"{name} {state}" for name, state in found.items())
    return f"{'!' if bad else ' '} forecast   {named}"
