"""Templates to look at: each synthesized once."""

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from aws_cdk import App

from infra.app import build
from infra.stage import Stage


@cache
def synthesized(stage: Stage) -> tuple[dict[str, Any], Path]:
    """A stage's template, and the folder of all that was written."""
    folder = Path(tempfile.mkdtemp(prefix="cdk-"))
    app = App(outdir=str(folder), analytics_reporting=False)
    build(app, stage)
    app.synth()
    (path,) = folder.glob("*.template.json")
    return json.loads(path.read_text(encoding="utf-8")), folder


def template(**of: Any) -> dict[str, Any]:
    """The template of a stage."""
    return synthesized(Stage(**of))[0]


def every(found: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Properties of all resources of a kind, by id."""
    return {
        name: one.get("Properties", {})
        for name, one in found["Resources"].items()
        if one["Type"] == kind
    }


def text(value: Any) -> str:
    """A value of the template as one readable line: references in braces."""
    match value:
        case {"Ref": name}:
            return f"{{{name.removeprefix('AWS::')}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{{{name}.{attribute}}}"
        case {"Fn::Join": [between, parts]}:
            return between.join(text(one) for one in parts)
        case list():
            return " ".join(text(one) for one in value)
        case _:
            return str(value)
