"""What rows of lists have in common: addresses found once, pages by number, choices written quickly, kept words."""

from __future__ import annotations

import pytest
from django import forms
from django.http import QueryDict
from django.template import Context, Template
from django.test.html import parse_html
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, override

from inspections.models import Inspection
from inspections.rules.states import INSPECTION
from portal.models.records import AuditEntry
from portal.rules.rights import Role
from portal.services import people
from portal.templatetags.ui import status, tag, zh_date
from portal.templatetags.ui_fields import QuickSelect
from portal.tenancy import district_scope
from portal.views import people as people_views
from portal.views.rows import row_address, sliced


def test_a_rows_address_is_what_django_finds():
    assert row_address("inspection", "minhang")(7) == reverse("inspection", args=["minhang", 7])
    assert row_address("draw-team", "jinshan", 3)(7) == reverse("draw-team", args=["jinshan", 3, 7])


@pytest.mark.parametrize(
    ("query", "rows", "start", "before", "after"),
    [
        ("", [0, 1, 2], 1, None, "2"),
        ("after=2", [3, 4, 5], 4, "1", "3"),
        ("before=2", [3, 4, 5], 4, "1", "3"),
        ("after=3", [6], 7, "2", None),
        ("after=9", [], None, "8", None),
        ("after=-1", [0, 1, 2], 1, None, "2"),
        ("after=二", [0, 1, 2], 1, None, "2"),
    ],
)
def test_pages_by_number(query, rows, start, before, after):
    page = sliced(list(range(7)), QueryDict(query), size=3)
    assert (page.rows, page.start, page.before, page.after, page.total) == (rows, start, before, after, 7)
    offset = 3 * ((start or 1) - 1) // 3
    given = list(range(7))[offset : offset + 3] if rows else []
    assert sliced(given, QueryDict(query), size=3, total=7) == page


class Choices(forms.Form):
    plain = forms.ChoiceField(choices=[("", "不限"), ("a&b", "<甲>"), (3, "三")], required=False)
    grouped = forms.ChoiceField(choices=[("组 & 一", [("1", "一"), ("2", "二")]), ("3", "三")])


@pytest.mark.parametrize("data", [None, {"plain": "a&b", "grouped": "2"}, {"plain": "3", "grouped": "9"}])
def test_a_quick_choice_is_the_choice_that_django_writes(data):
    form = Choices(data)
    for bound in form:
        attrs = {"class": "in", "aria-describedby": 'x"y', "readonly": True, "data-off": False}
        quick = bound.as_widget(QuickSelect.of(bound.field.widget), attrs=attrs)
        assert parse_html(quick) == parse_html(bound.as_widget(attrs=attrs))


def test_a_field_of_a_form_is_written_quickly():
    text = Template("{% field form.plain %}").render(Context({"form": Choices({"plain": "3"})}))
    assert '<option value="3" selected>三</option>' in text and "&lt;甲&gt;" in text


def test_kept_words_are_escaped_each_as_it_came():
    assert "<b>" in status("ok", mark_safe("<b>在办</b>")) and "<b>" not in status("ok", "<b>在办</b>")
    assert "<b>" not in tag("<b>高</b>", "hi") and "<b>" in tag(mark_safe("<b>高</b>"), "hi")


def test_kept_days_are_kept_per_language():
    day = timezone.localdate().replace(month=3, day=18)
    assert "3月18日" in zh_date(day)
    with override("en"):
        assert "3月18日" not in zh_date(day) and "18" in zh_date(day)
    assert "3月18日" in zh_date(day)


def test_a_choices_word_is_said_in_the_readers_language():
    visit = Inspection(state="due")
    assert visit.get_state_display() == INSPECTION.states["due"]
    with override("en"):
        assert visit.get_state_display() == gettext(INSPECTION.states["due"]) != INSPECTION.states["due"]
    assert visit.get_state_display() == INSPECTION.states["due"]
    assert Inspection(state="gone").get_state_display() == "gone"


@pytest.mark.django_db
def test_the_log_is_searched_a_part_at_a_time_and_nothing_is_passed_over(cast, client, monkeypatch):
    monkeypatch.setattr(people_views, "LOOKED_THROUGH", 3)
    with district_scope(cast.minhang):
        people.give_role(
            cast.clerk, Role.AUDITOR, actor=cast.actor("security_admin"), on=timezone.localdate()
        )
        for number in range(7):
            AuditEntry.objects.create(
                actor="示例", action="test.later", subject_type="", subject=f"示例{number}"
            )
        whole = AuditEntry.objects.count()
    client.force_login(cast.audit_admin)
    seen, query, steps = [], {"q": "portal.role.give"}, 0
    while query:
        answer = client.get("/minhang/audit/", query)
        seen += [entry.action for entry in answer.context["entries"]]
        url = answer.context["next_url"]
        query = QueryDict(url.removeprefix("?")).dict() if url else None
        steps += 1
        assert bool(url) == bool(answer.context["looked_to"])
        if steps == 1:
            assert "到这里还没有找到" in answer.content.decode() and url in answer.content.decode().replace(
                "&amp;", "&"
            )
    assert "portal.role.give" in seen and steps == -(-whole // 3)


@pytest.mark.django_db
def test_a_search_of_the_log_reads_so_many_entries(cast, client, monkeypatch):
    with district_scope(cast.minhang):
        for number in range(4):
            AuditEntry.objects.create(
                actor="示例", action="test.one", subject_type="", subject=f"示例{number}"
            )
        first = AuditEntry.objects.order_by("pk").values_list("pk", flat=True)[0]
    monkeypatch.setattr(people_views, "LOOKED_THROUGH", 2)
    with district_scope(cast.minhang):
        end = people_views.end_of_search(None)
        assert AuditEntry.objects.filter(pk__gt=end.pk).count() == 2
        assert people_views.end_of_search(first) is None
