"""Settings of sagas."""

from dataclasses import dataclass

from postroad.conf import Section, key


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaSettings(Section):
    """Each attribute is a key of POSTROAD in small letters."""

    saga_retention_hours: float = key(24.0 * 90, "age at which ended sagas are deleted, with their steps", minimum=1)
