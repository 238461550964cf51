"""REST: public resources, places that must have a nursing room, courses. No family and no lecturer is in any answer."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from facilities.api.operators import PAGING
from facilities.api.sites import page, refuse, wanted
from facilities.paging import decode
from guidance.api.services import STREET, of_street
from guidance.models import GuidanceCourse, GuidanceResource, NursingPlace
from guidance.rules import courses, nursing
from guidance.rules import resources as rules
from guidance.rules.states import NURSING
from portal.api import PROBLEMS, DistrictAPIView

ROOMS = list(NURSING.states)


def one_of(rows, params, **known):
    """Each condition that was given; refused for a word that is none of the list."""
    for name, words in known.items():
        if name in params:
            if params[name] not in words:
                refuse(name, _("可以是 %(all)s") % {"all": "、".join(words)})
            rows = rows.filter(**{name: params[name]})
    return rows


def after(rows, params):
    if "cursor" in params:
        rows = rows.filter(pk__gt=decode(params["cursor"], (int,))[0])
    return rows.order_by("pk")


class GuidanceResourceRow(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    edition = serializers.IntegerField(help_text="版次")
    kind = serializers.ChoiceField(
        choices=list(rules.KINDS), help_text="文章、视频、折页、托班活动方案、资源包"
    )
    title = serializers.CharField()
    theme = serializers.ChoiceField(
        choices=list(rules.THEMES), help_text="教育、医学、心理、隔代养育、睡前阅读"
    )
    audience = serializers.ChoiceField(choices=list(rules.AUDIENCES), help_text="家庭、托育机构、两者")
    language = serializers.ChoiceField(choices=list(rules.LANGUAGES))
    weeks_from = serializers.IntegerField(help_text="出生后第几周起")
    weeks_until = serializers.IntegerField(help_text="到第几周")
    summary = serializers.CharField()
    link = serializers.CharField(allow_blank=True)
    source = serializers.CharField()
    rights = serializers.CharField(help_text="使用许可")
    own = serializers.BooleanField(help_text="本区研制")
    parts = serializers.ListField(child=serializers.CharField(), help_text="资源包里的编号，按先后")
    published_on = serializers.DateField()


class GuidanceResourcePage(serializers.Serializer):
    results = GuidanceResourceRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class ResourceList(DistrictAPIView):
    scope = "guidance:read"

    @extend_schema(
        operation_id="guidance_resources_list",
        summary="科学育儿资源",
        description="公开的资源和资源包，按 id 先后，每个是公开的那一版。",
        parameters=[
            *PAGING,
            OpenApiParameter("kind", str, enum=list(rules.KINDS), description="类型"),
            OpenApiParameter("theme", str, enum=list(rules.THEMES), description="主题"),
        ],
        responses={(200, "application/json"): GuidanceResourcePage, **PROBLEMS},
    )
    def get(self, request):
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "kind", "theme"})
        rows = GuidanceResource.objects.allowed(request.actor, "resource.view").filter(state="published")
        rows = one_of(rows, params, kind=rules.KINDS, theme=rules.THEMES)
        names = tuple(GuidanceResourceRow().fields)
        return page(list(after(rows, params).values(*names)[: limit + 1]), limit, "id")


class NursingPlaceRow(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    kind = serializers.ChoiceField(choices=list(nursing.KINDS), help_text="公共场所、用人单位")
    name = serializers.CharField()
    street = serializers.CharField(help_text="街镇的九位代码")
    address = serializers.CharField()
    basis = serializers.CharField(help_text="按哪个文件哪一条应当配置")
    area = serializers.IntegerField(allow_null=True, help_text="建筑面积，平方米")
    visitors = serializers.IntegerField(allow_null=True, help_text="日人流量")
    listed_on = serializers.DateField(help_text="列入名单")
    state = serializers.ChoiceField(choices=ROOMS, help_text="还没有、计划建、已启用")
    planned_for = serializers.DateField(allow_null=True)
    opened_on = serializers.DateField(allow_null=True)
    equipment = serializers.CharField(allow_blank=True)
    checked_on = serializers.DateField(allow_null=True)
    ended_on = serializers.DateField(allow_null=True, help_text="移出名单；在名单上时为 null")


class NursingPlacePage(serializers.Serializer):
    results = NursingPlaceRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class NursingList(DistrictAPIView):
    scope = "guidance:read"

    @extend_schema(
        operation_id="nursing_places_list",
        summary="母婴设施",
        description="应配置母婴设施的公共场所和用人单位，移出名单的也在，按 id 先后。",
        parameters=[
            *PAGING,
            STREET,
            OpenApiParameter("kind", str, enum=list(nursing.KINDS), description="类别"),
            OpenApiParameter("state", str, enum=ROOMS, description="母婴设施"),
        ],
        responses={(200, "application/json"): NursingPlacePage, **PROBLEMS},
    )
    def get(self, request):
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "street", "kind", "state"})
        rows = of_street(NursingPlace.objects.allowed(request.actor, "nursing_place.view"), params)
        rows = one_of(rows, params, kind=nursing.KINDS, state=NURSING.states)
        names = [name for name in NursingPlaceRow().fields if name != "street"]
        found = after(rows, params).values(*names, "street__code")[: limit + 1]
        return page(
            [{name: row[name] for name in names} | {"street": row["street__code"]} for row in found],
            limit,
            "id",
        )


class GuidanceCourseRow(serializers.Serializer):
    id = serializers.IntegerField()
    code = serializers.CharField()
    title = serializers.CharField()
    theme = serializers.ChoiceField(choices=list(courses.THEMES))
    audience = serializers.ChoiceField(
        choices=list(courses.AUDIENCES), help_text="培训人员、从业和指导人员、父母、祖辈"
    )
    hours = serializers.FloatField(help_text="课时")
    own = serializers.BooleanField(help_text="本区研制")
    summary = serializers.CharField(allow_blank=True)
    listed_on = serializers.DateField(help_text="入库日期")
    active = serializers.BooleanField(help_text="在用")


class GuidanceCoursePage(serializers.Serializer):
    results = GuidanceCourseRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="下一页的 cursor；没有下一页时为 null")


class CourseList(DistrictAPIView):
    scope = "guidance:read"

    @extend_schema(
        operation_id="guidance_courses_list",
        summary="科学育儿课程",
        description="课程库里的课程，停用的也在，按 id 先后。从业人员计学时的课程在“培训”里。",
        parameters=[
            *PAGING,
            OpenApiParameter("theme", str, enum=list(courses.THEMES), description="主题"),
            OpenApiParameter("audience", str, enum=list(courses.AUDIENCES), description="给谁上"),
        ],
        responses={(200, "application/json"): GuidanceCoursePage, **PROBLEMS},
    )
    def get(self, request):
        params = request.query_params
        limit = wanted(params, {"limit", "cursor", "theme", "audience"})
        rows = GuidanceCourse.objects.allowed(request.actor, "guidance_course.view")
        rows = one_of(rows, params, theme=courses.THEMES, audience=courses.AUDIENCES)
        found = after(rows, params).values(*GuidanceCourseRow().fields)[: limit + 1]
        return page([row | {"hours": float(row["hours"])} for row in found], limit, "id")
