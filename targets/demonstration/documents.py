"""In Minhang the invented draft of a plan that follows the one that ran out: most of it taken over, some of it
changed, a new target; it waits for the second person."""

from __future__ import annotations

from datetime import date, timedelta

from portal.models.policy import PolicyDocument
from targets.demonstration.calendar import at
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms
from targets.rules import plan_content
from targets.services import document_drafts as drafts
from targets.services import document_follows

#: Keys of targets that the invented plan does not take over, and values that it raises.
LEFT = ("play-observation-pilot", "healthy-family-community-tour", "plan-in-street-education-evaluation")
RAISED = {
    "integrated-kindergarten-share": 60,
    "household-guidance-sessions": 8,
    "district-offline-event-annual": 2,
}


def make(terms: Terms, crew: Crew) -> str:
    if crew.size.slug != "minhang":
        return "—"
    begin = date(terms.today.year + 1, 1, 1)
    end = date(begin.year + 2, 12, 31)
    facts = plan_content.empty()["document"] | {
        "title": f"闵行区托育服务行动计划（示例，{begin.year}—{end.year}年）",
        "issuers": ["上海市闵行区教育局"],
        "period": {
            "from": begin.isoformat(), "to": end.isoformat(), "stated": f"{begin.year}—{end.year}年",
            "derived": False,
        },
    }  # fmt: skip
    began = at(terms.today - timedelta(4), 14)
    draft = drafts.begin_new(
        facts, follows=PolicyDocument.objects.get(key="minhang"), actor=crew.bureau, now=began
    )
    base = drafts.base_of(draft)
    wanted = {
        "tasks": [one["id"] for one in base["tasks"]],
        "targets": [one["id"] for one in base["targets"] if one["key"] not in LEFT],
    }
    for part, rows in wanted.items():
        draft = document_follows.take_over(draft, part, rows, version=draft.version, actor=crew.bureau)
    content = dict(draft.content)
    content["targets"] = [renewed(one, end) for one in content["targets"]]
    content["targets"].append(
        renewed(content["targets"][0], end)
        | {
            "key": "inclusive-places-share", "text": "示例：普惠托位占比不低于70%", "value": 70, "unit": "%",
            "kind": "ratio", "scope": "district", "also": [], "tasks": [1], "follows": None, "conditions": "",
            "proof": "not_yet", "proof_reason": "还没有定怎样证明", "formula": "", "note": "",
        }
    )  # fmt: skip
    draft = drafts.replace(draft, content, version=draft.version, actor=crew.bureau)
    drafts.submit(
        draft,
        starts_on=begin,
        reason="",
        version=draft.version,
        actor=crew.bureau,
        now=at(terms.today - timedelta(1), 16),
    )
    return f"{content['document']['title']}等公布"


def renewed(target: dict, end: date) -> dict:
    """With the new period's last day, and the value that the invented plan raises."""
    found = dict(target)
    if found["period"] == "by-date":
        found["due"] = end.isoformat()
    if found["key"] in RAISED:
        found["value"] = RAISED[found["key"]]
    return found
