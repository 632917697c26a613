"""The sagas that orders orchestrates: pure tables of steps."""
