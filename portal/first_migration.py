"""A first migration that lays its tables in their final shape.

Django lays it operation by operation and draws up all models that refer to each other anew after every one. Here
nearly all do, through the district: it took a minute, on every first start and before every run of the tests, of
which the database itself took three seconds. A first migration begins with nothing, so the final state is drawn up
once, and each table is made with all that later operations would add to it.
"""

from __future__ import annotations

from django.db import migrations

#: What these would add is in the final model already, and `CreateModel` lays it with the table.
IN_THE_MODEL = (
    migrations.AddField,
    migrations.AddIndex,
    migrations.AddConstraint,
    migrations.AlterUniqueTogether,
)


class FirstMigration(migrations.Migration):
    """The base of each app's 0001; the rest of its operations (triggers, SQL) run in their order."""

    initial = True

    def apply(self, project_state, schema_editor, collect_sql=False):
        project_state.__dict__.pop("apps", None)  # with drawn up models each operation would renew them
        state = self.mutate_state(project_state, preserve=False)
        for operation in self.operations:
            if not isinstance(operation, IN_THE_MODEL):
                operation.database_forwards(self.app_label, schema_editor, state, state)
        return state
