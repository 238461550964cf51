"""/design/: every part of the interface in every state, from the tags and partials that the pages use.

The samples are in Chinese only: invented facilities and people, real streets of Minhang. Nothing here reads the
database.
"""

import datetime
from types import SimpleNamespace

from django import forms
from django.shortcuts import render
from django.views.decorators.http import require_GET

DAY = datetime.date(2026, 3, 18)
#: col, row, name, looked at, drawn, flag, its words
TILES = [
    (1, 1, "华漕镇", 3, 4, "", ""),
    (2, 1, "新虹街道", 1, 2, "", ""),
    (3, 1, "虹桥镇", 1, 4, "", ""),
    (2, 2, "七宝镇", 5, 5, "", ""),
    (3, 2, "古美街道", 2, 3, "", ""),
    (1, 3, "莘庄工业区", 2, 3, "warn", "组里缺一人"),
    (2, 3, "莘庄镇", 3, 4, "", ""),
    (3, 3, "梅陇镇", 4, 6, "", ""),
    (4, 3, "浦锦街道", 3, 3, "", ""),
    (1, 4, "马桥镇", 0, 2, "", ""),
    (2, 4, "颛桥镇", 3, 5, "", ""),
    (3, 4, "吴泾镇", 2, 3, "", ""),
    (4, 4, "浦江镇", 3, 6, "bad", "有整改逾期"),
    (2, 5, "江川路街道", 5, 6, "bad", "有整改逾期"),
]
RIVER = [(3.02, 2.05), (2.98, 2.9), (3.03, 3.7), (2.98, 4.95)]


class SampleForm(forms.Form):
    """A form of every kind of field; bound, two of them are wrong."""

    name = forms.CharField(label="机构名称", help_text="和备案材料上的一致")
    address = forms.CharField(label="地址")
    places = forms.IntegerField(
        label="托位", min_value=1, max_value=500, error_messages={"invalid": "填 1 到 500 之间的数"}
    )
    number = forms.CharField(label="备案编号", required=False)
    opened = forms.DateField(label="开业日期", widget=forms.DateInput(attrs={"type": "date"}))
    street = forms.ChoiceField(label="街镇", choices=[("qibao", "七宝镇"), ("meilong", "梅陇镇")])
    remark = forms.CharField(label="说明", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    modes = forms.MultipleChoiceField(
        label="服务形式",
        widget=forms.CheckboxSelectMultiple,
        choices=[("full", "全日"), ("half", "半日"), ("hour", "计时")],
    )
    profit = forms.ChoiceField(
        label="性质", widget=forms.RadioSelect, choices=[("no", "非营利"), ("yes", "营利")]
    )
    paper = forms.FileField(label="场地证明", required=False, help_text="PDF 或照片，不超过 5 MB")
    told = forms.BooleanField(label="已告知举办者公开的内容", required=False)

    def clean_opened(self):
        if self.cleaned_data["opened"] < datetime.date(2026, 2, 11):
            raise forms.ValidationError("不能早于备案日期 2026-02-11")
        return self.cleaned_data["opened"]


class SampleFilter(forms.Form):
    q = forms.CharField(label="名称、地址、拼音首字母", required=False)
    street = forms.MultipleChoiceField(
        label="街镇", required=False, choices=[("qibao", "七宝镇"), ("meilong", "梅陇镇")]
    )
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "都可以"), ("open", "在办"), ("paused", "暂停")]
    )


def sample_form(prefix: str) -> SampleForm:
    values = {
        "name": "云杉托育园",
        "address": "七宝镇示例路 128 弄",
        "places": "四十五",
        "number": "受理后自动生成",
        "opened": "2026-01-11",
        "street": "qibao",
        "modes": ["full", "half"],
        "profit": "no",
    }
    return SampleForm({f"{prefix}-{key}": value for key, value in values.items()}, prefix=prefix)


def day(number: int, month: int = 3) -> datetime.date:
    return datetime.date(2026, month, number)


def lanes() -> list[dict]:
    return [
        {
            "label": "双随机",
            "state": ("ok", "已抽取，可复算"),
            "marks": [{"day": day(2), "text": "冻结"}, {"day": day(5), "text": "抽取 56 家"}],
        },
        {
            "label": "现场检查",
            "state": ("doing", "余 18 家，剩 6 个工作日"),
            "bars": [{"start": day(6), "end": day(25), "done": 67.9, "text": "已完成 38 / 56 家"}],
        },
        {
            "label": "整改",
            "state": ("bad", "逾期 2 件"),
            "bars": [{"start": day(9), "end": day(31), "done": 52, "text": "整改通知 17 件，已销号 9"}],
        },
        {
            "label": "公开",
            "state": ("warn", "2 家剩 2 个工作日"),
            "bars": [{"start": day(10), "end": day(20), "done": 82, "text": "公示 11 / 13 家"}],
            "marks": [
                {"day": day(20), "text": "", "kind": "bad"},
                {"day": day(25), "text": "年度计划 31 日前公开", "kind": "open"},
            ],
        },
    ]


def links() -> list[dict]:
    opened = [
        ("锚", "起点", "1月4日公布", "03f57a", "open"),
        ("1", "1 月", "27 家", "c8fa39", "open"),
        ("2", "2 月", "作废", "72dca2", "void"),
        ("3", "3 月", "56 家", "fd053e", "current"),
    ]
    sealed = [(str(m), f"{m} 月", "未揭示", "", "sealed") for m in range(4, 13)]
    return [dict(zip(("dot", "label", "note", "code", "state"), row, strict=True)) for row in opened + sealed]


def entries() -> list[dict]:
    return [
        {
            "day": day(18),
            "state": "bad",
            "fact": "双随机检查：37 项符合，3 项不符合，2 项未查",
            "detail": "JC010 区卫健委、JC015 区市场监管局",
            "url": "#top",
        },
        {
            "day": day(18),
            "state": "doing",
            "fact": "整改通知 ZG-2603-017：应急预案、持证上岗",
            "detail": "4月1日、4月16日 止，机构 11:40 签收",
        },
        {"day": day(5), "state": "none", "fact": "被 3 月双随机抽中，第 19 位"},
        {"day": day(12, 1), "state": "warn", "fact": "食品经营许可证 90 天内到期提醒", "detail": "已读"},
        {
            "day": datetime.date(2025, 11, 20),
            "state": "ok",
            "fact": "整改销号：留样记录",
            "detail": "复查 1 次，13 天",
        },
    ]


def facilities() -> list[dict]:
    rows = [
        (
            "MH0078",
            "七宝泊岸幼儿园托班",
            True,
            "托幼一体",
            55,
            60,
            "D",
            "o" * 7 + "w" + "n" * 4,
            ("none", "今年未查"),
            False,
        ),
        (
            "MH0080",
            "七宝小满幼儿园托班",
            True,
            "托幼一体",
            14,
            20,
            "A",
            "o" * 10 + "n" * 2,
            ("ok", "2月8日"),
            True,
        ),
        (
            "MH0084",
            "米禾托育园（七宝店）",
            False,
            "托育机构",
            57,
            80,
            "C",
            "o" * 7 + "b" + "n" * 4,
            ("none", "今年未查"),
            False,
        ),
        (
            "MH0091",
            "云杉托育园",
            True,
            "托育机构",
            33,
            45,
            "B",
            "o" * 7 + "bbww" + "n",
            ("bad", "3月18日"),
            False,
        ),
    ]
    kinds = {"o": "ok", "w": "warn", "b": "bad", "n": "none"}
    names = ("code", "name", "inclusive", "kind", "children", "places", "grade", "rules", "visit", "picked")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    for row in found:
        row["rules"] = [kinds[letter] for letter in row["rules"]]
        row["share"] = 100 * row["children"] / row["places"]
    return found


@require_GET
def sheet(request):
    """The whole sheet; light and dark stand side by side, so the page itself is light."""
    street = [40, 38, 36, 35, 33, 31, 31, 31, 30, 29, 27, 26, 23, 21]
    context = {
        "theme": "light",
        "day": DAY,
        "shapes": [
            ("ok", "符合", "圆　达到、已完成"),
            ("warn", "临期", "三角　要留意"),
            ("bad", "逾期", "八角　必须处理"),
            ("doing", "进行中", "半圆　正在做"),
            ("none", "未查", "虚圈　没有数据"),
        ],
        "swatches": [
            ("canvas", "画布", "侧栏、手机底色"),
            ("surface", "纸面", "内容"),
            ("ink", "墨", "正文"),
            ("ink-2", "次墨", "说明"),
            ("brand", "石青", "操作、链接"),
            ("brand-tint", "石青浅", "当前、选中"),
            ("warm", "杏", "公众端点睛，仅图形"),
            ("h3", "热度", "h0—h5 六级"),
        ],
        "light": {
            "theme": "light",
            "form": sample_form("light"),
            "dialog": "dialog-light",
            "views": "保存的查询，浅",
            "filter": "筛选，浅",
            "pager": "翻页，浅",
        },
        "dark": {
            "theme": "dark",
            "form": sample_form("dark"),
            "dialog": "dialog-dark",
            "views": "保存的查询，深",
            "filter": "筛选，深",
            "pager": "翻页，深",
        },
        "filter": SampleFilter(request.GET),
        "facilities": facilities(),
        "page": SimpleNamespace(shown=24, total=1054, start=1, before=None, after="MH0101"),
        "views": [
            {"label": "全部", "url": "?", "count": 240},
            {"label": "七宝、梅陇", "url": "?v=2", "count": 54, "current": True},
            {"label": "今年未查", "url": "?v=3", "count": 170},
        ],
        "lanes": lanes(),
        "links": links(),
        "entries": entries(),
        "steps": [
            {"label": "冻结", "note": "3月2日 16:00:04", "state": "ok"},
            {"label": "见证", "note": "3月5日 9:58　骰子 20 次", "state": "ok"},
            {"label": "抽取", "note": "3月5日 10:03:12　56 家", "state": "ok"},
            {"label": "检查", "note": "38 家完成，3月25日止", "state": "doing", "current": True},
            {"label": "公开证据", "note": "最后一次检查结束之后", "state": "none"},
        ],
        "tiles": [
            dict(
                zip(("col", "row", "name", "number", "of", "flag", "flag_words"), t, strict=True),
                url=f"#t{i}",
            )
            for i, t in enumerate(TILES)
        ],
        "river": RIVER,
        "year": [2, 9, 17, 29.2],
        "path": [0, 100],
        "street": street,
        "street_kinds": ["warn" if value < 22 else "bad" if value == 23 else "" for value in street],
        "street_rows": [
            {"label": "莘庄工业区", "percent": 40, "text": "40%", "more": "2/5"},
            {"label": "七宝镇", "percent": 31, "text": "31%", "more": "8/26"},
            {"label": "莘庄镇", "percent": 21, "text": "21%", "more": "5/24", "kind": "warn"},
        ],
        "table_rows": [("莘庄工业区", "40%", "2/5"), ("七宝镇", "31%", "8/26"), ("莘庄镇", "21%", "5/24")],
        "matrix": [
            [(90, True, False), (40, False, False), (75, False, True), (None, False, True)],
            [(100, True, False), (60, False, False), (25, False, False), (5, False, False)],
        ],
        "heads": ["区教育局", "区卫健委", "区市场监管局", "区消防救援支队"],
        "dashes": ["ok"] * 11 + ["bad"] + ["ok"] * 4 + ["none", "bad"] + [""] * 24,
        "team": [("JC-07", "市教委", ""), ("JC-12", "莘庄镇", "指派")],
        "digest": "58df9195b9919a54f65045bbb9a3cb0fe66cc51495565c3c858af7afca05939f",
        "rules": [
            ("持证上岗", "11 / 12", "100%", "bad", "不符合", "三（三）1"),
            ("综合技能培训", "9 / 12", "满 72 课时", "warn", "临界", "二（二）3"),
            ("违法犯罪记录", "12 / 12", "均为“无”", "ok", "符合", "未保法 62"),
            ("入园到离园规范", "今年未查", "", "none", "未查", "三（四）1"),
        ],
    }
    return render(request, "portal/design.html", context)
