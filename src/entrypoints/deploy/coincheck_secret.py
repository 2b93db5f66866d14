"""The account's key in Secrets Manager: whether it is there, never what it is."""

import json
from typing import Final

from adapters.aws_calls import code_of
from application.errors import OutsideError
from entrypoints.deploy.clients import Aws
from entrypoints.doctor.findings import Finding, error, warning, well

FIELDS: Final = ("key_id", "secret")
CHECK: Final = "Coincheck key"
_ABSENT: Final = "ResourceNotFoundException"


def _how(name: str) -> str:
    return (
        'write {"key_id": "...", "secret": "..."} into a file, '
        f"`aws secretsmanager create-secret --name {name} --secret-string file://FILE` "
        "(put-secret-value --secret-id where it exists), and delete the file"
    )


def check_presence(aws: Aws, name: str) -> Finding:
    """Whether the secret exists; its content is not asked for. Raises OutsideError."""
    try:
        aws.ask(f"look for secret {name}", "secretsmanager", "describe_secret", SecretId=name)
    except OutsideError as failure:
        if not _is_absent(failure):
            raise
        return warning(CHECK, f"there is no secret {name}: nothing can be traded", _how(name))
    return well(CHECK, f"the secret {name} is there")


def check_fields(aws: Aws, name: str) -> Finding:
    """Whether the secret has both fields, filled. Raises OutsideError."""
    try:
        answer = aws.ask(f"read secret {name}", "secretsmanager", "get_secret_value", SecretId=name)
    except OutsideError as failure:
        if not _is_absent(failure):
            raise
        return error(CHECK, f"there is no secret {name}", _how(name))
    missing = missing_fields(answer.get("SecretString", ""))
    if missing:
        return error(CHECK, f"the secret {name} lacks {' and '.join(missing)}", _how(name))
    return well(CHECK, f"the secret {name} has {' and '.join(FIELDS)}")


def missing_fields(content: str) -> tuple[str, ...]:
    """Fields that a secret's JSON does not have or leaves empty; nothing of it is repeated."""
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return FIELDS
    return tuple(
        one for one in FIELDS if not (isinstance(found.get(one), str) and found[one].strip())
    )


def _is_absent(failure: OutsideError) -> bool:
    return failure.__cause__ is not None and code_of(failure.__cause__) == _ABSENT
