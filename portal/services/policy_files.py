"""The shipped policy files (portal/reference/*.yaml): read and checked, before anything is written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.utils.translation import gettext as _

from portal.models.places import District
from portal.rules import plans
from portal.rules.clauses import clause_order
from portal.services.reference import BrokenReference, read_yaml

FOLDER = Path(__file__).resolve().parent.parent / "reference"
#: of a parameter, what holds in every district that has nothing of its own
COMMON = ("value", "basis", "weak", "starts_on")


@dataclass(frozen=True)
class Document:
    """One plan file with what documents.districts says about it; its key is the file's name. `words`: of the paper's
    clauses and rows, by label: text and note."""

    key: str
    district: int
    options: dict
    data: dict
    words: dict[str, dict] = field(default_factory=dict)

    @property
    def cited(self) -> list[str]:
        """The clauses on which something rests."""
        return plans.clauses(
            self.data, self.options.get("task_clause", ""), self.options.get("pilot_clause", "")
        )

    @property
    def clauses(self) -> list[str]:
        """All clauses of the paper, in its order."""
        return sorted({*self.cited, *self.words}, key=clause_order)


@dataclass(frozen=True)
class Content:
    districts: list[dict]
    divisions: dict[int, list[dict]]
    tiles: dict[str, dict]
    documents: list[Document]
    parameters: dict
    words: dict[str, dict]

    def of(self, district: District) -> list[Document]:
        """Its own documents; a district that was opened in the browser has those that are everybody's."""
        found = [d for d in self.documents if d.district == district.pk]
        if not found and not district.is_city:
            everybody = {d.key: d for d in self.documents if d.options.get("everybody")}
            found = [replace(d, district=district.pk) for d in everybody.values()]
        return found


def files(folder: Path = FOLDER) -> list[Path]:
    return sorted(folder.glob("*.yaml"))


def read(folder: Path = FOLDER) -> Content:
    """All files, checked; BrokenReference names the file, the entry and what is wrong."""
    setup = read_yaml(folder / "districts.yaml")
    divisions = {int(d["code"]): d["streets"] for d in read_yaml(folder / "divisions.yaml")["districts"]}
    codes = {street["code"] for streets in divisions.values() for street in streets}
    documents, words = [], read_words(folder)
    for options in setup["documents"]:
        name = options["file"]
        data = read_yaml(folder / name)
        faults = [(p.entry, _(p.sentence) % p.params) for p in plans.problems(data, codes)]
        if faults:
            raise BrokenReference(name, faults)
        key = name.removesuffix(".yaml")
        documents += [
            Document(key, int(code), options, data, words.get(key, {}))
            for code in options.get("districts") or [options["district"]]
        ]
        if data["document"]["seed_file"] and (lost := set(documents[-1].cited) - words.get(key, {}).keys()):
            raise BrokenReference(WORDS, [(f"{key} {label}", _("没有原文")) for label in sorted(lost)])
    tiles = {tile["code"]: tile for tile in read_yaml(folder / "tiles.yaml")["tiles"]}
    if missing := sorted(codes - tiles.keys()):
        raise BrokenReference("tiles.yaml", [(code, _("没有位置")) for code in missing])
    parameters = read_yaml(folder / "parameters.yaml")
    content = Content(setup["districts"], divisions, tiles, documents, parameters, setup["words"])
    check_parameters(content)
    return content


WORDS = "clauses.yaml"


def read_words(folder: Path) -> dict[str, dict[str, dict]]:
    """{document: {label: text, note}}."""
    found: dict[str, dict[str, dict]] = {}
    for key, entries in read_yaml(folder / WORDS).items():
        found[key] = {str(one.get("label")): one for one in entries}
        wrong = [one for one in entries if not one.get("label") or not one.get("text")]
        if wrong or len(found[key]) < len(entries):
            what = _("缺少 %(field)s。补上它") if wrong else _("%(field)s 重复")
            raise BrokenReference(WORDS, [(key, what % {"field": "label, text" if wrong else "label"})])
    return found


#: Numbers of the shipped districts' own papers, which bind no other district.
LOCAL = re.compile("[闵浦金][^〔]{0,3}〔")  # content
#: Why a district that was opened in the browser begins with a value.
ALIKE = "已开通各区的文件都这样写；本区的文件怎么写，请核对"  # content


def check_parameters(content: Content) -> None:
    known = {d["slug"]: int(d["code"]) for d in content.districts}
    labels = {
        pk: {label for document in content.documents if document.district == pk for label in document.clauses}
        for pk in known.values()
    }
    faults = []
    for entry in content.parameters["parameters"]:
        for slug, row in parameter_rows(entry, content).items():
            where = f"{entry.get('key')} {slug}"
            if slug not in known:
                faults.append((where, _("没有这个区")))
                continue
            if "value" not in row or not entry.get("key") or not entry.get("label"):
                faults.append((where, _("缺少 %(field)s。补上它") % {"field": "key, label, value"}))
            if row.get("clause") and row["clause"] not in labels[known[slug]]:
                faults.append((where, _("条款 %(given)s 不在本区文件里") % {"given": row["clause"]}))
            if not row.get("clause") and not row.get("basis"):
                faults.append((where, _("条款和依据都没有写")))
    if faults:
        raise BrokenReference("parameters.yaml", faults)


def parameter_row(entry: dict, content: Content, district: District) -> dict | None:
    """What a parameter is in one district. One that was opened in the browser begins with what holds everywhere, and, to
    be checked, with what the documents of all shipped districts that say it say alike."""
    if district.slug not in {d["slug"] for d in content.districts}:
        common = {k: entry[k] for k in COMMON if k in entry}
        if entry.get("districts") == "all":
            if LOCAL.search(common.get("basis", "")):
                return {**common, "basis": f"参照{common['basis']}", "weak": True}  # content
            return common
        if entry.get("districts") and "value" in entry:
            return {**common, "basis": ALIKE, "weak": True}
        return None
    return parameter_rows(entry, content).get(district.slug)


def parameter_rows(entry: dict, content: Content) -> dict[str, dict]:
    """{district's slug: value, clause, basis, weak, starts_on} of one parameter."""
    districts = entry.get("districts")
    if districts == "all":
        districts = {d["slug"]: {} for d in content.districts if d["level"] == "district"}
    if entry.get("city"):
        districts = {**districts, "shanghai": entry["city"]}
    common = {k: entry[k] for k in COMMON if k in entry}
    rows = {}
    for slug, own in (districts or {}).items():
        row = {**common, **own}
        if own.get("clause"):
            row.pop("basis", None)
        rows[slug] = row
    return rows
