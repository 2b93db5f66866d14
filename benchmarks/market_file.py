"""Where W1's candles are kept, and how they come to be there; light, for it counts as start-up."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "build" / "bench" / "w1.npz"


def made(data: Path) -> None:
    """Make the market in a process of its own, which is not measured."""
    if data.exists():
        return
    import subprocess

    script = "import sys; from pathlib import Path; from benchmarks import w1; "
    script += "w1.load(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", script, str(data.absolute())], check=True, cwd=ROOT)
