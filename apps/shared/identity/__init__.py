"""Authentication of callers by tokens that every service verifies itself, and access to a consumer's own objects."""
