"""Sagas: a business transaction across services as a row of local ones, each undone if a later one is refused.

The law: `steps`, `definition` and `execution` decide and import no Django; `orchestrator` acts, in one
transaction with the reply that caused it.  Names are stored, never class paths or indexes.
"""
