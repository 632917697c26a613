"""How much a registry keeps: instances, and what one says of itself."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from postroad.calls.discovery.eureka import json
from postroad.calls.discovery.eureka.instance import Instance
from postroad.calls.discovery.eureka.writer import write_instance
from postroad.errors import InstanceTooLarge, RegistryFull


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The bounds of one registry; together they bound its memory and its answers.

    Attributes:
        instances: Most instances in all, and most changes that are remembered.
        app_instances: Most instances of one application.
        instance_bytes: Longest instance, as JSON; its metadata are most of it.
    """

    instances: int = 1500
    app_instances: int = 500
    instance_bytes: int = 8192

    def check_size(self, instance: Instance) -> None:
        """Refuse an instance that says too much.

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
        """Refuse one more instance where there are enough.

        Raises:
            RegistryFull: The text names the setting.
        """
        if len(known) >= self.instances:
            raise RegistryFull(f"the registry has {len(known)} instances, as many as it takes (REGISTRY_INSTANCES).")
        of_app = Counter(name for name, _ in known)[app]
        if of_app >= self.app_instances:
            raise RegistryFull(f"{app} has {of_app} instances, as many as it may have (REGISTRY_APP_INSTANCES).")
