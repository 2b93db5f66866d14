"""The domain's own errors.

DomainError
├── CurrencyMismatch     two currencies met in one expression
├── ParameterError       a strategy parameter is unknown, unreadable or out of range
├── InstrumentError      TRADING_PAIRS_CONFIG names something that cannot be traded
└── IllegalTransition    an event cannot follow the state that it is applied to
"""


class DomainError(Exception):
    """Base of everything that the domain refuses."""


class CurrencyMismatch(DomainError, TypeError):
    """Two currencies met in one expression."""


class ParameterError(DomainError, ValueError):
    """A strategy parameter is unknown, unreadable or out of range; the text names it."""


class InstrumentError(DomainError, ValueError):
    """The list of traded coins is wrong; the text names the key and the remedy."""


class IllegalTransition(DomainError):
    """An event cannot follow the state that it is applied to."""
