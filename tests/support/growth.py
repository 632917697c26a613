"""How the work of a function grows with its input, in processor time of this thread."""

import gc
import math
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LINEAR = 3.0
"""Between the 2 of work that doubles with its input, and the 4 of work that grows with its square."""

_RUNS = 5
MEASURABLE_SECONDS = 0.003
"""Below it, what a call costs in any case hides how it grows."""


def growth(work: Callable[[T], object], make: Callable[[int], T], *, size: int) -> float:
    """Return how much more work an input of twice the size is; 1 where four times the size is too little to be measured.

    Measured over two doublings, since one is near what a busy machine adds.  The least of some runs counts: whatever
    else the machine does only adds to the others.
    """
    larger = make(4 * size)
    began = time.thread_time()
    work(larger)
    if time.thread_time() - began < MEASURABLE_SECONDS:
        return 1.0
    return math.sqrt(least_seconds(work, larger) / max(least_seconds(work, make(size)), MEASURABLE_SECONDS / LINEAR**2))


def least_seconds(work: Callable[[T], object], given: T) -> float:
    """Return the processor time of the quickest of some runs."""
    gc.collect()
    found = []
    for _ in range(_RUNS):
        began = time.thread_time()
        work(given)
        found.append(time.thread_time() - began)
    return min(found)
