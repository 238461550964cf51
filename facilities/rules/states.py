"""The life of a facility: who may lead it from one state to the next."""

from facilities.rules import people_states
from portal.rules.machine import Machine, Transition, marked

FACILITY = Machine(
    name="facility",
    label=marked("机构"),
    states={
        "preparing": marked("筹建"),
        "filed": marked("已备案"),
        "operating": marked("在办"),
        "suspended": marked("暂停"),
        "closed": marked("停办"),
    },
    transitions=(
        Transition("file", ("preparing",), "filed", marked("备案"), right="facility.manage"),
        Transition("open", ("filed",), "operating", marked("开办"), right="facility.manage"),
        Transition("suspend", ("operating",), "suspended", marked("暂停"), right="facility.manage"),
        Transition("resume", ("suspended",), "operating", marked("恢复"), right="facility.manage"),
        Transition(
            "close",
            ("preparing", "filed", "operating", "suspended"),
            "closed",
            marked("停办"),
            right="facility.manage",
        ),
    ),
)

#: A change of what the district owns, wanted by an operator.
PROPOSAL = Machine(
    name="proposal",
    label=marked("变更申请"),
    states={
        "proposed": marked("待确认"),
        "confirmed": marked("已同意"),
        "refused": marked("没有同意"),
        "withdrawn": marked("已撤回"),
    },
    transitions=(
        Transition("confirm", ("proposed",), "confirmed", marked("同意变更"), right="facility.manage"),
        Transition("refuse", ("proposed",), "refused", marked("不同意变更"), right="facility.manage"),
        Transition("withdraw", ("proposed",), "withdrawn", marked("撤回申请"), right="facility.keep"),
    ),
)

MACHINES = (FACILITY, PROPOSAL, *people_states.MACHINES)
POPULATION = Machine(
    name="population",
    label=marked("人口数"),
    states={
        "proposed": marked("待核定"),
        "in_force": marked("有效"),
        "replaced": marked("已更正"),
        "refused": marked("未采用"),
    },
    transitions=(
        Transition("accept", ("proposed",), "in_force", marked("核定"), right="residents.decide"),
        Transition("refuse", ("proposed",), "refused", marked("不采用"), right="residents.decide"),
        Transition("replace", ("proposed", "in_force"), "replaced", marked("更正"), right="residents.enter"),
    ),
)

MACHINES = (FACILITY, PROPOSAL, POPULATION)
