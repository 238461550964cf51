"""`manage.py load_reference`: the documents, streets, units, parameters, tasks, targets that ship with the product."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from portal.models.places import District
from portal.services import statistics
from portal.services.reference import BrokenReference, load_reference


class Command(BaseCommand):
    help = "Loads the reference data that changed since the last time; again and again without harm"

    def add_arguments(self, parser):
        parser.add_argument("--force", action="store_true", help="load everything, changed or not")

    def handle(self, *args, **options):
        try:
            tallies = load_reference(force=options["force"])
        except BrokenReference as broken:
            raise CommandError(_("%(what)s\n什么也没有写入。") % {"what": broken.message}) from None
        if not tallies:
            self.stdout.write(_("  参考数据没有变化"))
        names = dict(District.objects.values_list("slug", "name"))
        for slug, tally in tallies.items():
            counts = {"new": tally.created.total(), "changed": tally.changed.total()}
            who = names.get(slug) or _("区划")
            self.stdout.write(_("  %(who)s　新增 %(new)s 条，改动 %(changed)s 条") % ({"who": who} | counts))
            for note in tally.notes:
                self.stdout.write(f"    {note}")
        if any(tally.total for tally in tallies.values()):
            statistics.refresh()
