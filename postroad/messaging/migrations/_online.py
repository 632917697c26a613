"""Indexes made and dropped while the table is in use: `CONCURRENTLY` on PostgreSQL, as ever on SQLite.

The migration must say `atomic = False`.  Each may be run again: what an attempt that was broken off has left is dropped
first.
"""

from django.db import migrations


def _is_ordinary(operation, app_label, schema_editor, state):
    """Whether Django's own way is right: another database, or a router that keeps the table elsewhere."""
    model = state.apps.get_model(app_label, operation.model_name)
    is_here = operation.allow_migrate_model(schema_editor.connection.alias, model)
    return schema_editor.connection.vendor != "postgresql" or not is_here


def _drop(schema_editor, name):
    schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(name)}")


class AddIndexOnline(migrations.AddIndex):
    """`AddIndex` that lets others write meanwhile."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if _is_ordinary(self, app_label, schema_editor, to_state):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        _drop(schema_editor, self.index.name)
        schema_editor.add_index(to_state.apps.get_model(app_label, self.model_name), self.index, concurrently=True)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if _is_ordinary(self, app_label, schema_editor, from_state):
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        _drop(schema_editor, self.index.name)


class RemoveIndexOnline(migrations.RemoveIndex):
    """`RemoveIndex` that lets others read and write meanwhile."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if _is_ordinary(self, app_label, schema_editor, from_state):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        _drop(schema_editor, self.name)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if _is_ordinary(self, app_label, schema_editor, to_state):
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        _drop(schema_editor, self.name)
        schema_editor.add_index(to_state.apps.get_model(app_label, self.model_name), index, concurrently=True)
