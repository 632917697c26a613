"""All instances as one answer, and the hash code by which client and server compare their instances."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from postroad.calls.discovery.eureka.instance import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Applications:
    """A registry's answer with all instances, or with those that changed lately.

    Attributes:
        version: Grows with every change.
        hashcode: The hash code of all instances, also if the answer has only the changed ones.
    """

    version: int
    hashcode: str
    instances: tuple[Instance, ...]


def hashcode(instances: Iterable[Instance]) -> str:
    """Return the number of instances by status, such as `DOWN_1_UP_2_`; empty when there are none."""
    counts = Counter(instance.status.value for instance in instances)
    return "".join(f"{status}_{count}_" for status, count in sorted(counts.items()))
