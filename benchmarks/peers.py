"""Other people's engines on the same market, each in an environment of its own.

Their scripts and the generator of their data are not part of this repository: they lie beside
it in ../shared/bench. What is missing is said, and skipped.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.processes import Job, note

SCRIPTS = ROOT.parent / "shared" / "bench"
VENVS = ROOT / ".bench-venvs"
MARKET = ROOT / "build" / "bench"
INSTALL = "python benchmarks/bench.py --install-peers"


class Peer(NamedTuple):
    """The script that runs a peer and the packages that it needs."""

    script: str
    packages: tuple[str, ...]


PEERS = {
    "nautilus_trader": Peer(
        "peer_nautilus.py",
        (
            # 1.221.0 is the newest for 3.11, the later ones want 3.12
            f"nautilus_trader=={'1.221.0' if sys.version_info < (3, 12) else '1.231.0'}",
            "pandas<3",
            "pyarrow",
            "numpy",
        ),
    ),
    "backtesting.py": Peer(
        "peer_backtestingpy.py", ("backtesting==0.6.6", "pandas", "pyarrow", "numpy")
    ),
    "vectorbt": Peer("peer_vectorbt.py", ("vectorbt==1.2.0", "pyarrow", "numpy")),
    "backtrader": Peer(
        "peer_backtrader.py", ("backtrader==1.9.78.123", "pandas", "pyarrow", "numpy")
    ),
}


def interpreter(name: str) -> Path:
    """The Python of a peer's environment."""
    return VENVS / name / "bin" / "python"


def has_script(name: str) -> bool:
    """Whether the program that runs a peer on W1 is there."""
    return (SCRIPTS / PEERS[name].script).exists()


def jobs(names: tuple[str, ...]) -> dict[str, Job]:
    """The peers that can run; what is missing for the others is said."""
    found = {}
    for name in names:
        missing = lacking(name)
        if missing:
            note(f"skipped: {name}: {missing}")
        else:
            words = [str(interpreter(name)), PEERS[name].script]
            found[name] = Job([*words, "--data", str(MARKET), "--frac", "{}"], SCRIPTS)
    if found and not made():
        note(f"skipped: {', '.join(found)}: their candles could not be made in {MARKET}")
        return {}
    return found


def lacking(name: str) -> str:
    """What a peer cannot run without, and how to get it; empty when all is there."""
    if not has_script(name):
        return f"its script is not there: put it at {SCRIPTS / PEERS[name].script}"
    if not interpreter(name).exists():
        return f"it is not installed: {INSTALL}"
    return ""


def made() -> bool:
    """Whether the peers' candles are there, made now if they were not.

    The generator writes an .npz too; it goes to a folder of its own so that ours stays ours.
    """
    if (MARKET / "ETH.parquet").exists():
        return True
    generator, folder = SCRIPTS / "gen_data.py", MARKET / "peers.partial"
    able = next((one for one in map(interpreter, PEERS) if one.exists()), None)
    if able is None or not generator.exists():
        return False
    note(f"making the peers' candles with {generator}")
    done = subprocess.run(
        [str(able), str(generator), str(folder)],
        cwd=SCRIPTS,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    for path in folder.glob("*.parquet"):
        path.replace(MARKET / path.name)
    shutil.rmtree(folder, ignore_errors=True)
    return done.returncode == 0


def install(names: tuple[str, ...]) -> None:
    """Each peer in an environment of its own; one that cannot be had holds up nobody."""
    for name in names:
        note(f"installing {name} into {VENVS / name}")
        commands = (
            [sys.executable, "-m", "venv", str(VENVS / name)],
            [str(interpreter(name)), "-m", "pip", "install", "--quiet", *PEERS[name].packages],
        )
        if any(subprocess.run(words, check=False).returncode for words in commands):
            note(f"skipped: {name}: it could not be installed")
