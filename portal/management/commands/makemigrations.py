"""makemigrations, with a new model's indexes and constraints inside its creation.

Django writes each of them as an operation of its own, and at each one every model that is related to it is built anew:
with all tables related through the district that was half of the time of a first migrate.
"""

from __future__ import annotations

from django.core.management.commands import makemigrations
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation


def folded(operations: list[Operation], app_label: str) -> list[Operation]:
    """The same tables in fewer steps. What comes after a field that the creation could not hold yet stays where it is."""
    later = {op.model_name_lower for op in operations if isinstance(op, AddField)}
    creations = {op.name_lower: op for op in operations if isinstance(op, CreateModel)}
    found: list[Operation] = []
    for operation in operations:
        if isinstance(operation, AddIndex | AddConstraint):
            name = operation.model_name_lower
            if name in creations and name not in later:
                (creations[name],) = creations[name].reduce(operation, app_label)
                continue
        found.append(operation)
    return [creations[op.name_lower] if isinstance(op, CreateModel) else op for op in found]


class Command(makemigrations.Command):
    def write_migration_files(self, changes, update_previous_migration_paths=None):
        for app_label, migrations in changes.items():
            for migration in migrations:
                migration.operations = folded(migration.operations, app_label)
        super().write_migration_files(changes, update_previous_migration_paths)
