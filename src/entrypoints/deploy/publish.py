"""Packages and template into the bucket: each under the name of its content, once."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

from adapters.aws_calls import call, code_of
from application.errors import InputError, OutsideError
from entrypoints.deploy.clients import Aws
from entrypoints.deploy.cloud_assembly import FileAsset
from entrypoints.deploy.dialogue import Dialogue

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that a zip can hold: the same content is the same file."""
_LARGEST = 250 * 1024 * 1024
"""Bytes that Lambda takes unpacked."""


def publish(aws: Aws, bucket: str, assets: tuple[FileAsset, ...], dialogue: Dialogue) -> int:
    """Upload what is not there yet; the number of files uploaded."""
    missing = [one for one in assets if not _is_there(aws, bucket, one.key)]
    for number, one in enumerate(missing, start=1):
        with _content(one) as content:
            size = content.seek(0, 2)
            content.seek(0)
            dialogue.say(f"  uploading {number} of {len(missing)}: {one.name}, {_mb(size)}")
            _put(aws, bucket, one.key, content)
    return len(missing)


def publish_template(aws: Aws, bucket: str, stack: str, template: str) -> str:
    """The address under which CloudFormation finds the template; it is read from there once."""
    key = f"{stack}/{sha256(template.encode()).hexdigest()}.json"
    if not _is_there(aws, bucket, key):
        with tempfile.TemporaryFile() as content:
            content.write(template.encode())
            content.seek(0)
            _put(aws, bucket, key, content)
    return f"{aws.client('s3').meta.endpoint_url}/{bucket}/{key}"


def _put(aws: Aws, bucket: str, key: str, content: IO[bytes]) -> None:
    s3 = aws.client("s3", read_s=120)
    call(f"upload to {bucket}", s3.put_object, Bucket=bucket, Key=key, Body=content)


def _is_there(aws: Aws, bucket: str, key: str) -> bool:
    try:
        aws.ask(f"look for {key}", "s3", "head_object", Bucket=bucket, Key=key)
    except OutsideError as error:
        if error.__cause__ and code_of(error.__cause__) in {"404", "NoSuchKey", "NotFound"}:
            return False
        raise
    return True


@contextmanager
def _content(asset: FileAsset) -> Iterator[IO[bytes]]:
    """The bytes to upload, from the first; a folder is zipped."""
    if not asset.is_folder:
        with asset.source.open("rb") as content:
            yield content
        return
    with tempfile.TemporaryFile() as packed:
        zip_folder(asset.source, packed)
        packed.seek(0)
        yield packed


def zip_folder(folder: Path, target: IO[bytes]) -> None:
    """Zip a folder: the same content gives the same bytes. Raises InputError when too large."""
    total = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            info.external_attr = (0o100000 | mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            content = path.read_bytes()
            total += len(content)
            packed.writestr(info, content)
    if total > _LARGEST:
        raise InputError(f"{folder}: has {_mb(total)}; Lambda takes {_mb(_LARGEST)} unpacked")


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB"
