"""The gRPC API of accounting: the servicer, which calls use-cases, and in `v1` what its contract makes; no rules."""
