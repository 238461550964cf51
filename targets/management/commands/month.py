"""`manage.py month --district minhang --month 2026-11`: the main job of a month on what is in the database."""

from __future__ import annotations

import re
import sys

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.access import Actor
from portal.errors import Refused
from portal.models import District, User
from portal.pdf import PdfLibraryMissing
from portal.templatetags.ui import month_word
from portal.tenancy import district_scope
from targets.services import month

PROCESS = "manage.py month"


class Command(BaseCommand):
    help = "Freezes, draws, rolls up and reports a month as far as the records go; again it changes nothing"

    def add_arguments(self, parser):
        parser.add_argument("--district", default="", help="the district's word in addresses: minhang")
        parser.add_argument("--month", default="", help="2026-11")
        parser.add_argument(
            "--entropy", default="", help="what the witness saw; - reads it after the freezing"
        )
        parser.add_argument(
            "--source", default="", help="witness, lottery, beacon, or chained (asked for by name)"
        )
        parser.add_argument("--scheme", default="", help="the scheme's key, where the plan has several")
        parser.add_argument("--second", default="", help="user name of who confirms the entry")

    def handle(self, *args, **options):
        try:
            self.run_month(options)
        except Refused as refused:
            raise CommandError(str(refused.message), returncode=2) from None
        except PdfLibraryMissing as lost:
            raise CommandError(str(lost), returncode=2) from None

    def run_month(self, options: dict) -> None:
        asked = self.asked(options)
        district, actor = asked.district, Actor.system(asked.district, PROCESS)
        with district_scope(district):
            month.check(asked)
            second = self.second(options["second"], district)
        self.head(
            _("%(name)s　%(y)s 年 %(m)s 月")
            % {"name": district.name, "y": asked.year, "m": month_word(asked.month)}
        )

        self.head(_("一、双随机"))
        with district_scope(district):
            found = month.see(asked, actor=actor)
        fresh = any(one.did and one.draw is not None and one.draw.state == "frozen" for one in found)
        if asked.source and asked.source != "chained":
            if asked.entropy == "-" and any(
                one.draw is not None and one.draw.state == "frozen" for one in found
            ):
                self.say(month.lines_of(found))
                self.say([_("名单已冻结，指纹已公开。现在掷骰，写入一行：")])
                asked.entropy, fresh = sys.stdin.readline().strip(), False
            with district_scope(district):
                self.say(month.enter(asked, fresh=fresh, actor=actor))
            with district_scope(district):
                self.say(month.confirm(asked, second=second))
        elif asked.source:
            with district_scope(district):
                self.say(month.chain(asked, fresh=fresh, actor=actor))
        elif second is not None:
            with district_scope(district):
                self.say(month.confirm(asked, second=second))
        with district_scope(district):
            self.say(month.lines_of(month.see(asked, actor=actor)))

        self.head(_("二、指标"))
        with district_scope(district):
            snapshot, lines = month.figures(asked, actor=actor)
        self.say(lines)
        if snapshot is None:
            return

        self.head(_("三、督查报告"))
        with district_scope(district):
            report, lines = month.report(asked, actor=actor)
        self.say(lines)
        with district_scope(district):
            path = month.print_now(report, actor=actor)

        self.head(_("小结"))
        self.say(month.summary(report))
        self.stdout.write(path)

    def asked(self, options: dict) -> month.Request:
        """The request, or what is wrong with it."""
        slug = options["district"]
        known = {d.slug: d for d in District.objects.filter(level=District.Level.DISTRICT)}
        if slug not in known:
            names = "、".join(sorted(known)) or _("还没有，先运行 load_reference")
            raise Refused(
                _("区：没有 %(slug)s，可以是 %(names)s") % {"slug": slug or _("（空）"), "names": names},
                field="district",
                code="district",
            )
        match = re.fullmatch(r"(\d{4})-(\d{1,2})", options["month"].strip())
        if match is None:
            raise Refused(
                _("月份：写成 2026-11，现在是 %(given)s") % {"given": options["month"] or _("（空）")},
                field="month",
                code="month",
            )
        return month.Request(
            known[slug],
            int(match[1]),
            int(match[2]),
            timezone.now(),
            source=options["source"].strip(),
            entropy=options["entropy"].strip(),
            scheme=options["scheme"].strip(),
        )

    def second(self, username: str, district: District) -> Actor | None:
        """Who confirms: somebody with the right to."""
        if not username:
            return None
        user = User.objects.filter(username=username, is_active=True).first()
        actor = Actor.of(user, district) if user else None
        if actor is None or not actor.roles or actor.visiting:
            raise Refused(
                _("第二人：%(name)s 在%(district)s没有账号") % {"name": username, "district": district.name},
                field="second",
                code="second",
            )
        actor.demand("draw.confirm")
        return actor

    def head(self, words: str) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(words))

    def say(self, lines: list[str]) -> None:
        for line in lines:
            self.stdout.write(f"  {line}")
