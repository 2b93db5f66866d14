"""What a function loads: nothing of research or plotting, at its start or later."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from entrypoints.aws_lambda.all_functions import NAMES, functions, module_of
from entrypoints.deploy.import_closure import closure_of
from entrypoints.deploy.packages import TOOLS, distributions_of

HEAVY = {
    "pandas", "finta", "torch", "chronos", "bokeh", "pyarrow", "matplotlib", "plotly", "scipy",
    "starlette", "uvicorn", "click", "rich", "moto",
}  # fmt: skip
SOURCE = Path(__file__).parents[3] / "src"
NUMPY = {"technical", "daily-reporter"}
"""Functions that score windows of candles: for the decision, and again at night."""


@pytest.mark.parametrize("name", NAMES)
def test_a_function_imports_nothing_heavy_at_any_time(name: str) -> None:
    found = closure_of([module_of(name), TOOLS, *functions()[name].modules])
    assert HEAVY.isdisjoint(found.others)
    assert ("numpy" in found.others) == (name in NUMPY)
    shipped = set(distributions_of(found.others))
    assert {"boto3", "botocore", "pandas", "bokeh"}.isdisjoint(shipped)
    assert {"attrs", "msgspec", "dependency-injector", "aws-lambda-powertools"} <= shipped


LOADED = """
import sys
from importlib import import_module
module = import_module(sys.argv[1])
function = getattr(module, "execute", module.handler)
built = [one for one in sys.modules if one == "boto3" or one.startswith("botocore.client")]
function.environment()
function.tools()
print(",".join(sorted({one.partition(".")[0] for one in sys.modules})))
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_function_starts_by_itself_and_loads_nothing_heavy(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, module_of(name)],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(SOURCE),
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1",
            "AWS_DEFAULT_REGION": "ap-northeast-1",
            "TABLE_PREFIX": "x-",
            "ORDER_QUEUE_URL": "http://127.0.0.1:1/q.fifo",
            "STATE_MACHINE_ARN": "arn:aws:states:x",
            "REPORT_BUCKET": "b",
            "COINCHECK_SECRET": "s",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.strip().split(","))
    assert "domain" in loaded
    # httpx brings a command line of its own where click and rich are installed, as they are here
    assert (HEAVY - {"click", "rich"}).isdisjoint(loaded)
