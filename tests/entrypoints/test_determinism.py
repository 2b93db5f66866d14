"""One seed, one log: on another run, another hash seed, another database."""

import json
import os
import subprocess
import sys

import pytest


def simulate(seed: int, hash_seed: str, *more: str) -> dict:
    """The command's JSON in a process of its own."""
    words = ["-m", "entrypoints.cli.main", "simulate", "--seed", str(seed), "--days", "1", "--json"]
    done = subprocess.run(
        [sys.executable, *words, *more],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        text=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def first() -> dict:
    """A run to compare others with."""
    return simulate(5, "0")


def test_the_same_seed_gives_the_same_digest_under_another_hash_seed(first: dict) -> None:
    again = simulate(5, "4242")
    assert again["digest"] == first["digest"]
    assert again["events"] == first["events"] > 2000


def test_another_seed_gives_another_digest(first: dict) -> None:
    assert simulate(6, "0")["digest"] != first["digest"]


def test_a_log_in_a_file_has_the_digest_of_the_one_in_memory(first: dict, tmp_path) -> None:
    kept = simulate(5, "0", "--events", str(tmp_path / "s.sqlite"))
    assert kept["digest"] == first["digest"]
    assert [one.name for one in tmp_path.iterdir()] == ["s.sqlite"]
