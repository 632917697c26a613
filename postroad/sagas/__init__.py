"""Sagas: a business transaction over several services, with compensations.

`steps`, `definition` and `execution` decide, and import no Django; `orchestrator` loads, asks them, saves and performs, in one
transaction with the reply that was received; `participants` is the other side.  Names are stored, never class paths or positions.
"""
