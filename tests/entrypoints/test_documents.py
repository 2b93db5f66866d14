"""What the documents tell a reader to run exists: commands, options, make targets, files."""

import re
from pathlib import Path

import click
import pytest

from entrypoints.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")])
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def lines(page: Path) -> list[str]:
    """Code of a page: fenced and indented lines, and what stands in backticks."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", text)
    return [line.strip() for block in fenced for line in block.splitlines()] + spans


@pytest.mark.parametrize("page", PAGES, ids=lambda one: str(one.relative_to(ROOT)))
def test_commands_and_their_options_exist(page: Path) -> None:
    context = click.Context(cli)
    for line in lines(page):
        for words in re.findall(r"crypto-trader ([a-z][\w-]*[^`#|&;]*)", line):
            name, *rest = words.split()
            command = cli.get_command(context, name)
            assert command is not None, f"{page.name}: crypto-trader {name}"
            while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
                found = command.get_command(context, rest[0].strip("|."))
                assert found is not None, f"{page.name}: crypto-trader {name} {rest[0]}"
                command, rest = found, rest[1:]
            known = {one for param in command.params for one in param.opts} | {"--help"}
            asked = {one.partition("=")[0] for one in rest if one.startswith("--")}
            assert asked <= known, f"{page.name}: {line}"


@pytest.mark.parametrize("page", PAGES, ids=lambda one: str(one.relative_to(ROOT)))
def test_make_targets_exist(page: Path) -> None:
    for line in lines(page):
        for words in re.findall(r"(?:^|&& |\) )make ([a-z][a-z -]*)", line):
            assert set(words.split()) <= TARGETS, f"{page.name}: {line}"
