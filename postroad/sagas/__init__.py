"""Sagas: a business transaction over several services, with compensations.

`steps`, `definition` and `execution` decide, and import no Django; `orchestrator` acts, in one transaction with the reply that
was received.  Names are stored, never class paths or positions.
"""
