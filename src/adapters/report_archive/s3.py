"""Reports in a bucket, which lets go of them after 90 days."""

from collections.abc import Sequence
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from adapters.aws_calls import as_ours, call, code_of
from application.ports.report_archive import LONGEST, NAME, checked

_TYPES: Final = {".json": "application/json", ".html": "text/html; charset=utf-8"}
_ABSENT: Final = frozenset({"NoSuchKey", "404"})


class S3Archive:
    """Files of one bucket, below a prefix. Others' objects there are left alone."""

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    async def put(self, name: str, content: bytes) -> None:
        """Keep a file; see the port."""
        kind = _TYPES.get(name[name.rfind(".") :], "application/octet-stream")
        call(
            "the report bucket",
            self._client.put_object,
            Bucket=self._bucket,
            Key=self._prefix + checked(name),
            Body=content,
            ContentType=kind,
            ServerSideEncryption="AES256",
        )

    async def get(self, name: str) -> bytes | None:
        """The content of a file, or None."""
        key = self._prefix + checked(name)
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            content: bytes = answer["Body"].read()
        except (ClientError, BotoCoreError) as error:
            if code_of(error) in _ABSENT:
                return None
            raise as_ours("the report bucket", error) from error
        return content

    async def names(self) -> Sequence[str]:
        """The names of all files, ascending."""
        found: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = call(
                "the report bucket",
                self._client.list_objects_v2,
                Bucket=self._bucket,
                Prefix=self._prefix,
                **more,
            )
            found += [one["Key"][len(self._prefix) :] for one in page.get("Contents", ())]
            if not page.get("IsTruncated"):
                return sorted(one for one in found if len(one) <= LONGEST and NAME.fullmatch(one))
            more = {"ContinuationToken": page["NextContinuationToken"]}
