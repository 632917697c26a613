"""Is this installation well?  One module for each kind of check."""
