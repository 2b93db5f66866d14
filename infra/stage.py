"""What a stage is called and how it differs from another one."""

from typing import Final, Literal

import attrs

DEFAULT: Final = "prod"
REGION: Final = "ap-northeast-1"


@attrs.frozen(slots=True, weakref_slot=False, kw_only=True)
class Stage:
    """A deployment. The default stage's names begin with eth-trading-, others' with their own."""

    name: str = DEFAULT
    region: str = REGION
    coins: str = ""
    """TRADING_PAIRS_CONFIG; empty: the six known ones."""
    forecast_batching: Literal["per_analysis", "per_pair"] = "per_analysis"
    workflow_type: Literal["express", "standard"] = "express"
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
