"""A service for tests of the worker: it writes notes, and misbehaves as its commands say."""
