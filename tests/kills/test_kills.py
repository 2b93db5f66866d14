"""A few real kills; `python -m tests.kills --kills 200` is the long run."""

from pathlib import Path

import pytest

from tests.kills.run import kill_run


@pytest.mark.timeout(120)
def test_a_trader_that_is_killed_keeps_its_books(tmp_path: Path) -> None:
    found = kill_run(5, tmp_path, seed=4, calm_ticks=4)
    assert found["killed"] == 4
    assert found["stopped"] == 1
    assert found["broken"] == []
    assert (found["doubled"], found["lost"], found["violations"]) == (0, 0, 0)
