"""What a stage is called and how it differs from another one."""

import re
from typing import Final, Literal, get_args

import attrs

from application.errors import ConfigurationError
from entrypoints.wiring.pairs import instruments_of

DEFAULT: Final = "prod"
REGION: Final = "ap-northeast-1"
Batching = Literal["per_analysis", "per_pair"]
Workflow = Literal["express", "standard"]
_NAME: Final = re.compile(r"[a-z][a-z0-9]{0,14}")


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Stage:
    """A deployment. The default stage's names begin with eth-trading-, others' with their own."""

    name: str = DEFAULT
    region: str = REGION
    coins: str = ""
    """TRADING_PAIRS_CONFIG; empty: the six known ones."""
    forecast_batching: Batching = "per_analysis"
    workflow_type: Workflow = "express"
    endpoint: str = ""
    """Name of the forecast endpoint; empty: momentum stands in."""
    with_endpoint: bool = False
    """Whether the stack makes the endpoint itself, of the archive in its model bucket."""
    packages: str = ""
    """Folder of the functions' zips; empty: a placeholder for tests of the template."""
    alarm_email: str = ""
    auto_fix: bool = False
    addresses: tuple[tuple[str, str], ...] = ()
    """Addresses of outside services by variable, where they are not the real ones."""

    @property
    def prefix(self) -> str:
        """How every physical name begins."""
        return "eth-trading-" if self.name == DEFAULT else f"eth-trading-{self.name}-"

    @property
    def stack(self) -> str:
        """Name of the stack."""
        return self.prefix.rstrip("-")


def checked(stage: Stage) -> Stage:
    """The stage itself. Raises ConfigurationError that names the variable and says what to do."""
    if not _NAME.fullmatch(stage.name):
        raise ConfigurationError(
            f"STAGE: {stage.name!r}: a stage is called by 1 to 15 small letters and digits"
        )
    for name, said, known in (
        ("FORECAST_BATCHING", stage.forecast_batching, get_args(Batching)),
        ("WORKFLOW_TYPE", stage.workflow_type, get_args(Workflow)),
    ):
        if said not in known:
            raise ConfigurationError(f"{name}: write {' or '.join(known)}, not {said}")
    if stage.endpoint and stage.with_endpoint:
        raise ConfigurationError(
            "SAGEMAKER_ENDPOINT names an endpoint that is there and WITH_ENDPOINT=yes makes one: "
            "leave one of them out"
        )
    instruments_of(stage.coins)
    return stage
