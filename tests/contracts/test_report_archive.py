"""What every archive of reports promises; a plug joins with one line in ARCHIVES."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.report_archive.folder import FolderArchive
from adapters.report_archive.in_memory import InMemoryArchive
from application.errors import Retryable
from application.ports.report_archive import LONGEST, ReportArchive

Make = Callable[[Path], ReportArchive]
ARCHIVES: dict[str, Make] = {
    "in_memory": lambda _: InMemoryArchive(),
    "folder": lambda path: FolderArchive(path / "reports"),
}
NAMES = ("a", "2026-02-08.json", "daily_2026-02-08.json", "x" * LONGEST)
BAD_NAMES = ("", ".", "..", "../up", "a/b", "a\\b", ".hidden", "a b", "ä", "a.", "x" * 101, "a\n")


def names_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


@pytest.fixture(params=ARCHIVES)
def make(request: pytest.FixtureRequest) -> Make:
    return ARCHIVES[request.param]


@pytest.fixture
def archive(make: Make, tmp_path: Path) -> ReportArchive:
    """A fresh, empty archive."""
    return make(tmp_path)


@pytest.mark.asyncio(loop_scope="function")
async def test_an_empty_archive_has_nothing(archive: ReportArchive) -> None:
    assert list(await archive.names()) == []
    assert await archive.get("2026-02-08.json") is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.asyncio(loop_scope="function")
async def test_what_is_put_comes_back(archive: ReportArchive, name: str) -> None:
    await archive.put(name, b'{"a": "\xe5\x86\x86"}\r\n')
    assert await archive.get(name) == b'{"a": "\xe5\x86\x86"}\r\n'
    assert list(await archive.names()) == [name]


@pytest.mark.asyncio(loop_scope="function")
async def test_the_newest_of_a_name_stays(archive: ReportArchive) -> None:
    for content in (b"long before", b"", b"now"):
        await archive.put("a", content)
        assert await archive.get("a") == content
    assert list(await archive.names()) == ["a"]


@pytest.mark.asyncio(loop_scope="function")
async def test_names_are_in_order(archive: ReportArchive) -> None:
    for name in ("c", "a", "b"):
        await archive.put(name, b"")
    assert list(await archive.names()) == ["a", "b", "c"]


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.asyncio(loop_scope="function")
async def test_a_name_that_leads_elsewhere_is_refused(archive: ReportArchive, name: str) -> None:
    with pytest.raises(ValueError, match="is no name for a report"):
        await archive.put(name, b"")
    with pytest.raises(ValueError, match="is no name for a report"):
        await archive.get(name)
    assert list(await archive.names()) == []


def test_any_row_of_puts_leaves_what_a_dictionary_would_hold(make: Make) -> None:
    puts = st.lists(st.tuples(st.sampled_from(NAMES[:3]), st.binary(max_size=20)), max_size=8)

    @settings(max_examples=25, deadline=None)
    @given(puts)
    def holds(wanted: list[tuple[str, bytes]]) -> None:
        async def put_all(archive: ReportArchive) -> dict[str, bytes | None]:
            for name, content in wanted:
                await archive.put(name, content)
            return {name: await archive.get(name) for name in await archive.names()}

        with tempfile.TemporaryDirectory() as folder:
            assert asyncio.run(put_all(make(Path(folder)))) == dict(sorted(dict(wanted).items()))

    holds()


@pytest.mark.asyncio(loop_scope="function")
async def test_a_folder_keeps_them_over_a_restart_and_leaves_others_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "reports"
    await FolderArchive(folder).put("a", b"1")
    (folder / ".a.7.partial").write_bytes(b"half a fi")
    (folder / "sub").mkdir()
    again = FolderArchive(folder)
    assert list(await again.names()) == ["a"]
    assert await again.get("a") == b"1"
    assert names_in(folder) == [".a.7.partial", "a", "sub"]


@pytest.mark.asyncio(loop_scope="function")
async def test_a_folder_that_cannot_be_one_is_retryable_and_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    archive = FolderArchive(tmp_path / "file")
    for failing in (archive.put("a", b""), archive.get("a"), archive.names()):
        with pytest.raises(Retryable, match="file"):
            await failing
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.asyncio(loop_scope="function")
async def test_a_put_that_fails_leaves_the_old_one_and_nothing_half(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path)
    (tmp_path / "a").mkdir()
    with pytest.raises(Retryable):
        await archive.put("a", b"new")
    assert names_in(tmp_path) == ["a"]
