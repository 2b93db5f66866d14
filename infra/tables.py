"""The tables, from the read models' own list, so that keys and lifetimes cannot drift."""

from typing import Any, Final

from aws_cdk import CfnDeletionPolicy, Stack
from aws_cdk import aws_dynamodb as dynamo

from application.read_models import TABLES
from infra.stage import Stage

LOG: Final = "events"
INDEX: Final = "by_commit"
"""Commits in the order they were appended, a partition a month."""
TTL: Final = "ttl"
KEPT: Final = frozenset({LOG, "positions", "trades"})
"""Tables that money and tax hang on: recoverable to any second, and never deleted with a stack."""
IMPROVEMENTS: Final = "improvements"
_LOG_KEYS: Final = {"stream": "S", "version": "N"}
_INDEX_KEYS: Final = {"month": "S", "position": "N"}


def keys() -> dict[str, tuple[dict[str, str], bool]]:
    """Keys with their types, and whether rows expire, by table; the log is one of them."""
    found: dict[str, tuple[dict[str, str], bool]] = {LOG: (dict(_LOG_KEYS), False)}
    for table in TABLES:
        name = table.name.partition(".")[0]
        if name in found:
            continue
        types = {table.partition_name: "S"}
        if table.sort_name is not None:
            # a table whose rows expire has its time as sort key
            types[table.sort_name] = "S" if table.lifetime_ms is None else "N"
        found[name] = types, table.lifetime_ms is not None
    found[IMPROVEMENTS] = {"improvement_id": "S"}, True
    return found


def make_tables(stack: Stack, stage: Stage) -> dict[str, dynamo.CfnTable]:
    """All tables, paid by use."""
    return {name: _make(stack, stage, name, *of) for name, of in keys().items()}


def table_arn(stack: Stack, stage: Stage, name: str) -> str:
    """Known before the table is made, so that roles do not wait for it."""
    return stack.format_arn(service="dynamodb", resource="table", resource_name=stage.prefix + name)


def _make(
    stack: Stack, stage: Stage, name: str, types: dict[str, str], expires: bool
) -> dynamo.CfnTable:
    is_log = name == LOG
    table = dynamo.CfnTable(
        stack,
        f"Table{''.join(one.capitalize() for one in name.replace('_', '-').split('-'))}",
        table_name=stage.prefix + name,
        billing_mode="PAY_PER_REQUEST",
        key_schema=_schema(types),
        attribute_definitions=[
            dynamo.CfnTable.AttributeDefinitionProperty(attribute_name=key, attribute_type=kind)
            for key, kind in (types | (_INDEX_KEYS if is_log else {})).items()
        ],
        global_secondary_indexes=_order() if is_log else None,
        time_to_live_specification=_ttl() if expires or name == "analysis_state" else None,
        point_in_time_recovery_specification=_recovery() if name in KEPT else None,
    )
    if name in KEPT:
        table.cfn_options.deletion_policy = CfnDeletionPolicy.RETAIN
        table.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN
    return table


def _schema(types: dict[str, str]) -> list[Any]:
    return [
        dynamo.CfnTable.KeySchemaProperty(attribute_name=key, key_type=kind)
        for key, kind in zip(types, ("HASH", "RANGE"), strict=False)
    ]


def _order() -> list[Any]:
    return [
        dynamo.CfnTable.GlobalSecondaryIndexProperty(
            index_name=INDEX,
            key_schema=_schema(_INDEX_KEYS),
            projection=dynamo.CfnTable.ProjectionProperty(projection_type="ALL"),
        )
    ]


def _ttl() -> Any:
    return dynamo.CfnTable.TimeToLiveSpecificationProperty(attribute_name=TTL, enabled=True)


def _recovery() -> Any:
    return dynamo.CfnTable.PointInTimeRecoverySpecificationProperty(
        point_in_time_recovery_enabled=True
    )
