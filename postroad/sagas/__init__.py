"""Sagas: a business transaction over several services, with compensations.

`steps`, `definition` and `execution` decide, and do not import Django.  `orchestrator` loads an instance, asks them, saves and
performs, in one transaction with the received reply.  `participants` is the side of the services that a saga commands.  The
database holds names of steps, not class paths or positions in the table.
"""
