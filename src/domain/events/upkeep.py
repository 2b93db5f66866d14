"""What happens to the log itself."""

import attrs


@attrs.frozen(slots=True, weakref_slot=False)
class LogAnchored:
    """The digest (hex) of the hashes of the log's first `commits` commits, told to others too."""

    commits: int
    digest: str
