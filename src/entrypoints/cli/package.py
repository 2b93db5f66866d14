"""crypto-trader package: a zip for each function of the cloud, of what it imports alone."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("package")
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/functions"),
    show_default=True,
)
@click.option("--here", is_flag=True, help="For this machine's Python, not for AWS (arm64, 3.12).")
@click.option("--json", "as_json", is_flag=True, help="Sizes on stdout as JSON.")
def command(folder: Path, *, here: bool, as_json: bool) -> int:
    """Write the functions' packages, the same bytes for the same sources.

    \b
    Examples:
      crypto-trader package
      crypto-trader package --here --out build/functions-here
    """
    from entrypoints.deploy.packages import package_all

    folder.mkdir(parents=True, exist_ok=True)
    made = package_all(folder, is_for_here=here)
    if as_json:
        sizes = {one.name: {"packed": one.packed, "unpacked": one.unpacked} for one in made}
        print(json.dumps(sizes))
        return 0
    for one in made:
        sizes_mb = f"{one.packed / 1e6:5.1f} MB, unpacked {one.unpacked / 1e6:5.1f} MB"
        click.echo(f"{one.name:18} {sizes_mb}: {', '.join(one.others)}")
    return 0
