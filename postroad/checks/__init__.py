"""System checks (`manage.py check`) of projects that use Postroad."""
