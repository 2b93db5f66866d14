"""What every archive of reports promises; a plug joins with one line in ARCHIVES."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError, ResponseStreamingError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from adapters.report_archive.folder import FolderArchive
from adapters.report_archive.in_memory import InMemoryArchive
from adapters.report_archive.s3 import S3Archive
from application.errors import OutsideError, Refused, Retryable
from application.ports.report_archive import LONGEST, ReportArchive
from tests.given.aws_client import LostReplies, Watched
from tests.given.aws_tables import REGION

Make = Callable[[Path], ReportArchive]
BUCKET = "eth-trading-reports"
FOLDER = "reports/"


def s3_client() -> Any:
    return boto3.client(
        "s3",
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - no secret
    )


@contextmanager
def bucket_in_moto() -> Iterator[Any]:
    """A client of an empty bucket of its own."""
    with mock_aws():
        client = s3_client()
        client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield client
        client.close()


def emptied(client: Any) -> Any:
    for one in client.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        client.delete_object(Bucket=BUCKET, Key=one["Key"])
    return client


def in_bucket(prefix: str) -> Callable[[], Iterator[Make]]:
    def opened() -> Iterator[Make]:
        with bucket_in_moto() as client:
            yield lambda _: S3Archive(emptied(client), BUCKET, prefix)

    return opened


def made_anew(make: Make) -> Callable[[], Iterator[Make]]:
    return lambda: iter([make])


ARCHIVES: dict[str, Callable[[], Iterator[Make]]] = {
    "in_memory": made_anew(lambda _: InMemoryArchive()),
    "folder": made_anew(lambda path: FolderArchive(path / "reports")),
    "s3": in_bucket(""),
    "s3 below a prefix": in_bucket(FOLDER),
}
NAMES = ("a", "2026-02-08.json", "daily_2026-02-08.json", "x" * LONGEST)
BAD_NAMES = ("", ".", "..", "../up", "a/b", "a\\b", ".hidden", "a b", "ä", "a.", "x" * 101, "a\n")


def names_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


@pytest.fixture(params=ARCHIVES)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a fresh, empty archive of each kind."""
    yield from ARCHIVES[request.param]()


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


@pytest.mark.asyncio(loop_scope="function")
async def test_a_bucket_leaves_others_objects_alone() -> None:
    with bucket_in_moto() as client:
        foreign = ("elsewhere.json", "reports/sub/a", "reports/.hidden", "reports/", "reports2/a")
        for key in (*foreign, "reports/" + "x" * 101):
            client.put_object(Bucket=BUCKET, Key=key, Body=b"theirs")
        archive = S3Archive(client, BUCKET, FOLDER)
        await archive.put("a", b"ours")
        assert list(await archive.names()) == ["a"]
        assert await archive.get("a") == b"ours"
        assert await archive.get("elsewhere.json") is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("2026-02-08.json", "application/json"),
        ("2026-02-08.html", "text/html; charset=utf-8"),
        ("2026-02-08.csv", "application/octet-stream"),
        ("json", "application/octet-stream"),
    ],
)
@pytest.mark.asyncio(loop_scope="function")
async def test_an_object_says_what_it_is_and_is_encrypted(name: str, kind: str) -> None:
    with bucket_in_moto() as client:
        await S3Archive(client, BUCKET).put(name, b"1")
        told = client.head_object(Bucket=BUCKET, Key=name)
        assert (told["ContentType"], told["ServerSideEncryption"]) == (kind, "AES256")


@pytest.mark.asyncio(loop_scope="function")
async def test_names_are_whole_over_many_pages() -> None:
    wanted = sorted(f"r{number}" for number in range(12))
    with bucket_in_moto() as client:
        pages = Watched(client, list_objects_v2=lambda real, **given: real(**given, MaxKeys=5))
        archive = S3Archive(pages, BUCKET, FOLDER)
        for name in wanted:
            await archive.put(name, b"")
        assert list(await archive.names()) == wanted
        assert pages.calls["list_objects_v2"] == 3


@pytest.mark.asyncio(loop_scope="function")
async def test_a_put_whose_answer_was_lost_is_kept_once() -> None:
    with bucket_in_moto() as client:
        lost = LostReplies(client, "PutObject", 1, service="s3")
        archive = S3Archive(client, BUCKET)
        await archive.put("a", b"1")
        assert lost.sent == 2
        assert await archive.get("a") == b"1"


@pytest.mark.asyncio(loop_scope="function")
async def test_a_bucket_that_is_not_there_is_refused_and_no_absent_report() -> None:
    with mock_aws():
        client = s3_client()
        archive = S3Archive(client, BUCKET)
        for asked in (archive.put("a", b""), archive.get("a"), archive.names()):
            with pytest.raises(Refused, match=r"the report bucket.*deployed"):
                await asked
        client.close()


@pytest.mark.parametrize(
    ("code", "kind"),
    [("AccessDenied", Refused), ("SlowDown", Retryable), ("InternalError", Retryable)],
)
@pytest.mark.asyncio(loop_scope="function")
async def test_what_s3_says_of_any_call_is_told_as_ours(
    code: str, kind: type[OutsideError]
) -> None:
    def refused(real: object, **_: object) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")

    operations = ("put_object", "get_object", "list_objects_v2")
    real = SimpleNamespace(**dict.fromkeys(operations))
    archive = S3Archive(Watched(real, **dict.fromkeys(operations, refused)), BUCKET)
    for asked in (archive.put("a", b""), archive.get("a"), archive.names()):
        with pytest.raises(kind, match="the report bucket"):
            await asked


@pytest.mark.parametrize(
    "failure",
    [ReadTimeoutError(endpoint_url="https://s3"), ResponseStreamingError(error="torn")],
)
@pytest.mark.asyncio(loop_scope="function")
async def test_a_report_that_is_torn_on_the_way_is_asked_for_later(failure: Exception) -> None:
    def torn() -> bytes:
        raise failure

    answer = {"Body": SimpleNamespace(read=torn)}
    archive = S3Archive(SimpleNamespace(get_object=lambda **_: answer), BUCKET)
    with pytest.raises(Retryable, match="the report bucket"):
        await archive.get("a")
