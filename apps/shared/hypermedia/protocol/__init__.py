"""What version 2 adds to HTTP: media types, entity tags, problem documents, pages of lists, deprecation."""
