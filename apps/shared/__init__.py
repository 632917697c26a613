"""What several services use: values, fields, views and errors of their APIs."""
