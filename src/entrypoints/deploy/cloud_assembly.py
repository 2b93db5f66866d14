"""What `python infra/app.py` wrote: the template of a stage's stack and the files it refers to."""

import json
import re
from pathlib import Path
from typing import Any, Final

import attrs

from application.errors import InputError
from entrypoints.stage import Stage

FOLDER: Final = Path("build/cdk.out")
SYNTHESIZE: Final = "synthesize it with `python infra/app.py`"
_ENVIRONMENT: Final = re.compile(r"aws://[^/]*/(?P<region>[a-z0-9-]+)")
_ANY_REGION: Final = "unknown-region"
_STACK: Final = "aws:cloudformation:stack"
TEMPLATE: Final = ".template.json"


@attrs.frozen(slots=True, weakref_slot=False)
class FileAsset:
    """A file or folder to be published; `bucket` and `key` as the template refers to them.

    `bucket` may hold ${AWS::AccountId} and ${AWS::Region}; `name` is for humans.
    """

    name: str
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
    region: str | None
    """Where alone it can be deployed; None: anywhere."""

    @property
    def bucket(self) -> str | None:
        """Where its files are to lie; None when it has none."""
        return next((one.bucket for one in self.assets), None)


def read_assembly(folder: Path, stage: Stage) -> Assembly:
    """The stack of a stage. Raises InputError that says what is missing and what to do."""
    found = _stacks(folder)
    if stage.stack not in found:
        there = ", ".join(sorted(found)) or "no stack at all"
        raise InputError(
            f"{folder}: has {there}, not {stage.stack}; "
            f"synthesize it with `STAGE={stage.name} python infra/app.py`"
        )
    path, region = found[stage.stack]
    template = _object(path)
    if not isinstance(template.get("Resources"), dict) or not template["Resources"]:
        raise InputError(f"{path}: has no Resources; {SYNTHESIZE}")
    manifest = path.with_name(path.name.removesuffix(TEMPLATE) + ".assets.json")
    assets = tuple(_assets(manifest, path)) if manifest.is_file() else ()
    buckets = sorted({one.bucket for one in assets})
    if len(buckets) > 1:
        raise InputError(f"{manifest}: names several buckets ({', '.join(buckets)}); one is known")
    return Assembly(stage.stack, path, template, assets, region)


def _stacks(folder: Path) -> dict[str, tuple[Path, str | None]]:
    """Templates and their regions by the name of the stack."""
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; {SYNTHESIZE}")
    manifest = folder / "manifest.json"
    named: dict[str, tuple[str, str | None]] = {}
    if manifest.is_file():
        for artifact, one in _object(manifest).get("artifacts", {}).items():
            properties = one.get("properties", {})
            if one.get("type") == _STACK and "templateFile" in properties:
                name = properties.get("stackName", artifact)
                named[properties["templateFile"]] = name, _region(one.get("environment", ""))
    found = {}
    for path in sorted(folder.glob(f"*{TEMPLATE}")):
        name, region = named.get(path.name, (path.name.removesuffix(TEMPLATE), None))
        found[name] = path, region
    return found


def _region(environment: str) -> str | None:
    """The region of aws://account/region; None where it is open."""
    found = _ENVIRONMENT.fullmatch(environment)
    return None if found is None or found["region"] == _ANY_REGION else found["region"]


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
        said = str(one.get("displayName") or path.name)
        if path == template:
            continue
        if not path.exists():
            raise InputError(f"{path}: is named by {manifest.name} and not there; {SYNTHESIZE}")
        assets.append(FileAsset(said, path, is_folder and path.is_dir(), bucket, key))
    return assets


def _object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: is not JSON ({error}); {SYNTHESIZE}") from None
    if not isinstance(found, dict):
        raise InputError(f"{path}: is not a JSON object; {SYNTHESIZE}")
    return found
