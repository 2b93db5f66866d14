"""Begins one analysis of all pairs."""

from typing import Protocol


class AnalysisStarter(Protocol):
    """Starts the steps from components to decision, in this process or elsewhere."""

    async def start(self, analysis: str, at: int, cause: str) -> None:
        """Begin the analysis of a tick (ms); `cause` is the id of the event that asked for it.

        Started twice it may run twice: whoever decides knows it by its id. Raises Retryable, and
        Refused, naming what is missing, where nothing can be started.
        """
        ...
