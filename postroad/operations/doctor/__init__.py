"""Health checks of an installation.  One module for each kind of check."""
