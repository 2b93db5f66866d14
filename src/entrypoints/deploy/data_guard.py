"""What a change set would take away that cannot be made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from entrypoints.deploy.template_edits import is_retained

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from entrypoints.deploy.change_set import Change

DATA: Final = frozenset(
    {
        "AWS::DynamoDB::GlobalTable",
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
        "AWS::SecretsManager::Secret",
    }
)
"""Types that hold what was recorded, whatever the template says of them."""
_GRAVE: Final = frozenset({"removed", "replaced", "may be replaced"})


def losses(changes: Sequence[Change], *templates: Mapping[str, Any]) -> tuple[Change, ...]:
    """Changes that part a stack from its data; `templates`: the old one and the new one."""
    kept = {
        name
        for template in templates
        for name, one in template.get("Resources", {}).items()
        if is_retained(one)
    }
    return tuple(
        one
        for one in changes
        if one.kind in _GRAVE and (one.resource_type in DATA or one.logical in kept)
    )


def sentence_of(found: Sequence[Change]) -> str:
    """What would be lost, and what to do."""
    named = ", ".join(f"{one.physical or one.logical} ({one.kind})" for one in found)
    return (
        f"this would part the stack from its data: {named}. What was recorded there stays in the "
        "account, but the stage would go on without it; if that is meant, add --yes-replace"
    )
