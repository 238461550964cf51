"""`manage.py load_reference`: the documents, streets, units, parameters, tasks, targets that ship with the product."""

from django.core.management.base import BaseCommand, CommandError

from portal.services.reference import BrokenReference, load_reference


class Command(BaseCommand):
    help = "Loads the reference data that changed since the last time; again and again without harm"

    def add_arguments(self, parser):
        parser.add_argument("--force", action="store_true", help="load everything, changed or not")

    def handle(self, *args, **options):
        try:
            tallies = load_reference(force=options["force"])
        except BrokenReference as broken:
            raise CommandError(f"{broken.message}\nNothing was loaded.") from None
        if not tallies:
            self.stdout.write("  Reference data: nothing has changed")
        for slug, tally in tallies.items():
            self.stdout.write(
                f"  {slug or 'districts'}: {tally.created.total()} rows created, {tally.changed.total()} changed"
            )
            for note in tally.notes:
                self.stdout.write(f"    {note}")
