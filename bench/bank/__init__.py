"""The service that is measured: accounts that are credited."""
