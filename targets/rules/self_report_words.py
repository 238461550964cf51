"""What the yearly self-report (年度自评公报) says in sentences: plain values in, Chinese paragraphs out. It is read by
everybody, so that it has figures and documents' words, never what somebody wrote freely."""

from __future__ import annotations

from portal.rules.official import chinese_numeral
from targets.rules.report_words import NOTHING, listed, n, named, share, since

#: verdict -> (the sentence's word, its order)
VERDICTS = (
    ("met", "已经达到"),
    ("on_pace", "快于进度"),
    ("behind", "有缺口或慢于进度"),
    ("missed", "没有达到"),
    ("unknown", "没有数据"),
)


def overview(content: dict) -> list[str]:
    t = content["totals"]
    first = (
        f"截至{content['as_of_words']}，全区在办托育机构{n(t['sites'])}家，托位{n(t['places'])}个，"
        f"分布在{n(t['streets_with_sites'])}个街镇。"
    )
    if content.get("records") == "none":
        return [first, NOTHING]
    second = (
        f"全年双随机抽取检查{n(t['drawn'])}家次，完成{n(t['made'])}家次，完成率{share(t['made'], t['drawn'])}；"
        if t["drawn"]
        else "全年没有双随机抽取的检查；"
    )
    second += f"发现问题{n(t['findings'])}个，发出整改通知{n(t['orders'])}件，其中已销号{n(t['closed'])}件。"
    return [first, second, *since(content)]


def targets(content: dict) -> list[str]:
    found = []
    for plan in content["plans"]:
        counts = plan["counts"]
        parts = [f"{word}{counts[key]}项" for key, word in VERDICTS if counts.get(key)]
        text = f"《{plan['title']}》列出的指标共{n(counts['all'])}项。"
        if parts:
            text += f"由登记的记录算出{n(counts['counted'])}项，其中{'，'.join(parts)}。"
        if counts["attested"]:
            text += f"由材料证明{n(counts['attested'])}项，其中材料有效并达到{n(counts['valid'])}项"
            text += f"，材料写明还没有达到{n(counts['short'])}项。" if counts["short"] else "。"
        if counts["not_yet"]:
            text += f"缺少记录、尚未计算{n(counts['not_yet'])}项，不作为达到统计。"
        if plan["over"]:
            text += "该计划期已满，尚无接续的计划，仍按原指标衡量。"
        found.append(f"{text}逐项见表{plan['table']}。")
    return found or ["全年没有在执行的计划。"]


def tasks(content: dict) -> list[str]:
    found = content["tasks"]
    if not found["all"]:
        return ["在执行的计划没有列出任务分工。"]
    text = f"计划列出的任务{n(found['all'])}项。按牵头单位{found['until']}前最后一次报送，"
    text += (
        f"已完成{n(found['done'])}项，进行中{n(found['running'])}项，没有报送进展{n(found['silent'])}项。"
        if found["until"]
        else ""
    )
    if not found["until"]:
        return [f"计划列出的任务{n(found['all'])}项，还没有报送过进展。"]
    more = []
    if found["gaps"]:
        more.append(f"文件没有写明牵头单位的任务{len(found['gaps'])}项，由联席会议明确。")
    return [text, *more]


def shortcomings(content: dict) -> list[str]:
    found = []
    for plan in content["plans"]:
        of = f"《{plan['title']}》" if len(content["plans"]) > 1 else ""
        for verdict, word in (("missed", "没有达到"), ("behind", "有缺口或慢于进度")):
            names = named([line for line in plan["lines"] if line["verdict"] == verdict])
            if names:
                found.append(f"{of}{word}的指标{len(names)}项：{listed(names)}。")
        due = named(
            [line for line in plan["lines"] if line["proof"] == "attested" and line["verdict"] == "unknown"]
        )
        if due:
            found.append(f"{of}还缺有效证明材料的指标{len(due)}项：{listed(due)}。")
        lacking = sum(line["proof"] == "not_yet" for line in plan["lines"])
        if lacking:
            found.append(
                f"{of}缺少记录、算不出的指标{lacking}项，缺哪一种记录在表{plan['table']}里逐项写明。"
            )
    late = content["totals"]["overdue"]
    if late:
        found.append(f"截至{content['as_of_words']}逾期没有销号的整改通知{n(late)}件。")
    return found or ["没有未达到的指标和逾期的整改通知。"]


def next_steps(content: dict) -> list[str]:
    items = []
    lines = [line for plan in content["plans"] for line in plan["lines"]]
    if any(line["verdict"] in ("missed", "behind") for line in lines):
        items.append("没有达到和慢于进度的指标，由牵头单位提出补齐的办法和时间，按季度报送进展。")
    if any(line["proof"] == "attested" and line["verdict"] == "unknown" for line in lines):
        items.append("由材料证明的指标，责任单位补交材料，由另一人确认。")
    if any(line["proof"] == "not_yet" for line in lines):
        items.append("缺少记录的指标，先把记录登记起来，下一年度起计算。")
    if content["tasks"]["silent"]:
        items.append("没有报送进展的任务，由牵头单位补报。")
    if not items:
        items.append("保持已达到的指标，按月检查，按季报送。")
    return [f"{number}.{text}" for number, text in enumerate(items, 1)]


SECTIONS = (
    ("overview", "基本情况", overview),
    ("targets", "指标完成情况", targets),
    ("tasks", "任务落实情况", tasks),
    ("shortcomings", "存在的不足", shortcomings),
    ("next", "改进措施", next_steps),
)


def sections(content: dict) -> list[dict]:
    """[{key, number, title, paragraphs}] in order."""
    return [
        {"key": key, "number": chinese_numeral(place), "title": title, "paragraphs": words(content)}
        for place, (key, title, words) in enumerate(SECTIONS, 1)
    ]
