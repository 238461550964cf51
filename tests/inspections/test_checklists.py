"""Checklists: what ships, that each item cites its place word by word, versions that stand once they were used."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from inspections.models import Checklist, ChecklistItem, InspectionChecklist, Matter
from inspections.rules.states import WEIGHTS
from inspections.services import checklists as services
from inspections.services import visits
from portal.errors import Conflict, Denied, NotFound, Refused
from portal.models import PolicyDocument
from portal.tenancy import district_scope
from tests.inspections import factories
from tests.queries import at_most

PLANS = Path(__file__).resolve().parents[2] / "portal" / "reference"


def test_every_quote_stands_word_by_word_in_the_districts_plan_under_its_clause():
    content = services.shipped()
    for slug, quotes in content["quotes"].items():
        plan = yaml.safe_load((PLANS / f"{slug}.yaml").read_text(encoding="utf-8"))
        assert plan["document"]["number"] == content["documents"][slug]
        said = {(row["clause"], row["text"]) for key in ("rules", "targets") for row in plan[key]}
        said |= {(a["clause"], a["text"]) for row in plan["targets"] for a in row.get("also", ())}
        for name, quote in quotes.items():
            places = [c for c, text in said if quote["quote"] in text.replace("<sup>2</sup>", "²")]
            assert quote["clause"] in places, (slug, name)


def test_every_shipped_item_has_a_weight_a_basis_and_a_key_of_its_own():
    content = services.shipped()
    names = {name for quotes in content["quotes"].values() for name in quotes}
    for one in content["checklists"]:
        for version in one["versions"]:
            keys = [item["key"] for item in version["items"]]
            assert len(keys) == len(set(keys)) and 12 <= len(keys) <= 24
            for item in version["items"]:
                assert (
                    item["weight"] in WEIGHTS and item["basis"] and item["hint"] and len(item["text"]) <= 40
                )
                assert item.get("cite") is None or item["cite"] in names
                assert set(item.get("kinds", ())) <= set(one["kinds"])


@pytest.mark.django_db
class TestLoading:
    def test_the_baby_house_list_cites_jinshans_plan_and_minhang_gets_the_law_to_be_checked(self, cast):
        with district_scope(cast.jinshan):
            factories.reference(cast.jinshan)
            items = ChecklistItem.objects.filter(version__checklist__key="baby-house")
            cited = [item for item in items.select_related("clause__document") if item.clause]
            assert len(cited) == items.count() == 24
            assert {item.clause.document.number for item in cited} == {"金教〔2023〕29号"}
            assert all(item.quote and not item.weak for item in cited)
        with district_scope(cast.minhang):
            factories.reference(cast.minhang)
            items = ChecklistItem.objects.filter(version__checklist__key="baby-house")
            assert items.count() == 24
            assert all(item.clause is None and item.weak and item.basis for item in items)
            plans = ChecklistItem.objects.get(version__checklist__key="safety", key="emergency-plans")
            assert plans.clause.label == "三（四）1" and plans.weight == "veto"

    def test_loading_again_changes_nothing(self, cast):
        with district_scope(cast.minhang):
            factories.reference(cast.minhang)
            before = list(ChecklistItem.objects.order_by("pk").values())
            services.load_checklists(cast.minhang)
            assert list(ChecklistItem.objects.order_by("pk").values()) == before

    def test_an_unused_version_follows_the_file_and_a_used_one_stands(self, cast):
        with district_scope(cast.minhang):
            factories.reference(cast.minhang)
            item = ChecklistItem.objects.get(version__checklist__key="safety", key="guards")
            ChecklistItem.objects.filter(pk=item.pk).update(text="改过的")
            services.load_checklists(cast.minhang)
            found = ChecklistItem.objects.get(version__checklist__key="safety", key="guards")
            assert found.text == "保安在岗，来访登记，幼儿活动时封闭管理"
            visit = factories.drawn(cast.facility, factories.team(cast))
            visits.start(visit, actor=cast.actor("inspector"), now=factories.at(factories.MARCH))
            ChecklistItem.objects.filter(pk=found.pk).update(text="用过的")
            services.load_checklists(cast.minhang)
            assert ChecklistItem.objects.get(pk=found.pk).text == "用过的"

    def test_a_clause_that_is_not_in_the_database_is_named(self, cast):
        with district_scope(cast.jinshan):
            PolicyDocument.objects.filter(number="金教〔2023〕29号").update(number="另一份")
            with pytest.raises(NotFound, match="金教〔2023〕29号 三、六4、四3"):
                services.load_checklists(cast.jinshan)


@pytest.mark.django_db
class TestVersions:
    def wordings(self, number: int = 2):
        matter = Matter.objects.first()
        return [
            services.Wording(f"k{n}", "一", f"第 {n} 项", "low", matter=matter, basis="法")
            for n in range(number)
        ]

    def test_the_next_version_ends_the_one_before_and_a_visit_keeps_the_one_it_started_with(self, cast):
        with district_scope(cast.minhang):
            factories.reference(cast.minhang)
            bureau = cast.actor("bureau")
            visit = factories.drawn(cast.facility, factories.team(cast))
            visits.start(visit, actor=cast.actor("inspector"), now=factories.at(date(2026, 3, 9)))
            safety = Checklist.objects.get(key="safety")
            services.publish_version(safety, items=self.wordings(), starts_on=date(2026, 3, 10), actor=bureau)
            first, second = safety.versions.order_by("number")
            assert (first.ends_on, second.number) == (date(2026, 3, 9), 2)
            used = InspectionChecklist.objects.filter(inspection=visit).values_list("version", flat=True)
            assert first.pk in used and second.pk not in used
            later = services.versions_for("nursery", date(2026, 3, 10))
            assert [v.number for v in later] == [2, 1]

    def test_refusals(self, cast):
        with district_scope(cast.minhang):
            factories.reference(cast.minhang)
            safety, bureau = Checklist.objects.get(key="safety"), cast.actor("bureau")
            with pytest.raises(Refused, match="至少要有一项"):
                services.publish_version(safety, items=[], starts_on=date(2027, 1, 1), actor=bureau)
            twice = [self.wordings(1)[0], replace(self.wordings(1)[0], text="又一次")]
            with pytest.raises(Refused, match="k0 出现两次"):
                services.publish_version(safety, items=twice, starts_on=date(2027, 1, 1), actor=bureau)
            with pytest.raises(Conflict, match="要晚于上一版的 2024-01-01"):
                services.publish_version(
                    safety, items=self.wordings(), starts_on=date(2024, 1, 1), actor=bureau
                )
            with pytest.raises(Denied):
                services.publish_version(
                    safety, items=self.wordings(), starts_on=date(2027, 1, 1), actor=cast.actor("inspector")
                )

    def test_what_does_not_apply_to_a_kind_is_left_out(self, cast):
        with district_scope(cast.minhang):
            factories.reference(cast.minhang)
            visit = factories.drawn(cast.facility, factories.team(cast))
            visits.start(visit, actor=cast.actor("inspector"), now=factories.at(factories.MARCH))
            keys = {item.key for item in services.items_of(visit)}
            assert "shared-grounds" not in keys and "guards" in keys and "kitchen" in keys
            cast.facility.kind = "integrated_kindergarten"
            visit.facility.kind = "integrated_kindergarten"
            assert "shared-grounds" in {item.key for item in services.items_of(visit)}


@pytest.mark.django_db
class TestPages:
    def test_the_pages_show_clause_and_quote_in_few_queries(self, cast, client):
        with district_scope(cast.minhang):
            factories.reference(cast.minhang)
        client.force_login(cast.inspector)
        client.get("/minhang/inspections/checklists/")
        with at_most(12):
            page = client.get("/minhang/inspections/checklists/").content.decode()
        assert "安全防控" in page and "第 1 版" in page
        with at_most(12):
            page = client.get("/minhang/inspections/checklists/safety/").content.decode()
        assert "闵教字〔2021〕93号 三（四）1" in page and "做好应急演练，确保婴幼儿健康安全" in page
        assert client.get("/minhang/inspections/checklists/nothing/").status_code == 404

    def test_an_operator_and_a_stranger_do_not_see_them(self, cast, client):
        with district_scope(cast.minhang):
            factories.reference(cast.minhang)
        client.force_login(cast.operator)
        assert client.get("/minhang/inspections/checklists/").status_code == 403
        assert client.get("/minhang/inspections/checklists/safety/").status_code == 404
        client.force_login(cast.stranger)
        assert client.get("/minhang/inspections/checklists/safety/").status_code == 404


@pytest.mark.django_db
def test_a_clause_of_the_plan_shows_the_items_and_the_scheme_that_rest_on_it(client, cast):
    client.force_login(cast.stranger)
    page = client.get("/jinshan/documents/jinshan/").content.decode()
    with district_scope(cast.jinshan):
        item = ChecklistItem.objects.filter(
            version__checklist__key="baby-house", clause__isnull=False
        ).first()
        href = f"/jinshan/inspections/checklists/{item.version.checklist.key}/"
        label = item.clause.label
    clause = page[page.index(f"<h2>{label}</h2>") :]
    clause = clause[: clause.index("</section>")]
    assert "检查项" in clause and item.text in clause and href in clause
    joint = page[page.index("<h2>六3</h2>") :]
    assert "每月街镇双随机" in joint[: joint.index("</section>")]
    with at_most(26):
        client.get("/jinshan/documents/jinshan/")


@pytest.mark.django_db
def test_who_may_not_see_the_draw_or_the_lists_is_not_shown_them_in_a_document(client, cast):
    client.force_login(cast.reviewer)
    page = client.get("/minhang/documents/minhang/").content.decode()
    assert "规则" in page
    assert "检查项" not in page and "检查方案" not in page
