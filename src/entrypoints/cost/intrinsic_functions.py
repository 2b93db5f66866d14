"""CloudFormation's intrinsic functions, as far as a price depends on them, become text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLACES = re.compile(r"\$\{([^!}][^}]*)\}")


class Values:
    """Turns values of a template into text. What only a deployment knows stays `${Name}`."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        self._parameters: Mapping[str, Any] = template.get("Parameters", {})

    def text(self, value: Any) -> str:
        """A value as text; references to resources as ${Id} or ${Id.Attribute}."""
        if isinstance(value, Mapping) and len(value) == 1:
            ((name, inside),) = value.items()
            return self._function(name, inside)
        if isinstance(value, bool):
            return str(value).lower()
        return "" if value is None else str(value)

    def _function(self, name: str, inside: Any) -> str:
        if name == "Ref":
            default = self._parameters.get(inside, {}).get("Default")
            return f"${{{inside}}}" if default is None else str(default)
        if name == "Fn::GetAtt":
            return f"${{{inside if isinstance(inside, str) else '.'.join(inside)}}}"
        if name == "Fn::Join":
            separator, parts = inside
            return str(separator).join(self.text(one) for one in parts)
        if name == "Fn::Sub":
            return self._substituted(inside)
        if name == "Fn::If":
            return self.text(inside[1])
        return f"${{{name}}}"

    def _substituted(self, inside: Any) -> str:
        text, given = (inside, {}) if isinstance(inside, str) else inside
        known = {name: self.text(one) for name, one in given.items()}
        known |= {
            name: str(one["Default"]) for name, one in self._parameters.items() if "Default" in one
        }
        return _PLACES.sub(lambda found: known.get(found[1], found[0]), text)


def referred(text: str) -> str:
    """The id of the resource that a text refers to first; "" for none."""
    found = _PLACES.search(text)
    return found[1].partition(".")[0] if found else ""
