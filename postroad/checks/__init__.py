"""What `manage.py check` says about Postroad."""
