"""No further than this machine: whoever connects or looks up a name elsewhere is stopped.

Python imports a module of this name as it starts, wherever it finds one on its path; so the
processes that a test starts are held back as well.
"""

import sys
from typing import Any

HOSTS = {"127.0.0.1", "::1", "localhost", "", None}
CONNECTS = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"}
LOOK_UPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


class ReachedOut(Exception):
    """Not an OSError: those are what a program is ready for."""


def refuse_elsewhere(event: str, given: tuple[Any, ...]) -> None:
    """An audit hook. Raises ReachedOut."""
    if event in CONNECTS:
        address = given[1]
        # a Unix socket's address is a path
        host = address[0] if isinstance(address, tuple) else None
    elif event in LOOK_UPS:
        host = given[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in HOSTS:
        raise ReachedOut(f"{event} {host!r}: a test stays on 127.0.0.1")


sys.addaudithook(refuse_elsewhere)
