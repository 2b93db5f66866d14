"""model.tar.gz: what is in it, and that it is the same bytes whenever and wherever it is made."""

import os
import tarfile
from pathlib import Path

import pytest

from adapters.forecaster.weights import weights_in
from application.errors import ConfigurationError
from entrypoints.forecast_endpoint.archive import build_archive

CODE = Path(__file__).parents[2] / "infra" / "chronos"


def weights(folder: Path, content: bytes = b"\1\2\3" * 1000) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"chronos_pipeline_class": "Chronos2Pipeline"}')
    (folder / "model.safetensors").write_bytes(content)
    (folder / ".gitattributes").write_text("not a file of the model")
    return folder


def test_what_is_in_it(tmp_path) -> None:
    archive = build_archive(weights_in(weights(tmp_path / "w")), CODE, tmp_path / "m.tar.gz")
    with tarfile.open(archive.path) as packed:
        members = packed.getmembers()
        assert [one.name for one in members] == [
            "code/inference.py",
            "code/requirements.txt",
            "config.json",
            "model.safetensors",
            "version.txt",
        ]
        assert {(one.uid, one.gid, one.mtime, one.mode, one.uname) for one in members} == {
            (0, 0, 0, 0o644, "")
        }
        assert packed.extractfile("version.txt").read().decode().strip() == archive.version
        assert packed.extractfile("model.safetensors").read() == b"\1\2\3" * 1000


def test_it_is_the_same_bytes_again_elsewhere_and_later(tmp_path) -> None:
    first = build_archive(weights_in(weights(tmp_path / "one")), CODE, tmp_path / "1" / "m.tar.gz")
    other = weights(tmp_path / "two")
    os.utime(other / "config.json", (1, 1))
    (other / "model.safetensors").chmod(0o600)
    second = build_archive(weights_in(other), CODE, tmp_path / "2" / "n.tar.gz")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.path.read_bytes()[3:8] == bytes(5)  # gzip's header: no name, no time
    assert (first.digest, first.size) == (second.digest, second.path.stat().st_size)


def test_other_weights_are_another_archive_and_another_version(tmp_path) -> None:
    first = weights_in(weights(tmp_path / "one"))
    second = weights_in(weights(tmp_path / "two", b"\1\2\4" * 1000))
    assert first.version != second.version
    made = [build_archive(one, CODE, tmp_path / "m.tar.gz").digest for one in (first, second)]
    assert made[0] != made[1]


def test_without_weights_it_is_said_what_to_fetch_and_where_to_put_it(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match=r"has no config.json; fetch config.json and "):
        weights_in(tmp_path)
    folder = weights(tmp_path / "w")
    (folder / "model.safetensors").unlink()
    with pytest.raises(ConfigurationError, match=f"has no model.safetensors.*into {folder}"):
        weights_in(folder)


def test_without_the_code_nothing_is_written(tmp_path) -> None:
    found = weights_in(weights(tmp_path / "w"))
    with pytest.raises(ConfigurationError, match=r"inference\.py"):
        build_archive(found, tmp_path, tmp_path / "m.tar.gz")
    (tmp_path / "w" / "model.safetensors").unlink()
    with pytest.raises(OSError, match="No such file"):
        build_archive(found, CODE, tmp_path / "m.tar.gz")
    assert not list(tmp_path.glob("*m.tar.gz*")) + list(tmp_path.glob(".m*"))
