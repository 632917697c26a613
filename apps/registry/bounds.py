"""Limits of a registry: number of instances, and size of each."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from postroad.calls.discovery.eureka import json
from postroad.calls.discovery.eureka.instance import Instance
from postroad.calls.discovery.eureka.writer import write_instance
from postroad.errors import InstanceTooLarge, RegistryFull


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The limits of one registry; together they limit its memory and the size of its answers.

    Attributes:
        instances: Maximum number of instances, and of remembered changes.
        app_instances: Maximum number of instances of one application.
        instance_bytes: Maximum size of an instance as JSON; most of it is metadata.
    """

    instances: int = 1500
    app_instances: int = 500
    instance_bytes: int = 8192

    def check_size(self, instance: Instance) -> None:
        """Refuse an instance that is too large.

        Raises:
            InstanceTooLarge: The text names the setting.
        """
        size = len(json.encode(write_instance(instance)))
        if size > self.instance_bytes:
            raise InstanceTooLarge(
                f"the instance is {size} bytes long as JSON; the limit is {self.instance_bytes} (REGISTRY_INSTANCE_BYTES)."
                " Register less metadata."
            )

    def check_room(self, app: str, known: Collection[tuple[str, str]]) -> None:
        """Refuse another instance if the registry is full.

        Raises:
            RegistryFull: The text names the setting.
        """
        if len(known) >= self.instances:
            raise RegistryFull(f"the registry has {len(known)} instances, as many as it takes (REGISTRY_INSTANCES).")
        of_app = Counter(name for name, _ in known)[app]
        if of_app >= self.app_instances:
            raise RegistryFull(f"{app} has {of_app} instances, as many as it may have (REGISTRY_APP_INSTANCES).")
