"""What is looked at before anything is changed: one line each, with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from application.errors import ConfigurationError, OutsideError, Refused
from entrypoints.deploy.asset_bucket import asset_bucket
from entrypoints.deploy.coincheck_secret import check_presence
from entrypoints.deploy.serverless_quota import QUOTA, check_quota
from entrypoints.deploy.stack_state import find_stack, hindrance, living
from entrypoints.deploy.template_checks import (
    check_code,
    check_coins,
    check_region,
    endpoint_name,
    secret_name,
)
from entrypoints.doctor.findings import Finding, Level, error, warning, well

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from entrypoints.deploy.asset_bucket import AssetBucket
    from entrypoints.deploy.clients import Aws
    from entrypoints.deploy.cloud_assembly import Assembly
    from entrypoints.deploy.dialogue import Dialogue
    from entrypoints.deploy.parameters import Parameters
    from entrypoints.deploy.stack_state import Stack
    from entrypoints.stage import Stage

_MARKS: Final = {Level.OK: "ok     ", Level.WARNING: "warning", Level.ERROR: "ERROR  "}


@attrs.define(slots=True)
class Checks:
    """Says each finding as it is made; errors are counted."""

    dialogue: Dialogue
    errors: int = 0

    def add(self, finding: Finding) -> None:
        """Say one finding."""
        self.errors += finding.level is Level.ERROR
        line = f"  {_MARKS[finding.level]} {finding.check}: {finding.text}"
        self.dialogue.say(f"{line}; {finding.what_to_do}" if finding.what_to_do else line)

    def make(self, check: str, work: Callable[[], Finding]) -> None:
        """Make one finding; an AWS error is one too."""
        try:
            finding = work()
        except (OutsideError, ConfigurationError) as failure:
            finding = error(check, str(failure), "mend that first")
        self.add(finding)

    def passed(self, what: str) -> None:
        """Raises Refused where there was an error."""
        if self.errors:
            raise Refused(f"{what}: not begun, and nothing was changed; mend the errors above")


def account_of(aws: Aws, checks: Checks) -> str:
    """The account's number, said. Raises OutsideError or ConfigurationError without credentials."""
    who = aws.ask("credentials of AWS", "sts", "get_caller_identity")
    checks.add(well("credentials", f"account {who['Account']} as {who['Arn']}"))
    checks.add(well("region", aws.region))
    account: str = who["Account"]
    return account


def check_stack(stack: Stack | None, stage: Stage) -> Finding:
    """Whether the stack can be changed now."""
    reason = hindrance(stack, stage)
    if reason:
        return error("stack", *_split(reason))
    if stack is None or stack.is_empty:
        return well("stack", f"{stage.stack} is new")
    mode = "ARMED: real orders" if stack.is_live else "dry run"
    return well("stack", f"{stack.name} is {stack.status}, {mode}")


def _split(reason: str) -> tuple[str, str]:
    text, _, what_to_do = reason.partition(": ")
    return text, what_to_do


def check_keys(parameters: Parameters) -> Finding:
    """Which keys the stack gets, by name; never what they are."""
    if parameters.left_out:
        return warning(
            "keys",
            f"not configured: {', '.join(parameters.left_out)}; what needs them does without",
            "set [slack] webhook and [news] token (CRYPTO_TRADER_SLACK__WEBHOOK, "
            "CRYPTO_TRADER_NEWS__TOKEN) and deploy again, if they are wanted",
        )
    given = ", ".join(parameters.given) or "none"
    kept = f"; as deployed: {', '.join(parameters.kept)}" if parameters.kept else ""
    return well("parameters", f"from the configuration: {given}{kept}")


def bucket_said(bucket: AssetBucket) -> Finding:
    """Where the packages go."""
    if not bucket.is_own:
        return well("packages", f"bucket {bucket.name}, of the account's CDK bootstrap")
    state = "is there" if bucket.exists else "will be made (this account has no CDK bootstrap)"
    return well("packages", f"bucket {bucket.name} {state}")


@attrs.frozen(slots=True, weakref_slot=False)
class Ground:
    """What a deployment stands on."""

    account: str
    bucket: AssetBucket
    stack: Stack | None


def check_ground(
    aws: Aws,
    stage: Stage,
    assembly: Assembly,
    parameters: Callable[[Stack | None], Parameters],
    checks: Checks,
    coins: Sequence[str],
    quota: int = QUOTA,
) -> tuple[Ground, Parameters]:
    """All checks of a deployment; `coins`: those of the configuration.

    Raises Refused where one of them says no.
    """
    account = account_of(aws, checks)
    stack = living(find_stack(aws, stage.stack))
    checks.add(check_stack(stack, stage))
    bucket = asset_bucket(aws, stage, account, assembly.bucket)
    checks.add(bucket_said(bucket))
    made = parameters(stack)
    checks.add(check_keys(made))
    name = secret_name(assembly.template, stage)
    checks.make("Coincheck key", lambda: check_presence(aws, name))
    checks.add(check_region(aws, assembly))
    checks.add(check_code(assembly.template))
    checks.add(check_coins(assembly.template, stage, coins))
    own = endpoint_name(assembly.template)
    checks.make("endpoint quota", lambda: check_quota(aws, assembly.template, own, quota))
    checks.passed("deploy")
    return Ground(account, bucket, stack), made
