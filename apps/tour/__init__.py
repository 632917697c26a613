"""What a newcomer sees: the one-process run, the demo order and its journey, the start page.  Not a service."""
