"""Composition root and processes: what runs, started by whom.

The law: `bootstrap` is the only file that knows everything; nothing below imports this package.
"""
