"""The headline benchmark counts as it says, and says what it lacks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "news"
ROWS = """published_at,title,positive,negative
2026-02-01,Bitcoin surges,9,1
2026-02-02,Ether crashes,1,9
2026-02-03,Ripple plunges,5,1
2026-02-04,Solana is a chain,5,1
2026-02-05,Too few of them soar,4,0
2026-02-06,Half of them soar,5,5
2026-02-07,Bitcoin surges,1,9
"""


def said(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "benchmarks/headlines.py", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )


def test_what_counts_and_what_is_right(tmp_path: Path) -> None:
    (tmp_path / "cryptopanic_few.csv").write_text(ROWS)
    found = json.loads(said("--json", "--news", tmp_path).stdout)
    assert (found["articles"], found["bullish"], found["bearish"]) == (4, 3, 1)
    ours = found["scorers"]["ours"]
    assert (ours["right"], ours["wrong"], ours["undecided"]) == (2, 1, 1)
    assert (ours["accuracy"], ours["of_decided"], ours["balanced"]) == (0.5, 0.6667, 0.6667)
    assert found["scorers"]["always up"]["accuracy"] == 0.75
    assert "4 articles" in said("--news", tmp_path).stdout


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    done = said("--json", "--news", tmp_path / "nowhere")
    assert (done.stdout, "skipped: there are no recordings" in done.stderr) == ("", True)
    (tmp_path / "cryptopanic_few.csv").write_text(ROWS)
    assert "has 99 votes" in said("--news", tmp_path, "--votes", "99").stderr


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the recordings in {SHARED}")
def test_ours_agrees_with_readers_more_often_than_not() -> None:
    ours = json.loads(said("--json").stdout)["scorers"]["ours"]
    assert ours["of_decided"] > 0.7
    assert ours["right"] > 3 * ours["wrong"]
