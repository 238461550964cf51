"""What the units reported on their tasks, quarter by quarter: most in time, some late, some not at all."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from portal.calendar import add_working_days
from portal.models.places import Unit
from targets.demonstration import story
from targets.demonstration.calendar import months
from targets.demonstration.crew import Crew
from targets.demonstration.stages import Terms
from targets.models.tasks import ReportingRound, Task, TaskUnit
from targets.rules.tasks import quarter_of
from targets.services import bulk, rounds, tasks

LEAD = (
    "已召集配合单位碰头，分工和时间表已定，按计划推进。",
    "本季度完成现场摸底，形成问题清单，已逐项交办。",
    "年度任务已过半，剩余部分列出了完成时间。",
    "已完成年度任务的主要部分，正在整理材料。",
)
SUPPORT = (
    "按牵头单位要求报送数据，派员参加联合检查。",
    "已把有关要求转到基层，收集反馈后报牵头单位。",
    "配合完成本季度的培训和宣传，材料已交牵头单位。",
    "本单位承担的部分已落实到人，按月跟进。",
)
RETURN = "只写了开会，没有写做到什么程度。补上数字再报"


def quarters(today: date) -> list[tuple[int, int]]:
    """The quarters of the story's months, the present one last."""
    history, last, present = months(today)
    return list(dict.fromkeys(quarter_of(month.first) for month in (*history, last, present)))


def make(terms: Terms, crew: Crew) -> str:
    """Opens the rounds and fills them in; sends two reports of the last closed one back."""
    opened = [rounds.open_round(*quarter, actor=crew.system) for quarter in quarters(terms.today)]
    owed = sorted(rounds.owing())
    all_tasks = Task.objects.in_bulk()
    units = Unit.objects.in_bulk()
    roles = {(one.task_id, one.unit_id): one.role for one in TaskUnit.objects.all()}
    behind = story.street_behind(crew.size.slug)
    over = [one for one in opened if one.due_on < terms.today]
    rows = []
    for place, one in enumerate(opened):
        for task_id, unit_id in owed:
            task, unit = all_tasks[task_id], units[unit_id]
            random = Random(f"{terms.seed}/{crew.size.slug}/{one.starts_on}/{task.number}/{unit.slug}")
            on = handed_in_on(one, random, silent=unit.street_id == behind.pk and one in over[-2:])
            if on is None or on >= terms.today:
                continue
            pace = Random(f"{terms.seed}/{crew.size.slug}/{task.number}/{unit.slug}").uniform(0.75, 1.1)
            percent = int(min(100, (place + 1) / max(4, len(opened)) * 100 * pace))
            words = LEAD if roles.get((task_id, unit_id)) == "lead" else SUPPORT
            rows.append(
                bulk.Handed(
                    one,
                    task,
                    unit,
                    percent - percent % 5,
                    words[min(place, 3)] if random.random() < 0.6 else random.choice(words),
                    on,
                    crew.by_unit.get(unit_id),
                )
            )
    made = bulk.submit_many(rows, actor=crew.system)
    newest = over[-1].pk if over else None
    open_ones = [report for report in made if report.round_id == newest]
    back = open_ones[3:40:19]
    fresh = set(open_ones[::9])
    present = {one.pk for one in opened if one not in over}
    bulk.accept_many(
        [r for r in made if r not in fresh and r not in back and r.round_id not in present],
        actor=crew.bureau,
    )
    for report in back:
        tasks.return_report(report, RETURN, version=report.version, actor=crew.bureau)
    return f"{len(opened)} 轮，{len(made)} 份"


def handed_in_on(one: ReportingRound, random: Random, *, silent: bool) -> date | None:
    """The day on which a unit hands in; None: it does not. `silent`: the street that is behind."""
    fate = random.random()
    if silent or fate < 0.04:
        return None
    if fate < 0.10:
        return add_working_days(one.due_on, random.randrange(1, 8))
    if fate < 0.22:  # well before the quarter is over
        return one.starts_on + timedelta(random.randrange(25, 60))
    return add_working_days(one.due_on, -random.randrange(0, 9))
