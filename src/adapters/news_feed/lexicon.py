"""The headline lexicon from its data file."""

import functools
import tomllib
from importlib.resources import files

from domain.scoring.headline_score import Lexicon


@functools.cache
def load_lexicon() -> Lexicon:
    """The lexicon that ships with the domain. Raises LexiconError when a part is missing."""
    text = files("domain.scoring").joinpath("headline_lexicon.toml").read_text(encoding="utf-8")
    return Lexicon.from_mapping(tomllib.loads(text))
