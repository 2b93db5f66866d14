"""An endpoint brought to what it is to be; what a failed attempt made is taken away again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from application.errors import ConfigurationError, OutsideError, Refused, Retryable
from domain.instant import SECOND
from entrypoints.forecast_endpoint.archive import build_archive
from entrypoints.forecast_endpoint.cloud import Cloud, State, is_ours

if TYPE_CHECKING:
    from application.ports.clock import Clock
    from entrypoints.forecast_endpoint.wanted import Wanted

POLL_S: Final = 10.0
LIMIT_S: Final = 1_800.0
IN_SERVICE: Final = "InService"
_ON_THE_WAY: Final = frozenset(
    {"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"}
)
Say = Callable[[str], None]


@attrs.define(slots=True)
class _Undo:
    """What this attempt made, newest last, and how each is taken away."""

    say: Say
    made: list[tuple[str, Callable[[], object]]] = attrs.Factory(list)

    def remember(self, what: str, undo: Callable[[], object]) -> None:
        self.made.append((what, undo))

    def all(self) -> None:
        """Take everything away that can be; what cannot is said."""
        while self.made:
            what, undo = self.made.pop()
            try:
                undo()
                self.say(f"taken away again: {what}")
            except (OutsideError, ConfigurationError) as error:
                self.say(f"left behind: {what} ({error})")


async def deploy(wanted: Wanted, cloud: Cloud, clock: Clock, say: Say) -> bool:
    """Bring the endpoint there; whether anything had to be done.

    Raises Refused (the quota, an endpoint that somebody else made), Retryable (it takes too
    long), ConfigurationError, Broken (SageMaker failed to make it): after each of these nothing
    is left of what this call made, or it is said what.
    """
    name = wanted.name
    state = cloud.state(wanted.endpoint)
    if state is not None and not is_ours(state.config, wanted.endpoint):
        raise Refused(
            f"endpoint {wanted.endpoint} has the configuration {state.config}, which this command "
            f"did not make: change it where it was made, or delete it there first"
        )
    if state is not None and state.status in _ON_THE_WAY:
        state = await _settled(wanted.endpoint, cloud, clock, say)
    if state is not None and (state.status, state.config) == (IN_SERVICE, name):
        say(f"endpoint {wanted.endpoint} is in service as it is to be: nothing to do")
        return False
    _check_quota(wanted, cloud)
    undo = _Undo(say)
    try:
        _upload(wanted, cloud, say, undo)
        _make_parts(wanted, cloud, say, undo)
        await _make_endpoint(wanted, state, cloud, clock, say, undo)
    except (OutsideError, ConfigurationError):
        undo.all()
        raise
    if state is not None and state.config != name:
        _forget(state.config, cloud, say)
    say(f"endpoint {wanted.endpoint} is in service")
    return True


def _check_quota(wanted: Wanted, cloud: Cloud) -> None:
    others = cloud.others(wanted.endpoint)
    total = wanted.concurrent + sum(others.values())
    if total > wanted.quota:
        named = ", ".join(f"{name} {taken}" for name, taken in sorted(others.items())) or "none"
        raise Refused(
            f"the serverless endpoints of {cloud.region} would take {total} of {wanted.quota} "
            f"(this one {wanted.concurrent}, others: {named}): give a smaller --concurrency, or "
            f"have the quota raised and say --quota {total}"
        )


def _upload(wanted: Wanted, cloud: Cloud, say: Say, undo: _Undo) -> None:
    if cloud.has_archive(wanted):
        return
    with tempfile.TemporaryDirectory() as folder:
        say(f"packing {wanted.weights.folder}")
        archive = build_archive(wanted.weights, wanted.code, Path(folder) / "model.tar.gz")
        say(f"uploading {archive.size / 1e6:,.1f} MB to {wanted.bucket}/{wanted.key}")
        sent, told = 0, 0

        def add(count: int) -> None:
            nonlocal sent, told
            sent += count
            tenth = 10 * sent // max(1, archive.size)
            if tenth > told:
                told = tenth
                say(f"uploaded {10 * tenth} %")

        cloud.upload(wanted, archive.path, add)
    undo.remember(f"archive {wanted.key}", lambda: cloud.remove_archive(wanted.bucket, wanted.key))


def _make_parts(wanted: Wanted, cloud: Cloud, say: Say, undo: _Undo) -> None:
    name = wanted.name
    if not cloud.has_model(name):
        cloud.create_model(wanted)
        undo.remember(f"model {name}", lambda: cloud.delete_model(name))
        say(f"created model {name}")
    if not cloud.has_config(name):
        cloud.create_config(wanted)
        undo.remember(f"config {name}", lambda: cloud.delete_config(name))
        say(f"created config {name}: {wanted.memory_mb} MB, {wanted.concurrent} at once")


async def _make_endpoint(
    wanted: Wanted, state: State | None, cloud: Cloud, clock: Clock, say: Say, undo: _Undo
) -> None:
    endpoint = wanted.endpoint
    if state is not None and state.status == IN_SERVICE:
        cloud.update_endpoint(endpoint, wanted.name)
    else:
        if state is not None:  # one that failed cannot be changed
            say(f"endpoint {endpoint} is {state.status}: deleted, to be made anew")
            cloud.delete_endpoint(endpoint)
            await _settled(endpoint, cloud, clock, say)
        cloud.create_endpoint(endpoint, wanted.name)
        undo.remember(f"endpoint {endpoint}", lambda: cloud.delete_endpoint(endpoint))
    now = await _settled(endpoint, cloud, clock, say)
    if now is None or (now.status, now.config) != (IN_SERVICE, wanted.name):
        why = "it is gone" if now is None else f"it is {now.status}: {now.failure or 'no reason'}"
        raise Refused(
            f"endpoint {endpoint} did not come into service; {why}; its log group is "
            f"/aws/sagemaker/Endpoints/{endpoint}"
        )


async def _settled(endpoint: str, cloud: Cloud, clock: Clock, say: Say) -> State | None:
    """The endpoint once nothing is under way with it. Raises Retryable after half an hour."""
    began = clock.now()
    told = ""
    while True:
        try:
            state = cloud.state(endpoint)
        except Retryable as error:
            state = State("unknown", "", str(error), 0)  # a poll may fail; the next one tells
        if state is None or state.status not in {*_ON_THE_WAY, "unknown"}:
            return state
        waited = (clock.now() - began) / SECOND
        if state.status != told:
            told = state.status
            say(f"endpoint {endpoint}: {told} ({waited:,.0f} s)")
        if waited + POLL_S > LIMIT_S:
            raise Retryable(f"endpoint {endpoint} is still {told} after {waited:,.0f} s")
        await clock.sleep(POLL_S)


def _forget(name: str, cloud: Cloud, say: Say) -> None:
    """What the endpoint was made of before; it is in nobody's way, so a failure is only said."""
    for what, delete in (("config", cloud.delete_config), ("model", cloud.delete_model)):
        try:
            if delete(name):
                say(f"deleted the former {what} {name}")
        except OutsideError as error:
            say(f"left behind: {what} {name} ({error})")


async def delete(endpoint: str, bucket: str, cloud: Cloud, clock: Clock, say: Say) -> int:
    """Take away the endpoint and all that this command made for it; how many things those were.

    Raises Refused where the endpoint was made by somebody else.
    """
    state = cloud.state(endpoint)
    if state is not None and not is_ours(state.config, endpoint):
        raise Refused(
            f"endpoint {endpoint} has the configuration {state.config}, which this command did "
            f"not make: delete it where it was made"
        )
    count = 0
    if cloud.delete_endpoint(endpoint):
        say(f"deleted endpoint {endpoint}")
        count += 1
        await _settled(endpoint, cloud, clock, say)
    for name in cloud.made(endpoint):
        for what, remove in (("config", cloud.delete_config), ("model", cloud.delete_model)):
            if remove(name):
                say(f"deleted {what} {name}")
                count += 1
    for key in cloud.archives(bucket):
        cloud.remove_archive(bucket, key)
        say(f"deleted archive {key}")
        count += 1
    return count
