"""What `manage.py check` says about a project that uses Postroad."""
