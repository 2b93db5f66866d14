"""What can go wrong outside, sorted by what we then do.

OutsideError
├── Retryable     throttled, unavailable, not sent     -> wait with jitter, inside the deadline
├── InDoubt       sent, answer lost                    -> ask, never send again
├── Refused       funds, minimum, permission           -> record the refusal, go on
├── Broken        a payload we cannot believe          -> quarantine, alert, do not act
└── Conflict      somebody appended first              -> read again, decide again
ConfigurationError                                     -> name the key, stop at start-up
└── InputError                                         -> name the file and field, write nothing
"""


class OutsideError(Exception):
    """Base of everything that the outside does to us."""


class Retryable(OutsideError):
    """Not done, and safe to try again later."""


class InDoubt(OutsideError):
    """Sent, and the answer was lost: it may or may not have happened."""


class Refused(OutsideError):
    """A clear no."""


class Broken(OutsideError):
    """An answer or a stored record that cannot be believed; the text names the field."""


class Conflict(OutsideError):
    """Somebody else appended to the stream first."""


class ConfigurationError(Exception):
    """A setting is wrong; the text names the key and what to do."""


class InputError(ConfigurationError):
    """A file or an argument is wrong; the text names it, the field, and what to do."""
