"""Rounds: every contender once, in a shuffled order, again and again."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

Samples = list[list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One side of a comparison.

    Attributes:
        name: `ours`, `limit`, or a peer's name with its version.
        run: Takes the values of one round: one rate, or many latencies.
    """

    name: str
    run: Callable[[], list[float]]


class Watcher(Protocol):
    """Who is told how the rounds go."""

    def begin(self, *, number: int, name: str) -> None:
        """A contender starts."""
        ...

    def end(self, *, number: int, name: str, values: Sequence[float]) -> None:
        """It has ended."""
        ...


def interleave(contenders: Sequence[Contender], *, rounds: int, watcher: Watcher, seed: int = 1) -> dict[str, Samples]:
    """Run all contenders once a round; return the values of each, round by round.

    Whatever else the machine does meets all of them alike; a fixed order would favour who follows whom.
    """
    order = random.Random(seed)  # noqa: S311 - no secret: the same order every time
    samples: dict[str, Samples] = {contender.name: [] for contender in contenders}
    for number in range(1, rounds + 1):
        for contender in order.sample(contenders, len(contenders)):
            watcher.begin(number=number, name=contender.name)
            values = contender.run()
            samples[contender.name].append(values)
            watcher.end(number=number, name=contender.name, values=values)
    return samples
