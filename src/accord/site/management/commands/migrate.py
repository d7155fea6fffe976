"""`migrate`, which makes a new database at once: tables as the models are today instead of a hundred changes in turn.

A change of one table makes Django build the models of all rooms anew; one after the other, that is most of the time
that a new installation waits. A database that has any table goes the usual way.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import connections, router
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from accord.exposure.services import tables


class Command(migrate.Command):
    """Django's own command, but for a database without tables."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--one-by-one", action="store_true", help="Apply every migration, in a new database too.")

    def handle(self, *arguments: Any, **options: Any) -> None:
        """Make the tables where there is none, then go on as Django does."""
        plain = not (options["app_label"] or options["plan"] or options["check_unapplied"] or options["prune"])
        if plain and not options["one_by_one"] and not connections[options["database"]].introspection.table_names():
            make(options["database"])
        super().handle(*arguments, **options)


def make(alias: str) -> None:
    """All tables of a database that has none, and all migrations noted as applied; whole or not at all."""
    connection = connections[alias]
    recorder = MigrationRecorder(connection)
    with connection.schema_editor() as editor:
        editor.create_model(recorder.Migration)
        for room in apps.get_app_configs():
            for model in router.get_migratable_models(room, alias, include_auto_created=False):
                if model._meta.can_migrate(connection):
                    editor.create_model(model)
        tables.install(editor.execute)
        known = MigrationLoader(None).disk_migrations
        recorder.migration_qs.bulk_create(recorder.Migration(app=app, name=name) for app, name in known)
