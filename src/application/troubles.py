"""What fails is told once, then not again until it works: one alert, quiet, one all-clear."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import attrs

from application.errors import OutsideError, Retryable
from application.messages import AllClear, Trouble
from application.ports.notifier import Notifier
from domain.events import CollectionFailed, Commit


@attrs.define(slots=True)
class Troubles:
    """What does not work at the moment: `told` has the newest reason by name.

    One thing may fail for several causes at once; it works again when none of them is left.
    """

    notifier: Notifier
    told: dict[str, str] = attrs.Factory(dict)
    causes: dict[str, set[str]] = attrs.Factory(lambda: defaultdict(set))

    async def failed(self, name: str, failure: OutsideError, cause: str = "") -> None:
        """Something failed: say so if it worked before."""
        is_new = name not in self.told
        self.told[name] = str(failure)
        self.causes[name].add(cause)
        if is_new:
            await self._tell(Trouble(name, str(failure)))

    async def worked(self, name: str, cause: str = "") -> None:
        """A cause of failing is gone: say so if it was the last one."""
        left = self.causes.get(name)
        if left is None:
            return
        left.discard(cause)
        if not left:
            del self.causes[name], self.told[name]
            await self._tell(AllClear(name))

    def take_over(self, before: "Troubles") -> None:
        """Go on with what another one has told."""
        self.told |= before.told
        for name, causes in before.causes.items():
            self.causes[name] |= causes

    async def collected(self, source: str, failed: Mapping[str, str]) -> None:
        """What a collection recorded: each part that failed, and each that works again.

        A whole source that fails says nothing about its parts.
        """
        for name, reason in failed.items():
            await self.failed(name, Retryable(reason))
        if self.told and source not in failed:
            for name in [one for one in self.told if one.partition("/")[0] == source]:
                if name not in failed:
                    await self.worked(name)

    async def collected_together(self, source: str, failed: Mapping[str, str]) -> None:
        """The same for a source whose parts are one thing to a human, as the prices are."""
        if failed:
            await self.failed(source, Retryable("; ".join(failed.values())))
        elif source in self.told:
            await self.worked(source)

    async def _tell(self, message: Trouble | AllClear) -> None:
        try:
            await self.notifier.tell(message)
        except OutsideError:
            return  # who cannot be told is not told; trading goes on


def failures_of(commits: Iterable[Commit]) -> dict[str, str]:
    """What could not be collected, and why."""
    return {
        event.source: event.reason
        for commit in commits
        for event in commit.events
        if type(event) is CollectionFailed
    }
