"""The tables of a stage as the stack makes them, for tests that write to an emulator."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto import mock_aws

from application.read_models import TABLES

PREFIX = "eth-trading-"
REGION = "ap-northeast-1"


@contextmanager
def stage_in_moto() -> Iterator[Any]:
    """A client of a stage of its own in moto, which is exact for one writer at a time."""
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106 - no secret
        )
        create_tables(client)
        yield client
        client.close()


def create_tables(client: Any, prefix: str = PREFIX) -> None:
    """The log and every read model. Without TTL: an emulator's clock is not the test's."""
    client.create_table(
        TableName=f"{prefix}events",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=_keys("stream", "version"),
        AttributeDefinitions=_types(stream="S", version="N", month="S", position="N"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_commit",
                "KeySchema": _keys("month", "position"),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for table in {one.name.partition(".")[0]: one for one in reversed(TABLES)}.values():
        types = {table.partition_name: "S"}
        if table.sort_name is not None:
            # a table whose rows expire has its time as sort key
            types[table.sort_name] = "S" if table.lifetime_ms is None else "N"
        client.create_table(
            TableName=prefix + table.name.partition(".")[0],
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_keys(*types),
            AttributeDefinitions=_types(**types),
        )


def delete_tables(client: Any, prefix: str) -> None:
    """All tables of a prefix."""
    for page in client.get_paginator("list_tables").paginate():
        for name in page["TableNames"]:
            if name.startswith(prefix):
                client.delete_table(TableName=name)


def _keys(partition: str, sort: str | None = None) -> list[dict[str, str]]:
    names = {"HASH": partition, "RANGE": sort}
    return [
        {"AttributeName": name, "KeyType": kind} for kind, name in names.items() if name is not None
    ]


def _types(**types: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
