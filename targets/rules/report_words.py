"""What the report of a month, quarter or year says in sentences, from its figures: plain values in, Chinese paragraphs out.

`content` is what targets/services/report_content.py gathers. A sentence is left out where there is nothing
to say; a figure is never rounded up to a success.
"""

from __future__ import annotations

from portal.rules.official import chinese_numeral, plain_number
from targets.rules import figures

LISTED = 6
#: So long may a target's sentence be within another one.
NAME = 24
#: of a period without an inspection in the records, which is not an inspection without findings
NOTHING = "本区还没有检查和整改的记录，没有数字可报。"
#: what a sentence calls its period
THIS = {"month": "本月", "quarter": "本季度", "year": "全年"}  # content


def n(number) -> str:
    return plain_number(number or 0)


def listed(names: list[str], unit: str = "") -> str:
    """甲、乙、丙；longer lists end with 等, and with their number where a unit is given."""
    if len(names) <= LISTED:
        return "、".join(names)
    return f"{'、'.join(names[:LISTED])}等{f'{len(names)}{unit}' if unit else ''}"


def named(lines: list[dict]) -> list[str]:
    """Targets by their own words, longer ones by their figure's; where two would be called alike, with their clause."""
    called = [line["text"] if len(line["text"]) <= NAME else line["short"] for line in lines]
    return [
        f"{name}（{line['document']}{line['clause']}）"
        if called.count(name) > 1 and line.get("document")
        else name
        for name, line in zip(called, lines, strict=True)
    ]


def inner(words: str) -> str:
    """Words that stand within quotation marks: theirs become the inner ones."""
    return words.translate(str.maketrans("“”", "‘’"))


def tables(content: dict) -> dict[str, int]:
    """The numbers of the tables that are printed, in their order."""
    printed = {
        "streets": True,
        "months": content.get("months"),
        "findings": content["totals"].get("findings"),
        "targets": content.get("targets"),
        "tasks": content.get("tasks", {}).get("units"),
    }
    return {name: place for place, name in enumerate((name for name in printed if printed[name]), 1)}


def this(content: dict) -> str:
    """本月, 本季度, 全年."""
    return THIS[content["span"]]


def share(part, whole) -> str:
    """（完成率67.9%）, nothing without a whole."""
    return figures.percent(part / whole) if whole else ""


def overview(content: dict) -> list[str]:
    t = content["totals"]
    first = (
        f"截至{content['as_of_words']}，全区在办托育机构{n(t['sites'])}家，托位{n(t['places'])}个，"
        f"分布在{n(t['streets_with_sites'])}个街镇。"
    )
    if content.get("records") == "none":
        return [first, NOTHING]
    if t["drawn"]:
        done = f"已完成{n(t['made'])}家，完成率{share(t['made'], t['drawn'])}。"
        first += f"{this(content)}双随机抽取检查{n(t['drawn'])}家，{done}"
    else:
        first += f"{this(content)}没有双随机抽取的检查。"
    second = f"{this(content)}检查发现问题{n(t['findings'])}个，发出整改通知{n(t['orders'])}件，"
    second += f"其中已销号{n(t['closed'])}件；"
    second += f"逾期没有销号的整改通知{n(t['overdue'])}件（含以前发出的）。"
    return [first, second, *since(content)]


def since(content: dict) -> list[str]:
    """That the period began before there were inspections."""
    began = content.get("records")
    return [f"检查从{began}起才有记录，以前的没有记录，不计在内。"] if began else []


def visits(content: dict) -> list[str]:
    if content.get("records") == "none":
        return [NOTHING]
    streets = content["streets"]
    paragraphs = []
    behind = [s["name"] for s in streets if s["drawn"] > s["made"]]
    without = [s["name"] for s in streets if s["sites"] and not s["drawn"] and s["asked"]]
    basis = f"依照{content['draw_basis']}，" if content["draw_basis"] else ""
    with_visit = sum(1 for s in streets if s["made"])
    paragraphs.append(
        f"{basis}各街镇每月开展双随机检查。{this(content)}{n(with_visit)}个街镇有已结束的双随机检查，各街镇情况见表1。"
    )
    if behind:
        paragraphs.append(f"抽到而没有查完的街镇有{len(behind)}个：{listed(behind)}。")
    if without:
        paragraphs.append(f"有机构而{this(content)}没有抽到的街镇有{len(without)}个：{listed(without)}。")
    short = content["short_teams"]
    if short["count"]:
        places = listed([f"{s['name']}{n(s['count'])}家" for s in short["streets"]], "个街镇")
        left = (
            f"其中{n(short['left'])}家到{content['as_of_words']}仍缺人，不能开检。"
            if short["left"]
            else "均已补齐。"
        )
        paragraphs.append(f"可派的检查人员不够、检查组缺人的有{n(short['count'])}家（{places}），{left}")
    if content["totals"]["cancelled"]:
        paragraphs.append(f"因停办、暂停等原因销去检查{n(content['totals']['cancelled'])}家，附有记录。")
    if content["totals"]["unscheduled"]:
        paragraphs.append(
            f"另因投诉举报等开展有因检查{n(content['totals']['unscheduled'])}家，不计入双随机检查。"
        )
    return paragraphs


def rectification(content: dict) -> list[str]:
    if content.get("records") == "none":
        return [NOTHING]
    t = content["totals"]
    paragraphs = []
    if t["findings"]:
        parts = [f"{w['label']}{n(w['count'])}个" for w in content["findings"] if w["count"]]
        paragraphs.append(
            f"{this(content)}发现的{n(t['findings'])}个问题中，{'，'.join(parts)}，见表{tables(content)['findings']}。"
        )
    else:
        paragraphs.append(f"{this(content)}结束的检查没有发现问题。没有检查到的机构和项目，不作结论。")
    if content["frequent"]:
        # the items say what is asked for, not what is wrong
        words = "；".join(f"“{inner(item['text'])}”{n(item['count'])}处" for item in content["frequent"])
        paragraphs.append(f"不符合较多的检查项：{words}。")
    in_time = content["in_time"]
    if in_time["denominator"]:
        paragraphs.append(
            f"{this(content)}期限已到或提前销号的整改通知{n(in_time['denominator'])}件，按最初期限销号{n(in_time['numerator'])}件，"
            f"按期率{share(in_time['numerator'], in_time['denominator'])}。"
        )
    late = [f"{s['name']}{n(s['overdue'])}件" for s in content["streets"] if s["overdue"]]
    if late:
        paragraphs.append(f"逾期没有销号的{n(t['overdue'])}件，分布在{listed(late, '个街镇')}。")
    disciplined = content.get("disciplined", [])
    if disciplined:
        paragraphs.append(
            f"截至{content['as_of_words']}，列入失信联合惩戒名单的机构有{len(disciplined)}家：{listed(disciplined, '家')}。"
        )
    return paragraphs


def targets(content: dict) -> list[str]:
    counts = content["target_counts"]
    words = (
        ("met", "达到"),
        ("on_pace", "快于进度"),
        ("behind", "有缺口或慢于进度"),
        ("missed", "未达"),
        ("unknown", "没有数据"),
    )
    parts = [f"{word}{counts[key]}项" for key, word in words if counts.get(key)]
    paragraphs = (
        [
            f"由登记的记录算出的指标{counts['counted']}项，其中{'，'.join(parts)}，见表{tables(content)['targets']}。"
        ]
        if parts
        else []
    )
    rest = []
    if counts["attested"]:
        rest.append(f"由材料证明的{counts['attested']}项")
    if counts["not_yet"]:
        rest.append(f"缺少记录、尚未计算的{counts['not_yet']}项")
    if rest:
        paragraphs.append(f"另有{'，'.join(rest)}，均不作为达到统计。")
    if content["plans_over"]:
        paragraphs.append(
            f"{'、'.join(content['plans_over'])}的计划期已满，尚无接续的计划，以上仍按原指标衡量。"
        )
    return paragraphs


def tasks(content: dict) -> list[str]:
    found = content["tasks"]
    if not found["round"]:
        return [f"{this(content)}没有到报送日的任务进展。"]
    text = (
        f"{found['round']}任务进展应于{found['due_words']}前报送。应报{n(found['owed'])}份，已报{n(found['given'])}份，"
        f"其中按时{n(found['in_time'])}份。"
    )
    paragraphs = [text]
    if found["units"]:
        paragraphs.append(
            f"到{found['to_words']}还没有报送的单位有{len(found['units'])}个，见表{tables(content)['tasks']}。"
        )
    elif found["owed"]:
        paragraphs.append("各单位均已报送。")
    return paragraphs


def next_steps(content: dict) -> list[str]:
    """What follows from the figures, numbered; and what two or more units have to settle."""
    t, items = content["totals"], []
    behind = [s["name"] for s in content["streets"] if s["drawn"] > s["made"]]
    if behind:
        items.append(f"没有查完的街镇（{listed(behind, '个街镇')}）尽快完成{this(content)}抽到的检查。")
    if content["short_teams"]["left"]:
        items.append(f"检查组缺人的{n(content['short_teams']['left'])}家由派出单位补齐人员。")
    late = [s["name"] for s in content["streets"] if s["overdue"]]
    if late:
        items.append(
            f"{listed(late, '个街镇')}督促机构整改，逾期的{n(t['overdue'])}件逐件说明原因并安排复查。"
        )
    missed = named([x for x in content["targets"] if x["verdict"] == "missed"])
    if missed:
        items.append(f"未达的指标（{listed(missed, '项')}）由牵头单位提出补齐的办法和时间。")
    gaps = named([x for x in content["targets"] if x["verdict"] == "behind"])
    if gaps:
        items.append(f"有缺口或慢于进度的指标（{listed(gaps, '项')}）按月对照进度推进。")
    units = [u["name"] for u in content["tasks"]["units"]]
    if units:
        items.append(f"{listed(units, '个单位')}补报任务进展。")
    if content["tasks"]["gaps"]:
        numbers = "、".join(n(number) for number in content["tasks"]["gaps"])
        items.append(f"任务{numbers}文件没有写明牵头单位，需联席会议明确。")
    if not items:
        items.append("继续按月开展双随机检查，保持已达到的指标。")
    return [f"{number}.{text}" for number, text in enumerate(items, 1)]


SECTIONS = (
    ("overview", "总体情况", overview),
    ("visits", "双随机检查", visits),
    ("rectification", "问题与整改", rectification),
    ("targets", "指标完成情况", targets),
    ("tasks", "任务推进", tasks),
    ("next", "下一步工作和需协调事项", next_steps),
)


def sections(content: dict) -> list[dict]:
    """[{key, number, title, paragraphs}] in order."""
    return [
        {"key": key, "number": chinese_numeral(place), "title": title, "paragraphs": words(content)}
        for place, (key, title, words) in enumerate(SECTIONS, 1)
    ]
