"""Updates the English catalogues from code and templates; --check refuses what is missing."""

from django.core.management.base import BaseCommand, CommandError

from portal import catalogs


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument(
            "--check", action="store_true", help="change nothing, fail when something is missing"
        )
        parser.add_argument(
            "--bare", action="store_true", help="list Chinese texts that gettext does not see"
        )
        parser.add_argument("apps", nargs="*", choices=[*catalogs.APPS, []], default=[])

    def handle(self, *, check, bare, apps, **options):
        if bare:
            for line in catalogs.bare():
                self.stdout.write(line)
            return
        missing = []
        for app in apps or catalogs.APPS:
            if not check:
                catalogs.save(app, catalogs.update(app))
            missing += catalogs.problems(app)
        for line in missing:
            self.stdout.write(line)
        if missing and check:
            raise CommandError(f"{len(missing)} texts need work")
        self.stdout.write(f"{len(missing)} texts need work")
