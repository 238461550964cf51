"""`manage.py import_list facilities file.xlsx --district minhang [--apply] [--without-wrong-rows]`: reads a file, says
what would happen, and writes it when told to. What the browser does, without it."""

from __future__ import annotations

from pathlib import Path

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Refused
from portal.models.imports import ImportRun
from portal.models.places import District
from portal.rules.headings import address, letter
from portal.services import imports
from portal.spreadsheets import LISTS
from portal.tenancy import district_scope, remember_author

SHOWN = 50


class Command(BaseCommand):
    help = "Reads a spreadsheet into a list: says what would change, and writes it with --apply"

    def add_arguments(self, parser):
        parser.add_argument("list", help="facilities, staff, …; an unknown one names all")
        parser.add_argument("file")
        parser.add_argument("--district", required=True, help="minhang, pudong, jinshan")
        parser.add_argument("--apply", action="store_true", help="write what the preview shows")
        parser.add_argument(
            "--without-wrong-rows", action="store_true", help="write although some rows are wrong"
        )

    def handle(self, *args, **options):
        district = District.objects.filter(slug=options["district"]).first()
        if district is None:
            slugs = "、".join(District.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(_("--district：没有“%(given)s”。可以是 %(all)s")
                % {"given": options["district"], "all": slugs})  # fmt: skip
        one = LISTS.incoming.get(options["list"])
        if one is None:
            raise CommandError(_("没有名单“%(given)s”。可以是 %(all)s")
                % {"given": options["list"], "all": "、".join(sorted(LISTS.incoming))})  # fmt: skip
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(_("没有文件 %(path)s") % {"path": path})
        actor = Actor.system(district, "manage.py import_list")
        try:
            with district_scope(district), path.open("rb") as file:
                run = imports.start(one, File(file, name=path.name), actor=actor, queued=False)
                run = imports.read(run, actor=actor, queued=False)
                self.say(run)
            if run.state == "ready" and options["apply"]:
                self.write(run, district, actor, options["without_wrong_rows"])
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused
        if run.state == "refused":
            raise CommandError(imports.reason_of(run))

    def write(self, run: ImportRun, district: District, actor: Actor, without_wrong: bool) -> None:
        counts = run.counts
        if not (counts["new"] or counts["changed"]):
            return
        with district_scope(district):
            remember_author(process=actor.process)
            run = imports.order(run, actor=actor, without_wrong=without_wrong, queued=False)
            run = imports.write(run, actor=actor)
        if run.state != "done":
            raise CommandError(imports.reason_of(run))
        written = run.counts["written"]
        self.stdout.write(_("已写入：新增 %(new)d，更新 %(changed)d") % {"new": written.get("new", 0),
            "changed": written.get("changed", 0)})  # fmt: skip

    def say(self, run: ImportRun) -> None:
        if run.state != "ready":
            return
        counts = run.counts
        self.stdout.write(
            _("%(rows)d 行：新增 %(new)d，更新 %(changed)d，没有变化 %(same)d，有错 %(wrong)d") % counts
        )
        if run.unknown:
            names = "、".join(f"{letter(index)} {text}" for index, text in run.unknown)
            self.stdout.write(_("不认识、没有读的列：%(names)s") % {"names": names})
        shown = 0
        for line in run.lines.all():
            for field, _kind, text, facts in line.remarks:
                if shown == SHOWN:
                    self.stdout.write("…")
                    return
                shown += 1
                at = address(line.number, run.columns[field]) if field in run.columns else line.number
                self.stdout.write(f"  {at}  {_(text) % facts}")
