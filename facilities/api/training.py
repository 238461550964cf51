"""REST: courses, sessions, trainers, and the hours of a year per street and facility against what is asked. Of a person
nothing but a trainer's family name is in it."""

from __future__ import annotations

import orjson
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities import training_hours
from facilities.api.sites import LARGEST, SIZE, page, refuse, wanted
from facilities.lists.facilities import yardstick
from facilities.models import Course, Facility, Trainer, TrainingRecord, TrainingSession, TrainingSignUp
from facilities.paging import decode
from facilities.rules.training import SESSION
from facilities.services.training import at_work
from portal.api import PROBLEMS, DistrictAPIView
from portal.errors import Denied
from portal.models import Street
from portal.rules.rights import Reach

FIRST_YEAR = 2000
KINDS, TRAINER_KINDS = TrainingRecord.Kind.values, Trainer.Kind.values


class TrainingSessionRow(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    course = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS, help_text="综合技能、职业道德")
    provider = serializers.CharField(help_text="培训单位")
    hours = serializers.FloatField(help_text="课时")
    mode = serializers.ChoiceField(choices=TrainingSession.Mode.values, help_text="现场、线上")
    place = serializers.CharField(help_text="地点或平台")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    sign_up_until = serializers.DateField(help_text="报名截止")
    capacity = serializers.IntegerField(min_value=1, help_text="招收人数")
    signed_up = serializers.IntegerField(min_value=0, help_text="报名人数")
    attended = serializers.IntegerField(min_value=0, help_text="到课人数")
    state = serializers.ChoiceField(choices=list(SESSION.states))


class TrainingSessionPage(serializers.Serializer):
    results = TrainingSessionRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class TrainingHoursRow(serializers.Serializer):
    code = serializers.CharField(help_text="街镇的九位代码；给了 street 时是机构编号")
    name = serializers.CharField()
    people = serializers.IntegerField(min_value=1, help_text="在岗人数")
    skills_met = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="综合技能课时已满的人数；本区没有规定课时的为 null"
    )
    ethics_met = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="职业道德课时已满的人数；本区没有规定课时的为 null"
    )
    skills_expected = serializers.IntegerField(
        min_value=0, allow_null=True, help_text="加上已报名、年内结课的场次，到年底会满的人数"
    )
    ethics_expected = serializers.IntegerField(min_value=0, allow_null=True)
    skills_hours = serializers.FloatField(help_text="综合技能课时合计")
    ethics_hours = serializers.FloatField(help_text="职业道德课时合计")


class TrainingHoursAnswer(serializers.Serializer):
    year = serializers.IntegerField()
    on = serializers.DateField(help_text="算到哪一天，也是谁在岗的日子")
    skills_asked = serializers.FloatField(
        allow_null=True, help_text="每人每年综合技能课时；本区没有规定时为 null"
    )
    ethics_asked = serializers.FloatField(allow_null=True, help_text="每人每年职业道德课时")
    results = TrainingHoursRow(many=True)


class CourseRow(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS, help_text="综合技能、职业道德")
    provider = serializers.CharField(help_text="培训单位")
    hours = serializers.FloatField(help_text="课时")
    summary = serializers.CharField(allow_blank=True, help_text="内容")
    active = serializers.BooleanField(help_text="还在用")
    sessions = serializers.IntegerField(min_value=0, help_text="办过或在办的场次")


class CoursePage(serializers.Serializer):
    results = CourseRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class TrainerRow(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField(help_text="只有姓")
    kind = serializers.ChoiceField(choices=TRAINER_KINDS, help_text="托育服务、科学育儿指导服务")
    organisation = serializers.CharField(help_text="单位")
    subject = serializers.CharField(help_text="擅长的内容")
    active = serializers.BooleanField(help_text="还在用")
    trainings = serializers.IntegerField(min_value=0, help_text="今年自己参加的培训")
    hours = serializers.FloatField(help_text="今年自己的课时")
    last_on = serializers.DateField(allow_null=True, help_text="最近一次参加培训；没有时为 null")


class TrainerPage(serializers.Serializer):
    results = TrainerRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


PAGING = [
    OpenApiParameter("limit", int, description=f"每页条数，1—{LARGEST}，默认 {SIZE}"),
    OpenApiParameter("cursor", str, description="上一页的 next"),
]


def paged(rows: QuerySet, params) -> tuple[QuerySet, int]:
    """The rows after the cursor in the order of their ids, and how many are wanted."""
    limit = wanted(params, {"limit", "cursor"})
    if "cursor" in params:
        rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
    return rows.order_by("pk"), limit


class TrainingView(DistrictAPIView):
    scope = "training:read"

    def demand(self, request) -> None:
        if Reach.ALL not in request.auth.reaches("training.view"):
            raise Denied(_("令牌不能读整个区的培训"))


class TrainingSessionList(TrainingView):
    """Sessions in the order in which they were planned; who came is not in it."""

    @extend_schema(
        operation_id="training_sessions_list",
        summary="培训场次",
        description="本区的培训场次，按 id 先后，带报名和到课人数。没有人名。",
        parameters=[
            *PAGING,
            OpenApiParameter("state", str, enum=list(SESSION.states), description="状态"),
        ],
        responses={(200, "application/json"): TrainingSessionPage, **PROBLEMS},
    )
    def get(self, request):
        self.demand(request)
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "state"})
        rows = TrainingSession.objects.select_related("course")
        if "state" in params:
            if params["state"] not in SESSION.states:
                refuse(
                    "state",
                    _("没有“%(value)s”。可以是 %(all)s")
                    % {"value": params["state"], "all": "、".join(SESSION.states)},
                )
            rows = rows.filter(state=params["state"])
        if "cursor" in params:
            rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
        found = list(rows.order_by("pk")[: limit + 1])
        ups = (
            TrainingSignUp.objects.filter(session__in=[row.pk for row in found]).order_by().values("session")
        )
        counted = {
            row["session"]: (row["signed"], row["came"])
            for row in ups.annotate(signed=Count("pk"), came=Count("pk", filter=Q(attendance="attended")))
        }
        results = [
            {
                "id": row.pk,
                "code": row.code,
                "course": row.course.title,
                "kind": row.course.kind,
                "provider": row.course.provider,
                "hours": float(row.course.hours),
                **{
                    f: getattr(row, f)
                    for f in ("mode", "place", "starts_on", "ends_on", "sign_up_until", "capacity")
                },
                **dict(zip(("signed_up", "attended"), counted.get(row.pk, (0, 0)), strict=True)),
                "state": row.state,
            }
            for row in found
        ]
        return page(results, limit, "id")


class CourseList(TrainingView):
    """The district's pool of courses in the order in which they were entered."""

    @extend_schema(
        operation_id="training_courses_list",
        summary="培训课程",
        description="本区的课程库，按 id 先后，带场次数。",
        parameters=PAGING,
        responses={(200, "application/json"): CoursePage, **PROBLEMS},
    )
    def get(self, request):
        self.demand(request)
        rows, limit = paged(Course.objects.all(), request.query_params)
        rows = rows.annotate(held=Count("sessions", filter=~Q(sessions__state="cancelled")))
        results = [
            {"id": row.pk}
            | {name: getattr(row, name) for name in ("code", "title", "kind", "provider")}
            | {"hours": float(row.hours), "summary": row.summary, "active": row.active, "sessions": row.held}
            for row in rows[: limit + 1]
        ]
        return page(results, limit, "id")


class TrainerList(TrainingView):
    """Those who train others, with what they took part in themselves this year."""

    @extend_schema(
        operation_id="training_trainers_list",
        summary="培训人员",
        description="本区的培训人员和他们今年自己参加的培训，按 id 先后。没有全名。",
        parameters=PAGING,
        responses={(200, "application/json"): TrainerPage, **PROBLEMS},
    )
    def get(self, request):
        self.demand(request)
        rows, limit = paged(Trainer.objects.all(), request.query_params)
        this_year = Q(trainings__done_on__year=timezone.localdate().year)
        rows = rows.annotate(
            count=Count("trainings", filter=this_year),
            sum=Sum("trainings__hours", filter=this_year),
            last_on=Max("trainings__done_on"),
        )
        results = [
            {"id": row.pk, "name": f"{row.name[:1]}*"}
            | {name: getattr(row, name) for name in ("kind", "organisation", "subject", "active")}
            | {"trainings": row.count, "hours": float(row.sum or 0), "last_on": row.last_on}
            for row in rows[: limit + 1]
        ]
        return page(results, limit, "id")


class TrainingHoursList(TrainingView):
    """A year's hours by street, or by facility of one street, with what is signed up for."""

    @extend_schema(
        operation_id="training_hours_list",
        summary="培训课时",
        description="一年的培训课时，按街镇；给了 street 就是那个街镇的各家机构。没有人名。",
        parameters=[
            OpenApiParameter("year", int, description="哪一年，默认今年；以前的年份算到年底"),
            OpenApiParameter("street", str, description="街镇的九位代码"),
        ],
        responses={(200, "application/json"): TrainingHoursAnswer, **PROBLEMS},
    )
    def get(self, request):
        self.demand(request)
        params, today = request.query_params, timezone.localdate()
        wanted(params, {"year", "street"})
        year = params.get("year", str(today.year))
        if not (
            year.isascii() and year.isdigit() and len(year) == 4 and FIRST_YEAR <= int(year) <= today.year
        ):
            refuse(
                "year", _("填 %(first)d 到 %(last)d 之间的年份") % {"first": FIRST_YEAR, "last": today.year}
            )
        on = today if int(year) == today.year else today.replace(year=int(year), month=12, day=31)
        work, by = at_work(request.actor, "training.view", on), "street"
        if "street" in params:
            street = Street.objects.filter(code=params["street"][:12]).first()
            if street is None:
                refuse("street", _("本区没有这个街镇"))
            work, by = work.filter(facility__street=street), "facility"
        measure = yardstick(on)
        groups = training_hours.groups(work, measure, year=int(year), on=on, by=by)
        model = Street if by == "street" else Facility
        codes = dict(model.objects.filter(pk__in=[group.key for group in groups]).values_list("pk", "code"))
        body = {
            "year": int(year),
            "on": on,
            "skills_asked": None if measure.skills is None else float(measure.skills),
            "ethics_asked": None if measure.ethics is None else float(measure.ethics),
            "results": [
                {
                    "code": codes[group.key],
                    "name": group.name,
                    "people": group.people,
                    "skills_met": group.skills if measure.skills is not None else None,
                    "ethics_met": group.ethics if measure.ethics is not None else None,
                    "skills_expected": group.skills_then if measure.skills is not None else None,
                    "ethics_expected": group.ethics_then if measure.ethics is not None else None,
                    "skills_hours": float(group.done_skills),
                    "ethics_hours": float(group.done_ethics),
                }
                for group in groups
            ],
        }
        return HttpResponse(orjson.dumps(body), content_type="application/json")
