"""`manage.py demonstration`: three invented districts to look at, a year of their work and the present month."""

from __future__ import annotations

import time
from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.errors import Refused
from portal.models.places import District
from targets.demonstration import sign_ins, whole
from targets.demonstration.sizes import SIZES
from targets.demonstration.stages import Terms


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--today：写成 2026-11-22 这样，得到“{text}”") from None


class Command(BaseCommand):
    help = "Fills in the demonstration; a run that was broken off goes on, a finished one changes nothing"

    def add_arguments(self, parser):
        parser.add_argument("--seed", default="2026", help="another text gives other districts")
        parser.add_argument(
            "--today", help="YYYY-MM-DD, the day up to which the story goes; today if left out"
        )
        parser.add_argument("--district", action="append", help="only this one (minhang, pudong, jinshan)")
        parser.add_argument("--scale", type=float, default=1.0, help="smaller ones for tests: 0.1")

    def handle(self, *args, **options):
        begun = time.monotonic()
        today = day(options["today"]) if options["today"] else timezone.localdate()
        wanted = options["district"] or list(SIZES)
        for slug in wanted:
            if slug not in SIZES:
                raise CommandError(f"--district：没有“{slug}”。可以是 {'、'.join(SIZES)}")
        if not 0 < options["scale"] <= 1:
            raise CommandError(f"--scale：填 0 到 1 之间的数，得到 {options['scale']}")
        districts = {district.slug: district for district in District.objects.filter(slug__in=wanted)}
        missing = [slug for slug in wanted if slug not in districts]
        if missing:
            raise CommandError(
                f"还没有载入参考数据（缺 {'、'.join(missing)}）。先运行 manage.py load_reference"
            )
        terms = Terms(options["seed"], today, options["scale"])
        made = [districts[slug] for slug in wanted]
        try:
            ran = whole.make(made, terms, self.tell)
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        if ran or not sign_ins.path().exists():
            sign_ins.keep(made)
        if ran:
            self.tell(f"演示数据已填好，用了 {time.monotonic() - begun:.0f} 秒")
        else:
            self.tell("演示数据已经有了，没有改动")

    def tell(self, line: str) -> None:
        self.stdout.write(f"  {line}")
        self.stdout.flush()
