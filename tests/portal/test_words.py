"""The tone of what people read: what a good clerk would not write is in no text of the product."""

import re

import pytest

from portal import catalogs

#: What is looked for -> why it has no place. The texts are those of the catalogues, so all that gettext sees.
FORBIDDEN = {
    r"非法|失败|错误代码|违规操作": "an error says where, what is wrong and how to mend it, and blames nobody",
    r"操作|处理(?!方)": "say what is done",
    r"确定|提交": "a button is a verb with its object",
    r"！|!(?! %)": "no exclamation",
    r"亲爱|温馨提示|亲[，,]": "no pleasantries",
    r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]": "Chinese punctuation is full-width",
    r"““|””|“\s|\s”": "quotation marks close around their words",
    r"[\u4e00-\u9fff] [\u4e00-\u9fff]": "no blank between Chinese words; a wide gap is U+3000",
    r"守护人|监护人": "a child's parent is 家长",
    r"\.\.\.|。。": "one sign … for a question that follows",
}
#: Lists that a template splits at the comma.
LISTS = {"是,否,—", "街镇,现在,状态", "任务,单位,角色,进度,本季已报,时间"}
#: 请 asks another person for something here; before a verb that the reader does, it is left out.
ASKING = re.compile(r"申请|请假|请(区教育局|另一|另一个人|第二人|见证人|单位负责人)")
PUBLIC = ("templates/public", "templates/base_public")


def shown():
    return [text for app in catalogs.APPS for text in catalogs.texts(app)]


def faults(texts) -> list[str]:
    found = []
    for text in texts:
        if text.singular in LISTS:
            continue
        for pattern, why in FORBIDDEN.items():
            match = re.search(pattern, text.singular)
            if match:
                found.append(f"{text.place}: “{match.group()}” in {text.singular}: {why}")
        if "您" in text.singular and not text.place.startswith(PUBLIC):
            found.append(f"{text.place}: 您 to staff in {text.singular}")
        if "请" in ASKING.sub("", text.singular):
            found.append(f"{text.place}: 请 in {text.singular}: say what to do")
    return found


def test_no_text_breaks_the_rules_of_the_words():
    assert faults(shown()) == []


@pytest.mark.parametrize(
    "words",
    (
        "非法输入",
        "保存失败",
        "操作",
        "等我处理",
        "确定",
        "提交整改",
        "完成！",
        "请填写姓名",
        "您好",
        "填好,再存",
        "名 册",
    ),
)
def test_what_breaks_the_rules_is_found(words):
    assert faults([catalogs.Text(words, "", "", "portal/forms.py")])


@pytest.mark.parametrize(
    "words", ("申请作废", "先请区教育局递补", "不能给自己加角色，请另一位安全管理员来做")
)
def test_asking_somebody_else_may_say_please(words):
    assert not faults([catalogs.Text(words, "", "", "portal/forms.py")])


def test_the_public_may_be_addressed():
    assert not faults([catalogs.Text("您可以自己从头算一遍", "", "", "templates/public/draw.html")])
