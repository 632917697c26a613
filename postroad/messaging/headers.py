"""Names of the message headers on the wire."""

KIND = "kind"
VERSION = "version"
PARTITION_KEY = "partition-key"
AGGREGATE_TYPE = "aggregate-type"
AGGREGATE_ID = "aggregate-id"
SAGA_TYPE = "saga-type"
SAGA_ID = "saga-id"
SAGA_STEP = "saga-step"
SAGA_LOCK = "saga-lock"
OUTCOME = "outcome"
TRACE_PARENT = "traceparent"

ECHOED = (SAGA_TYPE, SAGA_ID, SAGA_STEP, TRACE_PARENT)
"""Headers of a command that its reply carries back."""

NAMES = frozenset(
    (
        KIND,
        VERSION,
        PARTITION_KEY,
        AGGREGATE_TYPE,
        AGGREGATE_ID,
        SAGA_TYPE,
        SAGA_ID,
        SAGA_STEP,
        SAGA_LOCK,
        OUTCOME,
        TRACE_PARENT,
    )
)
"""All headers of Postroad; any other header belongs to the sender."""

SUCCESS = "success"
FAILURE = "failure"
