"""Writes docs/states.md from the machines of all apps."""

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.statecharts import document


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        (settings.BASE_DIR / "docs" / "states.md").write_text(document())
        self.stdout.write("docs/states.md")
