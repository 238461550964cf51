"""Every text that a person sees has its English."""

import pytest

from portal import catalogs


@pytest.mark.parametrize("app", catalogs.APPS)
def test_every_text_has_its_english(app):
    assert catalogs.problems(app) == []


def test_a_text_has_one_translation():
    assert catalogs.clashes() == []


@pytest.mark.parametrize("app", catalogs.APPS)
def test_no_translation_stands_there_twice(app):
    texts = [
        text
        for one in catalogs.load(app)
        if one.id
        for text in (one.string if one.pluralizable else [one.string])
    ]
    assert [text for text in texts if len(text) > 12 and text == text[: len(text) // 2] * 2] == []


def test_a_text_with_and_without_plural_is_found(tmp_path, settings, monkeypatch):
    settings.BASE_DIR = tmp_path
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal" / "a.py").write_text('_("剩 %(n)d 天")\nngettext("剩 %(n)d 天", "剩 %(n)d 天", n)\n')
    assert ["剩 %(n)d 天" in line for line in catalogs.clashes()] == [True]


def test_no_chinese_text_bypasses_the_catalogues():
    assert catalogs.bare() == []


def test_a_bare_text_in_a_template_is_found(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    page = tmp_path / "page.html"
    page.write_text(
        "{% translate '名册' %}<p>没有翻译</p>{% status 'ok' '符合' %}{% status 'ok' _('符合') %}"
    )
    assert len(list(catalogs.bare_template(page))) == 2


def test_a_bare_text_in_code_is_found(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    module = tmp_path / "module.py"
    module.write_text('"""文档"""\nx = _("名册")\ny = "没有翻译"\n')
    assert [line.split(": ")[1] for line in catalogs.bare_python(module)] == ["没有翻译"]
