"""Reference data of portal: what the files say stands in the database, again and again without harm."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from portal.models import (
    AuditEntry,
    CareMode,
    Clause,
    District,
    Parameter,
    PilotStreet,
    PolicyDocument,
    PolicyRule,
    Street,
    Unit,
    UnitMember,
)
from portal.rules.clauses import clause_order
from portal.services import policy_files
from portal.services.parameters import value
from portal.services.reference import LOADERS, BrokenReference, Loader, load_reference
from portal.tenancy import district_scope
from tests import papers

FOLDER = policy_files.FOLDER
SHARED = Path(__file__).resolve().parents[3] / "shared"
PLANS = ["minhang", "jinshan", "pudong", "shanghai-plan-2020", "shanghai-demonstration"]
HOME = {"minhang": 310112, "jinshan": 310116, "pudong": 310115}


def shipped(name: str) -> dict:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text())


@pytest.mark.parametrize("name", [*PLANS, "divisions"])
def test_shipped_files_are_the_plans(name):
    original = SHARED / "plans" / f"{name}.yaml"
    if not original.exists():
        pytest.skip("the papers are not beside the repository")
    assert (FOLDER / f"{name}.yaml").read_bytes() == original.read_bytes()


def texts(node):
    """Every quoted text of a plan: what stands under `text`, `definition`, `suggested_sites`."""
    if isinstance(node, dict):
        for key, child in node.items():
            if key in ("text", "definition", "suggested_sites") and isinstance(child, str):
                yield child
            else:
                yield from texts(child)
    elif isinstance(node, list):
        for child in node:
            yield from texts(child)


def bare(text: str) -> str:
    """Without blanks, breaks, mark-up, and with one kind of quotation mark: the papers differ in these only."""
    text = re.sub(r"</?(sup|sub|b|strong|p|br)[^>]*>", "", text)
    return re.sub(r"[\s\u3000\u00a0|]", "", text).translate(str.maketrans("‘’", "“”"))


@pytest.mark.parametrize("name", PLANS)
def test_each_quote_stands_in_its_paper(name):
    plan = shipped(name)
    written = bare((papers.FOLDER / plan["document"]["seed_file"]).read_text())
    quotes = list(texts(plan))
    assert len(quotes) > 15
    assert [q for q in quotes if bare(q) not in written] == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", PLANS)
def test_database_holds_what_the_file_says(name):
    plan = shipped(name)
    with district_scope(HOME.get(name, 310000)):
        document = PolicyDocument.objects.get(key=name)
        facts = plan["document"]
        assert document.title == facts["title"]
        assert document.number == (facts["number"] or "")
        assert (document.period_from, document.period_to) == (facts["period"]["from"], facts["period"]["to"])
        assert document.issuers == facts["issuers"]
        rules = {r.key: r for r in PolicyRule.objects.filter(document=document).select_related("clause")}
        assert {k: (r.text, r.clause.label, r.subject) for k, r in rules.items()} == {
            r["key"]: (r["text"], r["clause"], r["subject"]) for r in plan["rules"]
        }
        modes = CareMode.objects.filter(document=document)
        assert {(m.key, m.name, m.definition) for m in modes} == {
            (m["key"], m["name"], m["definition"]) for m in plan.get("modes", [])
        }
        pilots = PilotStreet.objects.filter(document=document).select_related("street", "unit")
        assert {(p.name, p.street.code, p.unit.slug) for p in pilots} == {
            (p["name"], p["code"], p["unit"]) for p in plan.get("pilot_streets", [])
        }
        units = {u.slug: u for u in Unit.objects.all()}
        for unit in plan["units"]:
            row = units[unit["slug"]]
            assert unit["name"] in (row.name, *row.aliases)
            assert set(unit["aliases"]) <= {row.name, *row.aliases}
            assert row.collective >= bool(unit.get("collective"))
        cited = {e["clause"] for k in ("targets", "rules") for e in plan[k]}
        assert cited <= set(Clause.objects.filter(document=document).values_list("label", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("district", "streets", "others", "counted"),
    [("minhang", 13, 1, 1), ("jinshan", 10, 1, 1), ("pudong", 36, 6, 0)],
)
def test_streets_stand_with_codes_and_tiles(district, streets, others, counted):
    divisions = {d["code"]: d["streets"] for d in shipped("divisions")["districts"]}
    with district_scope(HOME[district]):
        rows = list(Street.objects.all())
        assert sum(s.is_street for s in rows) == streets
        assert sum(not s.is_street for s in rows) == others
        assert sum(s.counted_in_plan for s in rows) == counted
        assert {(s.code, s.name, s.kind) for s in rows} == {
            (s["code"], s["name"], s["kind"]) for s in divisions[str(HOME[district])]
        }
        assert len({(s.tile_column, s.tile_row) for s in rows}) == len(rows)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("district", "slug", "count"),
    [
        ("minhang", "minhang-towns", 9),
        ("minhang", "minhang-subdistricts", 4),
        ("minhang", "minhang-streets", 14),
        ("pudong", "pudong-streets", 36),
        ("jinshan", "jinshan-streets", 11),
    ],
)
def test_collective_units_have_one_member_per_street(district, slug, count):
    with district_scope(HOME[district]):
        members = Unit.objects.filter(memberships_as_member__collective__slug=slug)
        assert members.count() == count
        assert len({m.street_id for m in members}) == count
        assert None not in {m.street_id for m in members}


@pytest.mark.django_db
def test_members_that_no_document_lists_are_said_to_be_unknown():
    with district_scope(HOME["pudong"]):
        unit = Unit.objects.get(slug="pudong-joint-conference-members")
        assert unit.collective and not unit.members_known
        assert not UnitMember.objects.filter(collective=unit).exists()


@pytest.mark.django_db
def test_pilot_units_of_jinshan_are_the_streets_own_units():
    with district_scope(HOME["jinshan"]):
        assert Unit.objects.get(slug="jinshan-luxiang-town").street.code == "310116105"
        assert Unit.objects.filter(street__code="310116105").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("district", "times"), [("minhang", 6), ("pudong", 6), ("jinshan", 10)])
def test_the_same_number_differs_by_district(district, times):
    with district_scope(HOME[district]):
        assert value("guidance.sessions_per_year", date(2026, 11, 1)) == times


@pytest.mark.django_db
def test_each_parameter_has_clause_or_basis():
    for pk in (*HOME.values(), 310000):
        with district_scope(pk):
            rows = Parameter.objects.all()
            assert rows
            assert [p.key for p in rows if not p.clause_id and not p.basis] == []


@pytest.mark.django_db
def test_loading_again_changes_nothing():
    with district_scope(HOME["minhang"]):
        ids = list(Unit.objects.order_by("pk").values_list("pk", "slug"))
        entries = AuditEntry.objects.count()
    assert load_reference() == {}
    assert {slug: tally.total for slug, tally in load_reference(force=True).items()} == dict.fromkeys(
        District.objects.values_list("slug", flat=True), 0
    )
    with district_scope(HOME["minhang"]):
        assert list(Unit.objects.order_by("pk").values_list("pk", "slug")) == ids
        assert AuditEntry.objects.count() == entries


@pytest.mark.django_db
def test_a_changed_text_is_mended_and_rows_of_the_district_stay():
    with district_scope(HOME["minhang"]):
        rule = PolicyRule.objects.get(key="lifetime-ban")
        PolicyRule.objects.filter(pk=rule.pk).update(text="别的话")
        Unit.objects.create(slug="own-unit", name="自建单位", kind="other")
    tallies = load_reference(force=True)
    assert tallies["minhang"].facts() == {"portal.PolicyRule": [0, 1]}
    assert tallies["jinshan"].total == 0
    with district_scope(HOME["minhang"]):
        assert PolicyRule.objects.get(pk=rule.pk).text == rule.text
        assert Unit.objects.filter(slug="own-unit").exists()
        assert AuditEntry.objects.filter(action="portal.reference.load").latest("pk").changes == {
            "portal.PolicyRule": [0, 1]
        }


@pytest.mark.django_db
def test_a_districts_own_version_of_a_parameter_outlives_loading():
    with district_scope(HOME["minhang"]):
        old = Parameter.objects.get(key="order.days_high")
        old.ends_on = date(2026, 11, 30)
        old.save()
        Parameter.objects.create(
            key=old.key, label=old.label, value=3, basis="区教育局决定", starts_on=date(2026, 12, 1)
        )
    load_reference(force=True)
    with district_scope(HOME["minhang"]):
        assert value("order.days_high", date(2026, 11, 30)) == 5
        assert value("order.days_high", date(2026, 12, 1)) == 3


def broken_copy(tmp_path, name: str, old: str, new: str) -> Path:
    folder = tmp_path / "reference"
    shutil.copytree(FOLDER, folder)
    file = folder / name
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return folder


BROKEN = [
    ("minhang.yaml", "unit: minhang-women-federation", "unit: minhang-nobody", "minhang-nobody"),
    ("pudong.yaml", "comparator: ==", "comparator: ''", "comparator"),
    ("jinshan.yaml", "clause: 四2\n    definition", "definition", "modes[0] single"),
    ("jinshan.yaml", "code: '310116001'", "code: '310116999'", "310116999"),
    ("minhang.yaml", "due: 2023-12-31", "due: null", "due"),
    ("parameters.yaml", "clause: 二5", "clause: 九9", "九9"),
    ("parameters.yaml", "basis: 产品默认值", "weak: true", "order.days_veto"),
    ("tiles.yaml", "code: '310112001'", "code: '310112999'", "310112001"),
    ("pudong.yaml", "document:", "document: [", "pudong.yaml"),
    ("clauses.yaml", "label: 二（二）3\n", "label: 二（二）33\n", "minhang 二（二）3"),
    ("clauses.yaml", "label: 二（二）3\n", "label: 二（二）2\n", "label"),
    ("clauses.yaml", "text: 二、发展目标\n", "text: ''\n", "text"),
]


@pytest.mark.parametrize(("file", "old", "new", "named"), BROKEN)
def test_a_broken_file_is_refused_by_name(tmp_path, file, old, new, named):
    folder = broken_copy(tmp_path, file, old, new)
    with pytest.raises(BrokenReference) as refusal:
        policy_files.read(folder)
    assert file in refusal.value.message
    assert named in refusal.value.message


@pytest.mark.django_db
def test_nothing_is_half_loaded_when_a_later_loader_refuses(monkeypatch):
    with district_scope(HOME["minhang"]):
        PolicyRule.objects.filter(key="lifetime-ban").update(text="别的话")

    def load(district, content, tally):
        if district.slug == "shanghai":
            return
        raise BrokenReference("last.yaml", [("entry", "坏了")])

    monkeypatch.setitem(LOADERS, "last", Loader("last", 999, lambda: [], lambda: None, load))
    with pytest.raises(BrokenReference):
        load_reference(force=True)
    with district_scope(HOME["minhang"]):
        assert PolicyRule.objects.get(key="lifetime-ban").text == "别的话"


def test_clauses_stand_in_the_order_of_the_document():
    labels = [
        "附件·任务分工方案·序号10",
        "三（一）1",
        "二（二）2",
        "附件·任务分工方案·序号9",
        "二（二）1",
        "五",
        "五（一）",
        "四（一）",
    ]
    assert sorted(labels, key=clause_order) == [
        "二（二）1",
        "二（二）2",
        "三（一）1",
        "四（一）",
        "五",
        "五（一）",
        "附件·任务分工方案·序号9",
        "附件·任务分工方案·序号10",
    ]
