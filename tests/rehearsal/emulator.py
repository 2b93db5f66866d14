"""AWS on this machine: starts an emulator (ministack) from its own virtual environment.

    python -m tests.rehearsal.emulator EMULATOR_PYTHON COMMAND...

runs COMMAND with the emulator's address in CRYPTO_TRADER_EMULATOR, then stops the emulator.
The emulator pins a botocore of its own, so it cannot live beside the program:

    python3 -m venv EMULATOR && EMULATOR/bin/pip install ministack==1.5.33
"""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ADDRESS = "CRYPTO_TRADER_EMULATOR"
"""The environment variable that tells tests where the emulator listens."""
HELD_BACK = Path(__file__).parents[1] / "given" / "loopback_only"
START_S = 30
STOP_S = 10


class EmulatorError(Exception):
    """It did not start; the text has the end of what it printed."""


@contextmanager
def emulator(python: Path | str, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Its address, "http://127.0.0.1:PORT", while it runs; empty at the start, gone at the end.

    `python` is the interpreter of its virtual environment; `environment` is added to what the
    emulator, and the functions that it runs, see. Neither reaches beyond this machine.
    """
    with tempfile.TemporaryDirectory(prefix="emulator-") as folder:
        port = _free_port()
        log = Path(folder) / "log.txt"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(Path(python).absolute()), "-m", "ministack"],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=folder,
                start_new_session=True,
                env={
                    "PATH": os.pathsep.join([str(Path(python).parent), os.environ["PATH"]]),
                    "PYTHONPATH": str(HELD_BACK),
                    "HOME": folder,
                    "TMPDIR": folder,
                    "GATEWAY_PORT": str(port),
                    "BIND_HOST": "127.0.0.1",
                    "MINISTACK_REGION": "ap-northeast-1",
                    **(environment or {}),
                },
            )
        try:
            _wait_until_it_answers(process, f"http://127.0.0.1:{port}", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            _stop(process)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


def _wait_until_it_answers(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    for _ in range(START_S * 10):
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            if _answers(address):
                return
        else:
            break
    said = log.read_text(errors="replace")[-2000:]
    raise EmulatorError(f"the emulator did not answer within {START_S} s: {said}")


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/_ministack/health", timeout=1) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End it, and then whatever it had started and left behind."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    try:
        os.killpg(process.pid, 9)  # its own session, so nobody else's processes
    except ProcessLookupError:
        return


def main(arguments: list[str]) -> int:
    """Run a command beside a fresh emulator; its exit code."""
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    python, *command = arguments
    with emulator(python) as address:
        return subprocess.call(command, env={**os.environ, ADDRESS: address})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
