"""python -m tests.kills --kills 200 --json"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.kills.run import kill_run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill the trader while it trades.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = kill_run(asked.kills, Path(folder), seed=asked.seed)
    if asked.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:12} {value}")
    sys.exit(1 if found["violations"] else 0)
