"""A stage: one whole trader in an account, told from others by the prefix of all its names."""

import re
from typing import Final

import attrs

from application.errors import InputError

DEFAULT: Final = "prod"
"""The stage whose names have no name of its own in them."""
REGION: Final = "ap-northeast-1"
"""Where it is deployed when neither the command nor the AWS configuration says."""
_NAME: Final = re.compile(r"[a-z][a-z0-9]{0,14}")


@attrs.frozen(slots=True, weakref_slot=False)
class Stage:
    """Names that follow from a stage's own."""

    name: str

    @property
    def prefix(self) -> str:
        """Of every table, function, queue and bucket."""
        return "eth-trading-" if self.name == DEFAULT else f"eth-trading-{self.name}-"

    @property
    def stack(self) -> str:
        """The stack that it is deployed as."""
        return self.prefix.removesuffix("-")

    def physical(self, name: str) -> str:
        """What a function, table or queue of this stage is called on AWS."""
        return self.prefix + name

    def command(self, verb: str) -> str:
        """The command line that does something to this stage."""
        tail = "" if self.name == DEFAULT else f" --stage {self.name}"
        return f"crypto-trader {verb}{tail}"


def stage_of(name: str) -> Stage:
    """The stage of a name. Raises InputError."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"--stage {name}: a stage is called by 1 to 15 small letters and digits, such as dev"
        )
    return Stage(name)
