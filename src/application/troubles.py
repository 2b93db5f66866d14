"""What fails is told once, then not again until it works: one alert, quiet, one all-clear."""

import attrs

from application.errors import OutsideError
from application.messages import AllClear, Trouble
from application.ports.notifier import Notifier


@attrs.define(slots=True)
class Troubles:
    """What does not work at the moment, by name."""

    notifier: Notifier
    told: dict[str, str] = attrs.Factory(dict)

    async def failed(self, name: str, failure: OutsideError) -> None:
        """Something failed: say so if it worked before."""
        if name not in self.told:
            self.told[name] = str(failure)
            await self._tell(Trouble(name, str(failure)))

    async def worked(self, name: str) -> None:
        """Something worked: say so if it had failed."""
        if self.told.pop(name, None) is not None:
            await self._tell(AllClear(name))

    async def _tell(self, message: Trouble | AllClear) -> None:
        try:
            await self.notifier.tell(message)
        except OutsideError:
            return  # who cannot be told is not told; trading goes on
