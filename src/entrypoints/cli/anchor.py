"""crypto-trader anchor: the digest of a log, to keep where nobody can change it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click


@click.command("anchor")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(path: Path, as_json: bool) -> int:
    """Print the digest of everything on a log so far.

    Keep it elsewhere: whoever can write the file could also write a chain that fits.
    `crypto-trader audit FILE --anchor DIGEST` finds it again, however the log has grown since.

    \b
    Example:
      crypto-trader anchor build/e.sqlite
    """
    from entrypoints.wiring.log_file import checking

    with checking(path) as (_, evidence):
        anchor = asyncio.run(evidence.anchor())
    if as_json:
        print(json.dumps({"commits": anchor.commits, "digest": anchor.digest}))
    else:
        click.echo(anchor.digest)
    return 0
