"""What `python infra/app.py` wrote: the template of a stage's stack and the files it refers to."""

import json
from pathlib import Path
from typing import Any, Final

import attrs

from application.errors import InputError
from entrypoints.deploy.stage import Stage

FOLDER: Final = Path("build/cdk.out")
SYNTHESIZE: Final = "synthesize it with `python infra/app.py`"
TEMPLATE: Final = ".template.json"


@attrs.frozen(slots=True, weakref_slot=False)
class FileAsset:
    """A file or folder to be published; `bucket` and `key` as the template refers to them.

    `bucket` may hold ${AWS::AccountId} and ${AWS::Region}.
    """

    source: Path
    is_folder: bool
    bucket: str
    key: str


@attrs.frozen(slots=True, weakref_slot=False)
class Assembly:
    """One stack, ready to be deployed."""

    stack: str
    path: Path
    """Of the template."""
    template: dict[str, Any]
    assets: tuple[FileAsset, ...]

    @property
    def bucket(self) -> str | None:
        """Where its files are to lie; None when it has none."""
        return next((one.bucket for one in self.assets), None)


def read_assembly(folder: Path, stage: Stage) -> Assembly:
    """The stack of a stage. Raises InputError that says what is missing and what to do."""
    found = _stacks(folder)
    if stage.stack not in found:
        there = ", ".join(sorted(found)) or "no stack at all"
        raise InputError(f"{folder}: has {there}, not {stage.stack}; {SYNTHESIZE} for that stage")
    path = found[stage.stack]
    template = _object(path)
    if not isinstance(template.get("Resources"), dict) or not template["Resources"]:
        raise InputError(f"{path}: has no Resources; {SYNTHESIZE}")
    manifest = path.with_name(path.name.removesuffix(TEMPLATE) + ".assets.json")
    assets = tuple(_assets(manifest, path)) if manifest.is_file() else ()
    buckets = sorted({one.bucket for one in assets})
    if len(buckets) > 1:
        raise InputError(f"{manifest}: names several buckets ({', '.join(buckets)}); one is known")
    return Assembly(stage.stack, path, template, assets)


def _stacks(folder: Path) -> dict[str, Path]:
    """Templates by the name of their stack."""
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; {SYNTHESIZE}")
    named = folder / "manifest.json"
    names: dict[str, str] = {}
    if named.is_file():
        for artifact, one in _object(named).get("artifacts", {}).items():
            properties = one.get("properties", {})
            if one.get("type") == "aws:cloudformation:stack" and "templateFile" in properties:
                names[properties["templateFile"]] = properties.get("stackName", artifact)
    templates = sorted(folder.glob(f"*{TEMPLATE}"))
    return {names.get(one.name, one.name.removesuffix(TEMPLATE)): one for one in templates}


def _assets(manifest: Path, template: Path) -> list[FileAsset]:
    """The files of an asset manifest, but the template itself, which is published edited."""
    content = _object(manifest)
    if content.get("dockerImages"):
        raise InputError(f"{manifest}: has container images, which are not published from here")
    assets = []
    for name, one in content.get("files", {}).items():
        try:
            path = manifest.parent / one["source"]["path"]
            is_folder = one["source"].get("packaging", "file") == "zip"
            places = list(one["destinations"].values())
            bucket, key = places[0]["bucketName"], places[0]["objectKey"]
        except (KeyError, IndexError, TypeError) as missing:
            raise InputError(f"{manifest}: file {name} lacks {missing}; {SYNTHESIZE}") from None
        if path == template:
            continue
        if not path.exists():
            raise InputError(f"{path}: is named by {manifest.name} and not there; {SYNTHESIZE}")
        assets.append(FileAsset(path, is_folder and path.is_dir(), bucket, key))
    return assets


def _object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error}); {SYNTHESIZE}") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: is not a JSON object; {SYNTHESIZE}")
    return found
