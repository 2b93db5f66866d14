"""The stack's tests need its own environment: `make test-infra`. Elsewhere they say so and skip."""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

collect_ignore_glob: list[str] = []
if importlib.util.find_spec("aws_cdk") is None:
    names = "stack", "least_privilege", "nag", "flowchart"
    collect_ignore_glob = [f"test_{name}.py" for name in names]
