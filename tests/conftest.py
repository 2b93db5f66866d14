"""What holds for every test: nothing outside this machine is reached."""

import importlib.util
import os
import signal
from pathlib import Path

FOLDER = Path(__file__).parent / "given" / "loopback_only"


def pytest_configure() -> None:
    """Hold back this process and those that it starts."""
    found = importlib.util.spec_from_file_location(
        "tests.given.loopback_only.sitecustomize", FOLDER / "sitecustomize.py"
    )
    found.loader.exec_module(importlib.util.module_from_spec(found))
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # a shell's background job ignores Ctrl-C, and so would the processes that tests interrupt
        signal.signal(signal.SIGINT, signal.default_int_handler)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(FOLDER), before)))
