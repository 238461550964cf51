"""The life of a facility: who may lead it from one state to the next."""

from facilities.rules import credit, people_states, training
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

#: Somebody who has no account yet and asks for one to file.
APPLICANT = Machine(
    name="applicant",
    label=marked("开户申请"),
    states={
        "applied": marked("待核对"),
        "confirmed": marked("已同意，待设密码"),
        "active": marked("已开户"),
        "refused": marked("没有同意"),
    },
    transitions=(
        Transition(
            "confirm", ("applied",), "confirmed", marked("核对无误，同意开户"), right="applicant.confirm"
        ),
        Transition("refuse", ("applied",), "refused", marked("不同意开户"), right="applicant.confirm"),
        Transition(
            "activate", ("confirmed",), "active", marked("设密码"), when=marked("凭取号单上的链接，一次有效")
        ),
    ),
)

#: A filing of any kind, from its first answer to the decision.
FILING = Machine(
    name="filing",
    label=marked("备案"),
    states={
        "draft": marked("填写中"),
        "sent": marked("待受理"),
        "returned": marked("待补正"),
        "received": marked("审核会签"),
        "hearing": marked("陈述申辩"),
        "proposed": marked("待签发"),
        "issued": marked("已办结"),
        "refused": marked("不予备案"),
        "withdrawn": marked("已撤回"),
    },
    transitions=(
        Transition("send", ("draft", "returned"), "sent", marked("送审"), right="filing.keep"),
        Transition(
            "withdraw",
            ("draft", "sent", "returned", "received"),
            "withdrawn",
            marked("撤回申请"),
            right="filing.keep",
        ),
        Transition("receive", ("sent",), "received", marked("受理"), right="filing.review"),
        Transition("return", ("sent", "received"), "returned", marked("退回补正"), right="filing.review"),
        Transition("notify", ("draft",), "hearing", marked("送达撤回告知"), right="filing.review"),
        Transition("drop", ("draft", "hearing"), "withdrawn", marked("不再撤回备案"), right="filing.review"),
        Transition(
            "propose",
            ("received", "hearing"),
            "proposed",
            marked("报单位负责人签发"),
            right="filing.review",
            second="filing.issue",
        ),
        Transition(
            "decline",
            ("proposed",),
            "received",
            marked("退回重审"),
            right="filing.issue",
            when=marked("撤回备案的回到陈述申辩"),
        ),
        Transition("rehear", ("proposed",), "hearing", marked("退回重新听取陈述"), right="filing.issue"),
        Transition("issue", ("proposed",), "issued", marked("签发"), right="filing.issue"),
        Transition("refuse", ("proposed",), "refused", marked("不予备案"), right="filing.issue"),
    ),
)

#: A department's word on its section of a filing.
SIGNATURE = Machine(
    name="signature",
    label=marked("会签"),
    states={
        "asked": marked("待会签"),
        "agreed": marked("同意"),
        "refused": marked("不同意"),
        "void": marked("不再需要"),
    },
    transitions=(
        Transition("agree", ("asked",), "agreed", marked("同意"), right="filing.sign"),
        Transition("refuse", ("asked",), "refused", marked("不同意"), right="filing.sign"),
        Transition(
            "ask", ("agreed", "refused", "void"), "asked", marked("重新会签"), when=marked("它那一节改过")
        ),
        Transition(
            "drop",
            ("asked", "agreed", "refused"),
            "void",
            marked("不再需要"),
            when=marked("它那一节不再要填"),
        ),
    ),
)

#: The notice of lawful operation (告知书) and the other papers of a filing.
NOTICE = Machine(
    name="notice",
    label=marked("告知书"),
    states={
        "valid": marked("有效"),
        "suspended": marked("暂停"),
        "replaced": marked("已换发"),
        "ended": marked("已注销"),
        "revoked": marked("已撤回"),
    },
    transitions=(
        Transition("suspend", ("valid",), "suspended", marked("暂停"), right="filing.issue"),
        Transition("resume", ("suspended",), "valid", marked("恢复"), right="filing.issue"),
        Transition("replace", ("valid", "suspended"), "replaced", marked("换发"), right="filing.issue"),
        Transition("end", ("valid", "suspended"), "ended", marked("注销"), right="filing.issue"),
        Transition("revoke", ("valid", "suspended"), "revoked", marked("撤回"), right="filing.issue"),
    ),
)

ENROLMENT = Machine(
    name="enrolment",
    label=marked("入托"),
    states={
        "applied": marked("办理中"),
        "admitted": marked("在托"),
        "ended": marked("已离开"),
        "dropped": marked("没有入托"),
    },
    transitions=(
        Transition(
            "admit",
            ("applied",),
            "admitted",
            marked("入托"),
            right="child.enrol",
            when="consents, health check, declaration and agreement are there, the age fits",
        ),
        Transition("end", ("admitted",), "ended", marked("办离开"), right="child.enrol"),
        Transition("drop", ("applied",), "dropped", marked("不办了"), right="child.enrol"),
    ),
)

ACCESS_REQUEST = Machine(
    name="access_request",
    label=marked("查看幼儿档案"),
    states={
        "asked": marked("等审批"),
        "approved": marked("已同意"),
        "refused": marked("不同意"),
        "expired": marked("已过期"),
    },
    transitions=(
        Transition(
            "approve", ("asked",), "approved", marked("同意"), right="child.request", second="child.approve"
        ),
        Transition(
            "refuse", ("asked",), "refused", marked("不同意"), right="child.request", second="child.approve"
        ),
        Transition("expire", ("asked", "approved"), "expired", marked("过期"), when="the time is over"),
    ),
)

MACHINES = (
    FACILITY,
    PROPOSAL,
    *people_states.MACHINES,
    POPULATION,
    APPLICANT,
    FILING,
    SIGNATURE,
    NOTICE,
    ENROLMENT,
    ACCESS_REQUEST,
    *training.MACHINES,
    *credit.MACHINES,
)
