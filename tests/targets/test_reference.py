"""Reference data of targets: tasks, duties, targets and the city's cycle stand as the documents have them."""

import shutil
from collections import Counter

import pytest
import yaml

from portal.models import PolicyDocument
from portal.services import policy_files
from portal.services.reference import BrokenReference, load_reference
from portal.tenancy import district_scope
from targets.metrics.registry import METRICS
from targets.models import (
    AssessmentItem,
    CycleQuota,
    CycleStage,
    RevocationCondition,
    Target,
    TargetTask,
    Task,
    TaskUnit,
)
from targets.services import reference

HOME = {"minhang": 310112, "jinshan": 310116, "pudong": 310115}
PLANS = ["minhang", "jinshan", "pudong", "shanghai-plan-2020", "shanghai-demonstration"]
PROOFS = yaml.safe_load(reference.PROOFS.read_text())


def shipped(name: str) -> dict:
    return yaml.safe_load((policy_files.FOLDER / f"{name}.yaml").read_text())


def scope(name: str):
    return district_scope(HOME.get(name, 310000))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "rows", "duties"), [("minhang", 23, 0), ("pudong", 30, 0), ("jinshan", 0, 18)]
)
def test_all_rows_of_the_task_table_are_there(name, rows, duties):
    with scope(name):
        assert Counter(Task.objects.values_list("origin", flat=True)) == Counter(
            {k: n for k, n in (("table", rows), ("duty", duties)) if n}
        )


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["minhang", "pudong"])
def test_tasks_stand_with_text_clause_and_units(name):
    plan = shipped(name)
    with scope(name):
        units = {}
        for link in TaskUnit.objects.select_related("task", "unit").order_by("position"):
            units.setdefault((link.task.number, link.role), []).append((link.unit.slug, link.name))
        rows = {t.number: t for t in Task.objects.select_related("clause")}
        for task in plan["tasks"]:
            row = rows[task["number"]]
            assert (row.category, row.project, row.text) == (task["category"], task["project"], task["text"])
            assert row.carried == task["carried"]
            assert row.clause.label.endswith(f"序号{task['number']}")
            assert row.key_project is None, "which ones were in bold was lost"
            for role, key in (("lead", "leads"), ("support", "supports")):
                assert units.get((task["number"], role), []) == [(u["unit"], u["name"]) for u in task[key]]


@pytest.mark.django_db
def test_gaps_of_the_documents_stay_gaps():
    with scope("minhang"):
        assert not TaskUnit.objects.filter(task__number=9, role="lead").exists()
        assert not TaskUnit.objects.filter(task__number=15).exists()
    with scope("pudong"):
        for number in (15, 25):
            assert not TaskUnit.objects.filter(task__number=number, role="support").exists()
            assert TaskUnit.objects.filter(task__number=number, role="lead").exists()


@pytest.mark.django_db
def test_duties_of_jinshan_are_rows_with_their_unit():
    plan = shipped("jinshan")
    with scope("jinshan"):
        rows = {t.number: t for t in Task.objects.select_related("clause")}
        leads = {u.task_id: u for u in TaskUnit.objects.filter(role="lead").select_related("unit")}
        for duty in plan["duties"]:
            row = rows[duty["number"]]
            assert (row.text, row.clause.label, row.in_section_five) == (
                duty["text"],
                duty["clause"],
                duty["in_section_five"],
            )
            assert (leads[row.pk].unit.slug, leads[row.pk].name) == (duty["unit"], duty["name"])
        with_unit = TaskUnit.objects.get(task=rows[13], role="support")
        assert with_unit.unit.slug == "jinshan-e-government"


@pytest.mark.django_db
@pytest.mark.parametrize("name", PLANS)
def test_targets_stand_as_the_file_has_them(name):
    plan = shipped(name)
    with scope(name):
        rows = {t.key: t for t in Target.objects.filter(document__key=name).select_related("clause")}
        assert rows.keys() == {t["key"] for t in plan["targets"]}
        for target in plan["targets"]:
            row = rows[target["key"]]
            for field in ("text", "kind", "comparator", "value", "period", "due", "scope", "formula"):
                assert getattr(row, field) == target[field], (row.key, field)
            assert row.clause.label == target["clause"]
            assert row.unit == (target["unit"] or "")
            assert row.conditions == (target["conditions"] or "")
            assert row.also == target.get("also", [])
            assert row.note == target.get("note", "")
            for extra in ("minutes", "session_hours", "cycle_years"):
                assert row.extra.get(extra) == target.get(extra)
            proof = PROOFS[name][row.key]
            assert (row.proof, row.metric, row.proof_reason) == (
                proof["proof"],
                proof.get("metric", ""),
                proof.get("reason", ""),
            )
        links = TargetTask.objects.filter(target__document__key=name).select_related("target", "task")
        assert {(link.target.key, link.task.number) for link in links} == {
            (t["key"], n) for t in plan["targets"] for n in t.get("tasks", [])
        }


@pytest.mark.parametrize("name", [*PLANS, "own"])
def test_each_target_says_how_it_is_proved(name):
    proofs = PROOFS[name]
    assert proofs.keys() == {t["key"] for t in shipped(name)["targets"]}
    unknown = [k for k, p in proofs.items() if p["proof"] == "counted" and p["metric"] not in METRICS]
    assert unknown == []
    assert [k for k, p in proofs.items() if p["proof"] != "counted" and not p["reason"]] == []


@pytest.mark.django_db
def test_the_products_own_targets_stand_in_each_district_apart_from_the_documents():
    for pk in HOME.values():
        with district_scope(pk):
            document = PolicyDocument.objects.get(key="own")
            assert document.number == "" and document.issuers == []
            assert Target.objects.filter(document=document, proof="counted").count() == 4


@pytest.mark.django_db
def test_the_cycle_of_the_city_is_whole():
    plan = shipped("shanghai-demonstration")
    with scope("shanghai-demonstration"):
        stages = list(CycleStage.objects.order_by("number"))
        assert [(s.name, s.due, s.text, s.actors, s.steps) for s in stages] == [
            (s["name"], s["due"], s["text"], s["actors"], s["steps"]) for s in plan["stages"]
        ]
        quotas = {q.key: q for q in CycleQuota.objects.all()}
        assert {k: (q.share_percent, q.min_count, q.max_count, q.text) for k, q in quotas.items()} == {
            q["key"]: (q["share_percent"], q.get("min_count"), q["max_count"], q["text"])
            for q in plan["quotas"]
        }
        assert list(RevocationCondition.objects.order_by("number").values_list("text", flat=True)) == [
            c["text"] for c in plan["revocation_conditions"]
        ]
        items = AssessmentItem.objects.order_by("area_number", "position")
        assert [(i.area_title, i.key, i.text) for i in items] == [
            (a["title"], i["key"], i["text"]) for a in plan["assessment_outline"] for i in a["items"]
        ]


@pytest.mark.django_db
def test_a_stale_link_goes_and_a_changed_target_is_mended():
    with scope("minhang"):
        task = Task.objects.get(number=15)
        other = TaskUnit.objects.filter(task__number=1).first()
        TaskUnit.objects.create(task=task, unit_id=other.unit_id, role="lead", name="不在文件里", position=1)
        target = Target.objects.get(key="skills-training-hours")
        Target.objects.filter(pk=target.pk).update(value=71, proof="not_yet", metric="")
    tallies = load_reference(force=True)
    assert tallies["minhang"].facts() == {"targets.TaskUnit": [0, 1], "targets.Target": [0, 1]}
    with scope("minhang"):
        assert not TaskUnit.objects.filter(task__number=15).exists()
        assert Target.objects.get(pk=target.pk).value == 72


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("double-random-monthly: {", "double-random-daily: {", "double-random-daily"),
        ("{proof: counted, metric: yearly_visit}", "{proof: counted}", "facility-onsite-inspection-annual"),
        ("{proof: counted, metric: skills_hours}", "{proof: maybe}", "skills-training-hours"),
        (
            "{proof: not_yet, reason: 儿童福利工作者还没有登记}",
            "{proof: not_yet}",
            "child-welfare-workers",
        ),
    ],
)
def test_a_broken_list_of_proofs_is_refused_by_name(tmp_path, old, new, named):
    text = reference.PROOFS.read_text()
    assert old in text
    file = tmp_path / "proofs.yaml"
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(BrokenReference, match=r"proofs\.yaml") as refusal:
        reference.read(proofs=file)
    assert named in refusal.value.message


def test_a_target_without_comparator_is_refused_with_its_file(tmp_path):
    folder = tmp_path / "reference"
    shutil.copytree(policy_files.FOLDER, folder)
    file = folder / "jinshan.yaml"
    file.write_text(file.read_text().replace("    comparator: <=\n", "", 1))
    with pytest.raises(BrokenReference) as refusal:
        reference.read(folder)
    assert refusal.value.message.startswith("jinshan.yaml  targets[")
    assert "comparator" in refusal.value.message
