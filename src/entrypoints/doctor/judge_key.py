"""Judgements about the API key, from what it was answered. Pure: facts in, findings out."""

from collections.abc import Iterator, Mapping, Sequence

from adapters.exchange.coincheck.account_checks import MOVING, NEEDED, Answer, Told
from entrypoints.doctor.findings import Finding, error, warning, well
from entrypoints.doctor.judge_machine import judge_refused_nonce

KEY, WITHDRAWAL, HABITS = "API key", "withdrawal right", "exchange's habits"
_KEY_PAGE = "on Coincheck's page of API keys"
_UNSEEN = "what cannot be tried without asking for a withdrawal is not: look at the key's page once"


def judge_no_key(*, is_needed: bool) -> Finding:
    """Paper trading needs none."""
    text = "no key configured: permissions, nonces and fees were not checked"
    what = "for real orders make a key without the right to withdraw and set [coincheck] key_id"
    return (error if is_needed else warning)(KEY, text, f"{what} and secret")


def judge_unknown_order(*, is_told: bool) -> Finding:
    """Order 1 is nobody's who reads this."""
    if is_told:
        return warning(
            HABITS,
            "Coincheck tells the details of an order of somebody else",
            "report it: an order that was never placed could be taken for one of ours",
        )
    return well(HABITS, "an order that is not ours is told as missing")


def judge_pages(first: Sequence[int], second: Sequence[int]) -> Finding:
    """Ids of the newest page of fills, and of what was asked for after it: the older ones."""
    if not first or not second:
        return well(HABITS, "too few fills to see in which direction their pages go")
    if max(second) < min(first):
        return well(HABITS, "the next page of fills is the older one")
    return error(
        HABITS,
        f"pages of fills go the other way: after {first[-1]} came {second[0]}",
        "do not trade: fills would be missed. Report it, this program needs a change",
    )


def judge_key(answers: Mapping[str, Answer]) -> list[Finding]:
    """One answer for each list of NEEDED and MOVING."""
    told = [one.told for one in answers.values()]
    if Told.ANSWERED in told:
        # a list that was answered shows that the key and its nonces are good
        return [*_needed(answers), _moving(answers)]
    unchecked = warning(
        WITHDRAWAL,
        "not checked: no call with this key was answered",
        "see what is said about the key and its nonces, and run doctor again",
    )
    if Told.NONCE in told:
        return [judge_refused_nonce(), unchecked]
    first = next(iter(answers.values()))
    if Told.FORBIDDEN in told:
        what = f"compare key_id, secret, the permissions and the addresses {_KEY_PAGE}"
        return [error(KEY, f"Coincheck refuses this key: {first.text}", what), unchecked]
    what = "run doctor again when Coincheck answers"
    return [error(KEY, f"Coincheck did not answer: {first.text}", what), unchecked]


def _needed(answers: Mapping[str, Answer]) -> Iterator[Finding]:
    asked = [answers[name] for name in NEEDED]
    forbidden = [one.name for one in asked if one.told is Told.FORBIDDEN]
    if forbidden:
        names = ", ".join(forbidden)
        yield error(KEY, f"it may not read: {names}", f"allow these {_KEY_PAGE}: {names}")
    for one in asked:
        if one.told not in (Told.FORBIDDEN, Told.ANSWERED):
            yield error(
                KEY,
                f"{one.name}: {one.told}: {one.text}",
                "run doctor again when Coincheck answers",
            )
    if all(one.told is Told.ANSWERED for one in asked):
        names = ", ".join(one.name for one in asked)
        yield well(KEY, f"reads {names}; whether it may place orders shows at the first one")


def _moving(answers: Mapping[str, Answer]) -> Finding:
    asked = [answers[name] for name in MOVING]
    readable = [one.name for one in asked if one.told is Told.ANSWERED]
    if readable:
        return error(
            WITHDRAWAL,
            f"the key is over-privileged: it was given {', '.join(readable)}, which a key without "
            "rights over withdrawals is not",
            f"delete this key {_KEY_PAGE} and make one with orders, open orders, transactions, "
            "balance and account alone: whoever steals a trading key must not be able to withdraw",
        )
    open_ = [one for one in asked if one.told is not Told.FORBIDDEN]
    if any(one.told in (Told.UNREACHED, Told.NONCE) for one in open_):
        return error(
            WITHDRAWAL,
            f"not checked: {open_[0].text}",
            "run doctor again when Coincheck answers",
        )
    if open_:
        return warning(
            WITHDRAWAL,
            f"cannot be told from the answer: {open_[0].text}",
            f"see {_KEY_PAGE} that the key may not withdraw or send",
        )
    return well(WITHDRAWAL, f"{', '.join(one.name for one in asked)} are refused; {_UNSEEN}")
