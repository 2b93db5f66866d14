"""Runs every contract against every plug."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.plugs import PLUGS, Plug


@pytest.fixture(params=list(PLUGS))
def plug(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Plug]:
    """A fresh, empty plug."""
    made = PLUGS[request.param](tmp_path)
    yield made
    made.close()
