"""Instances as one answer, and the code by which two sides compare what they know."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from postroad.calls.discovery.eureka.instance import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Applications:
    """What a registry says of all instances, or of those that changed lately.

    Attributes:
        version: Grows with every change.
        hashcode: That of all instances, also when only the changed ones are told.
    """

    version: int
    hashcode: str
    instances: tuple[Instance, ...]


def hashcode(instances: Iterable[Instance]) -> str:
    """Return the number of instances by status, such as `DOWN_1_UP_2_`; empty when there are none."""
    counts = Counter(instance.status.value for instance in instances)
    return "".join(f"{status}_{count}_" for status, count in sorted(counts.items()))
