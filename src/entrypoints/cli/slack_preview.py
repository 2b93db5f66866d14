"""crypto-trader slack-preview: every Slack message, in the terminal."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from rich.text import Text

WIDTH = 96
ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


@click.command("slack-preview")
@click.option(
    "--language", type=click.Choice(["ja", "en"]), default="ja", show_default=True, help="Of words."
)
@click.option("--json", "as_json", is_flag=True, help="What would be posted, by message.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def command(language: Any, as_json: bool, names: tuple[str, ...]) -> int:
    """Show every Slack message, or the named ones, made from example values.

    Nothing is posted. A body of --json can be pasted into Slack's Block Kit Builder.

    \b
    Examples:
      crypto-trader slack-preview
      crypto-trader slack-preview --language en ranking-buy stop-loss
      crypto-trader slack-preview --json daily-report
    """
    from adapters.notifier.slack.examples import EXAMPLES
    from adapters.notifier.slack.layout import posts
    from adapters.notifier.slack.words import words_of

    for name in names:
        if name not in EXAMPLES:
            raise click.BadParameter(f"no message {name!r}: choose from {', '.join(EXAMPLES)}")
    words = words_of(language)
    bodies = {name: posts(EXAMPLES[name], words) for name in names or EXAMPLES}
    if as_json:
        print(json.dumps(bodies, ensure_ascii=False, indent=1))
    else:
        _show(bodies)
    return 0


def _show(bodies: dict[str, tuple[dict[str, Any], ...]]) -> None:
    from rich.console import Console, Group
    from rich.panel import Panel

    console = Console(highlight=False)
    for name, parts in bodies.items():
        for part in parts:
            shown = Group(*[one for block in part["blocks"] for one in _block(block)])
            width = min(WIDTH, console.width)
            console.print(Panel(shown, title=name, title_align="right", width=width, style=""))


def _block(block: dict[str, Any]) -> Iterator[RenderableType]:
    from rich.rule import Rule
    from rich.table import Table
    from rich.text import Text

    if block["type"] == "header":
        yield Text(_plain(block["text"]["text"]), style="bold")
    elif block["type"] == "divider":
        yield Rule(style="dim")
    elif block["type"] == "context":
        yield Text("  ".join(_plain(one["text"]) for one in block["elements"]), style="dim")
    elif "text" in block:
        yield _marked(block["text"]["text"])
    if "fields" in block:
        columns = Table.grid(expand=True, padding=(0, 2))
        columns.add_column(ratio=1)
        columns.add_column(ratio=1)
        facts = [_marked(one["text"]) for one in block["fields"]]
        for left in range(0, len(facts), 2):
            columns.add_row(*facts[left : left + 2])
        yield columns


def _marked(text: str) -> Text:
    """Slack's *bold* as bold, and code without its fences."""
    from rich.text import Text

    shown = Text()
    for index, part in enumerate(re.split(r"\*([^*\n]+)\*", text.replace("```", ""))):
        shown.append(_plain(part), style="bold" if index % 2 else "")
    return shown


def _plain(text: str) -> str:
    for entity, letter in ENTITIES.items():
        text = text.replace(entity, letter)
    return text
