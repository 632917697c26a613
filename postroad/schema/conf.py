"""Settings of migrations."""

from dataclasses import dataclass

from postroad.conf import Section, key


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaSettings(Section):
    """Each attribute is a key of POSTROAD in small letters."""

    migrate_lock_seconds: float = key(
        10.0,
        "how long a migration waits for the lock of a table, which later queries wait behind; 0: no limit",
        minimum=0,
    )
    migrate_statement_seconds: float = key(900.0, "longest statement of a migration; 0: no limit", minimum=0)
    migrate_wait_seconds: float = key(600.0, "longest wait for another process that migrates", minimum=0)
