"""The form that is in use: its sections and fields. A new version adds fields with `since`, ends others with `until`.

What a section asks for is gathered from the plans' standards for a facility (premises, people, fire, hygiene, security,
food, fees) and from the records that the register keeps; nothing here decides, the reviewer and the departments do.
"""

from __future__ import annotations

from facilities.rules.filing_form import (
    CHANGE,
    NEW,
    RESUMPTION,
    REVOCATION,
    SURRENDER,
    SUSPENSION,
    Field,
    Form,
    Section,
)
from portal.rules.machine import marked

#: Class of the register -> (field of the number of classes, field of their places).
CLASSES = {
    "infant": ("infant_classes", "infant_places"),
    "toddler": ("toddler_classes", "toddler_places"),
    "senior": ("senior_classes", "senior_places"),
    "mixed": ("mixed_classes", "mixed_places"),
}

SUBJECT = Section(
    "subject",
    marked("机构与举办者"),
    (
        Field("name", marked("机构名称"), high=100, hint=marked("和营业执照或登记证书一致")),
        Field(
            "kind", marked("类型"), "choice",
            choices=(
                ("nursery", marked("托育机构")),
                ("inclusive_site", marked("普惠性托育点")),
                ("integrated_kindergarten", marked("托幼一体")),
                ("baby_house", marked("宝宝屋")),
            ),
        ),
        Field(
            "ownership", marked("性质"), "choice",
            choices=(
                ("public", marked("公办")), ("non_profit", marked("民办非营利")), ("for_profit", marked("营利性")),
            ),
        ),
        Field("operator", marked("举办者全称"), high=120),
        Field("credit_code", marked("统一社会信用代码"), "credit_code"),
        Field("licence_file", marked("营业执照或登记证书"), "file", hint=marked("PDF 或照片，10 MB 以内")),
        Field("head", marked("负责人"), high=40),
        Field("phone", marked("对外电话"), "phone", hint=marked("会公开，写座机或总机")),
    ),
)  # fmt: skip
PREMISES = Section(
    "premises",
    marked("场所与托位"),
    (
        Field("street", marked("街镇"), "street"),
        Field("address", marked("地址"), high=200),
        Field(
            "tenure", marked("使用方式"), "choice",
            choices=(("own", marked("自有")), ("leased", marked("租赁")), ("lent", marked("无偿使用"))),
        ),
        Field("lease_until", marked("租约到期"), "day", when=("tenure", "leased")),
        Field("tenure_file", marked("房产证、租约或使用证明"), "file"),
        Field("floor", marked("主要楼层"), "whole", low=1, high=30, hint=marked("地上第几层")),
        Field("usable_area", marked("使用面积"), "area", low=10, unit=marked("平方米")),
        Field("outdoor_area", marked("户外活动场地"), "area", required=False, unit=marked("平方米")),
        Field("plan_file", marked("平面图"), "file"),
        Field("places", marked("托位"), "whole", low=1, high=500, unit=marked("个")),
        Field("infant_classes", marked("乳儿班"), "whole", required=False, high=20, unit=marked("个班")),
        Field("infant_places", marked("乳儿班托位合计"), "whole", required=False, high=500, unit=marked("个")),
        Field("toddler_classes", marked("托小班"), "whole", required=False, high=20, unit=marked("个班")),
        Field("toddler_places", marked("托小班托位合计"), "whole", required=False, high=500, unit=marked("个")),
        Field("senior_classes", marked("托大班"), "whole", required=False, high=20, unit=marked("个班")),
        Field("senior_places", marked("托大班托位合计"), "whole", required=False, high=500, unit=marked("个")),
        Field("mixed_classes", marked("混龄班"), "whole", required=False, high=20, unit=marked("个班")),
        Field("mixed_places", marked("混龄班托位合计"), "whole", required=False, high=500, unit=marked("个")),
        Field("full_day", marked("全日制"), "yes"),
        Field("half_day", marked("半日制"), "yes"),
        Field("hourly", marked("计时制"), "yes"),
        Field("opens_at", marked("开门时间"), "time"),
        Field("closes_at", marked("关门时间"), "time"),
        Field("meals", marked("供餐"), "yes", hint=marked("供餐的要多填一节“食品”")),
    ),
)  # fmt: skip
PEOPLE = Section(
    "people",
    marked("人员"),
    (
        Field("staff_count", marked("从业人员"), "whole", low=1, high=300, unit=marked("人")),
        Field("carers_count", marked("保育人员"), "whole", low=1, high=300, unit=marked("人")),
        Field("health_worker", marked("配有保健人员"), "yes"),
        Field("certificates_file", marked("从业人员证书汇总"), "file", hint=marked("人员与证书的清单，不写身份证号")),
        Field(
            "all_checked", marked("全部人员的违法犯罪记录查询都已做、都没有记录"), "yes",
            hint=marked("入职前要查。逐人的结果在开办前登记到从业人员里"),
        ),
        Field("head_years", marked("负责人从事保育教育或卫生健康管理"), "whole", high=60, unit=marked("年")),
    ),
)  # fmt: skip
FIRE = Section(
    "fire",
    marked("消防"),
    (
        Field("fire_number", marked("消防验收或备案的文号"), high=60),
        Field("fire_on", marked("验收或备案日期"), "day"),
        Field("fire_file", marked("消防验收或备案文件"), "file"),
        Field("exits", marked("安全出口"), "whole", low=1, high=50, unit=marked("个")),
    ),
    signer="fire",
)
HYGIENE = Section(
    "hygiene",
    marked("卫生保健"),
    (
        Field("hygiene_number", marked("卫生评价报告编号"), high=60),
        Field("hygiene_on", marked("评价日期"), "day"),
        Field("hygiene_file", marked("卫生评价报告"), "file"),
        Field("isolation_room", marked("有保健观察室"), "yes"),
    ),
    signer="health",
)
SECURITY = Section(
    "security",
    marked("安全防范"),
    (
        Field("cameras", marked("摄像头"), "whole", low=1, high=2000, unit=marked("个")),
        Field("video_days", marked("录像保存"), "whole", low=1, high=730, unit=marked("天")),
        Field("alarm_buttons", marked("报警按钮"), "whole", low=0, high=200, unit=marked("个")),
        Field("emergency_file", marked("应急预案"), "file", hint=marked("公共卫生、消防、急症救治")),
    ),
    signer="police",
)
FOOD = Section(
    "food",
    marked("食品"),
    (
        Field(
            "food_by", marked("餐食来源"), "choice",
            choices=(("kitchen", marked("自己的厨房")), ("delivered", marked("集体配餐单位送餐"))),
        ),
        Field("food_licence", marked("食品经营许可证编号"), high=60, hint=marked("送餐的写配餐单位的")),
        Field("food_until", marked("许可证有效期至"), "day"),
        Field("food_file", marked("食品经营许可证"), "file"),
    ),
    signer="market",
    when=("meals", True),
)  # fmt: skip
AGREEMENT = Section(
    "agreement",
    marked("协议与收费"),
    (
        Field("agreement_file", marked("托育服务协议文本"), "file"),
        Field("fees", marked("收费项目和标准"), "long", hint=marked("一行一项，写金额和单位")),
        Field("fees_shown", marked("开办时在门口公示收费"), "yes"),
        Field("refunds", marked("退费办法"), "long"),
    ),
)

WANTED = Section(
    "wanted",
    marked("变更内容"),
    (
        Field("new_name", marked("新的机构名称"), required=False, high=100, hint=marked("不变的留空")),
        Field("new_head", marked("新的负责人"), required=False, high=40),
        Field("new_phone", marked("新的对外电话"), "phone", required=False),
        Field("new_places", marked("新的托位数"), "whole", required=False, low=1, high=500, unit=marked("个")),
        Field("moves", marked("搬到新的地址"), "yes"),
        Field("new_street", marked("新的街镇"), "street", when=("moves", True)),
        Field("new_address", marked("新的地址"), high=200, when=("moves", True)),
        Field("new_area", marked("新的使用面积"), "area", low=10, unit=marked("平方米"), when=("moves", True)),
        Field(
            "new_tenure", marked("使用方式"), "choice", when=("moves", True),
            choices=(("own", marked("自有")), ("leased", marked("租赁")), ("lent", marked("无偿使用"))),
        ),
        Field(
            "new_lease_until", marked("租约到期"), "day", when=(("moves", True), ("new_tenure", "leased"))
        ),
        Field("new_floor", marked("主要楼层"), "whole", low=1, high=30, when=("moves", True)),
        Field("new_plan_file", marked("新址的平面图"), "file", when=("moves", True)),
        Field("change_reason", marked("为什么要变更"), "long", high=200),
        Field("change_file", marked("证明材料"), "file"),
    ),
    kinds=(CHANGE,),
)  # fmt: skip
MOVE_FIRE = Section("fire", marked("消防"), FIRE.fields, (CHANGE,), "fire", ("moves", True))
MOVE_HYGIENE = Section("hygiene", marked("卫生保健"), HYGIENE.fields, (CHANGE,), "health", ("moves", True))
PAUSE = Section(
    "pause",
    marked("暂停"),
    (
        Field("from_on", marked("从哪天起暂停"), "day"),
        Field("until_on", marked("预计到哪天"), "day"),
        Field("pause_reason", marked("为什么暂停"), "long", high=200),
        Field("told_parents_on", marked("哪天告知家长"), "day"),
        Field("arrangement", marked("在托幼儿怎么安排"), "long"),
        Field("pause_file", marked("告知家长的文书"), "file"),
    ),
    kinds=(SUSPENSION,),
)
RETURN = Section(
    "return",
    marked("恢复"),
    (
        Field("resume_on", marked("从哪天起恢复"), "day"),
        Field("done", marked("暂停期间做了什么"), "long", high=500),
        Field("ready", marked("人员、消防、保险都还有效"), "yes"),
        Field("return_file", marked("证明材料"), "file", required=False),
    ),
    kinds=(RESUMPTION,),
)
ENDING = Section(
    "ending",
    marked("停办"),
    (
        Field("last_day", marked("最后一天"), "day"),
        Field("end_reason", marked("为什么停办"), "long", high=200),
        Field("told_parents_on", marked("哪天告知家长"), "day"),
        Field("notice_file", marked("告知家长的文书"), "file"),
    ),
    kinds=(SURRENDER,),
)
CHILDREN = Section(
    "children",
    marked("幼儿与费用"),
    (
        Field("children_left", marked("还在托的幼儿"), "whole", low=0, high=600, unit=marked("人")),
        Field(
            "children_plan", marked("逐个怎么安排"), "long", hint=marked("附近的空余托位看“幼儿去向”那一页")
        ),
        Field("refunds_done", marked("预收的费用怎么退"), "long"),
        Field("staff_plan", marked("从业人员怎么安排"), "long"),
    ),
    kinds=(SURRENDER,),
)
GROUNDS = Section(
    "grounds",
    marked("撤回的理由和依据"),
    (
        Field("grounds", marked("事实和理由"), "long"),
        Field("basis", marked("依据"), high=200, hint=marked("文号和条款")),
        Field("grounds_file", marked("证据材料"), "file"),
        Field("ends_on", marked("拟从哪天起撤回"), "day"),
    ),
    kinds=(REVOCATION,),
)

FORM = Form(
    version=1,
    all_sections=(
        SUBJECT, PREMISES, PEOPLE, FIRE, HYGIENE, SECURITY, FOOD, AGREEMENT,
        WANTED, MOVE_FIRE, MOVE_HYGIENE, PAUSE, RETURN, ENDING, CHILDREN, GROUNDS,
    ),
)  # fmt: skip

assert {NEW, CHANGE, SUSPENSION, RESUMPTION, SURRENDER, REVOCATION} == {
    kind for section in FORM.all_sections for kind in section.kinds
}
