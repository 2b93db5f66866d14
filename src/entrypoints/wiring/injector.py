"""dependency-injector without the frameworks that it would look for.

Importing it imports pydantic, PyYAML and werkzeug wherever they are installed, to integrate with
them. We use none of that, and it would be half of a command's start-up time; so while it is
imported they cannot be found.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.abc import MetaPathFinder
from typing import Any

NOT_NEEDED = frozenset(
    {"pydantic", "pydantic_settings", "yaml", "werkzeug", "flask", "fastapi", "starlette"}
)


class _NotNow(MetaPathFinder):
    """Finds none of the modules that are not needed."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        """Raise ModuleNotFoundError for them, leave all others to the finders behind."""
        del path, target
        if fullname.partition(".")[0] in NOT_NEEDED:
            raise ModuleNotFoundError(f"{fullname} is not looked for here", name=fullname)


_finder = _NotNow()
sys.meta_path.insert(0, _finder)
try:
    from dependency_injector import containers, providers
finally:
    sys.meta_path.remove(_finder)

__all__ = ["containers", "plug", "providers"]


def plug(where: str) -> Callable[..., Any]:
    """A maker of "module:Class" that imports the module when it first makes one.

    So an environment names plugs that most of its programs never load.
    """
    module, _, name = where.partition(":")

    def make(*given: Any, **named: Any) -> Any:
        return getattr(import_module(module), name)(*given, **named)

    make.__name__ = make.__qualname__ = name
    return make
