"""Test support: sagas as stories, a pump instead of processes, conformance suites."""
