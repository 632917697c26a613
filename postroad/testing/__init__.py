"""Test support for users of the library: sagas told as stories, pumping until quiet, conformance suites."""
