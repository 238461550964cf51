"""Django's migrate, run as the owner of the database, and after it the policies (portal/policies.py)."""

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connection, transaction
from django.utils.translation import gettext as _

from portal import policies, schema
from portal.settings import database


class Command(migrate.Command):
    def handle(self, *args, **options):
        application = dict(connection.settings_dict)
        self.as_owner()
        try:
            looking = options.get("check_unapplied") or options.get("plan")
            if not looking:
                with transaction.atomic():
                    policies.lift_force()
                with connection.cursor() as cursor:  # adding the column evaluates its default; no row gets it
                    cursor.execute("SET portal.district = '0'")
            super().handle(*args, **options)
            if not (looking or options.get("app_label") or options.get("fake")) and (
                wrong := schema.differences()
            ):
                raise CommandError(
                    _(
                        "这个数据库是用以前的代码建的，表和现在的不一样（例如 %(first)s，共 %(n)s 处）。"
                        "第一个正式版以前建表文件会重做，旧数据不能接着用："
                        "换一个空的 PORTAL_DATA（或一个新的数据库）再启动，"
                        "要留着旧数据就用原来那一版代码打开它。"
                    )
                    % {"first": wrong[0], "n": len(wrong)}
                )
            if not looking and "django_migrations" in connection.introspection.table_names():
                with transaction.atomic():
                    if policies.lay(force=True):
                        self.stdout.write("  Row-level security laid on every table of a district")
        finally:
            connection.close()
            connection.settings_dict.update(application)

    def as_owner(self) -> None:
        if settings.DATABASE_OWNER_URL:
            connection.close()
            owner = database(settings.DATABASE_OWNER_URL)
            name = connection.settings_dict["NAME"]  # a test's database keeps its name
            connection.settings_dict.update(owner, NAME=name)
