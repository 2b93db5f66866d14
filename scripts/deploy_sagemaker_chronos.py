"""The door of the owner's document to `crypto-trader forecast-endpoint deploy`."""  # noqa: INP001

import sys

from entrypoints.cli.main import main

sys.argv[1:1] = ["forecast-endpoint", "deploy"]
main()
