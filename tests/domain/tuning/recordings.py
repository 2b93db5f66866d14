"""Small recordings, written out."""

from array import array

from domain.events import Components
from domain.instant import CANDLE, DAY
from domain.parameters import STANDARD
from domain.tuning.recording import AnalysisSeen, PairSeen, Recording

START = 1_735_689_600_000
ETH = "eth_usdt"


def seen(technical: float, *, fading: bool = False, buyable: bool = True) -> PairSeen:
    """A pair whose total is 0.35 times this: without a forecast no confidence moves weight."""
    return PairSeen(Components(technical, None, None, None), None, 0.0, fading, buyable)


def recording(closes: list[float], scores: dict[int, float]) -> Recording:
    """One coin: a close each tick, opening at the close before; analyses at some ticks."""
    made = Recording(STANDARD)
    count = len(closes)
    made.times = array("q", (START + (at + 1) * CANDLE for at in range(count)))
    made.closes[ETH] = array("d", closes)
    made.opens[ETH] = array("d", [closes[0], *closes[:-1]])
    made.analyses = [
        AnalysisSeen(tick, 1.0, 1.0, ((ETH, seen(score)),)) for tick, score in scores.items()
    ]
    return made


TICKS_A_DAY = DAY // CANDLE
