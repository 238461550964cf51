"""The visual language: tokens and sheets as text, tags as HTML, and the real pages in a real browser."""

import datetime
import re
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from types import SimpleNamespace
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django import forms
from django.template import engines
from django.test import RequestFactory
from django.utils import timezone, translation

from facilities.paging import AtLeast
from portal import figures

ROOT = Path(__file__).resolve().parent.parent.parent
CSS = sorted(path for path in (ROOT / "static" / "css").glob("*.css") if path.name != "all.css")
DAY = datetime.date(2026, 3, 18)


def sheet(path: Path) -> str:
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)


def html(text: str, path: str = "/list/", **context) -> str:
    request = RequestFactory().get(path)
    request.user = request.district = request.actor = None
    return engines["django"].from_string(text).render(context, request)


# the sheets as text -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CSS, ids=lambda path: path.name)
def test_a_sheet_keeps_the_rules(path):
    text = sheet(path)
    assert len(path.read_text().splitlines()) <= 80
    if path.name != "tokens.css":
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b", text), "colours stand in tokens.css"
    if path.name != "print.css":
        assert "!important" not in text
    assert not re.search(r"(^|[},\s])#[a-zA-Z][\w-]*\s*[{,.:>+~ ]", text), "an id as selector"
    for word in (
        "@layer",
        ":has(",
        "@container",
        "oklch(",
        "color-mix(",
        "@import",
        "@property",
        "popover",
        "&",
    ):
        assert word not in text, word
    for url in re.findall(r"url\(([^)]*)\)", text):
        assert "//" not in url


def test_all_css_is_the_files_in_order():
    import runpy

    module = runpy.run_path(str(ROOT / "bin" / "css"), run_name="css")
    assert (ROOT / "static" / "css" / "all.css").read_text() == module["joined"](), "run bin/css"
    assert sorted(module["ORDER"]) == [path.stem for path in CSS]


def block(text: str, selector: str) -> dict[str, str]:
    body = text[text.index(selector) + len(selector) :]
    return dict(re.findall(r"(--[\w-]+):([^;]+);", body[: body.index("}")]))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_dark_is_the_same_by_choice_and_by_system():
    text = sheet(ROOT / "static" / "css" / "tokens.css")
    chosen, system = block(text, "[data-theme=dark]{"), block(text, "[data-theme=auto]{")
    light = block(text, ":root,[data-theme=light]{")
    assert chosen == system
    assert set(chosen) == set(light)


@pytest.mark.parametrize("selector", [":root,[data-theme=light]{", "[data-theme=dark]{"])
def test_contrasts(selector):
    token = block(sheet(ROOT / "static" / "css" / "tokens.css"), selector)
    for name in ("ink", "ink-2", "ink-3", "brand", "ok", "warn", "bad", "doing", "none"):
        assert ratio(token[f"--{name}"], token["--surface"]) >= 4.5, name
    for name in ("ink", "ink-2", "ink-3"):
        assert ratio(token[f"--{name}"], token["--canvas"]) >= 4.5, name
    for name in ("ok", "warn", "bad", "doing", "none"):
        assert ratio(token[f"--{name}"], token[f"--{name}-tint"]) >= 4.5, name
    assert ratio(token["--line-3"], token["--surface"]) >= 3
    assert ratio(token["--warn-fill"], token["--surface"]) >= 3
    assert ratio(token["--ink-on"], token["--brand"]) >= 4.5
    for shade in ("--h0", "--h1", "--h2", "--h2b"):
        assert ratio(token["--ink"], token[shade]) >= 5.5, shade
    for shade in ("--h4", "--h5"):
        assert ratio(token["--on-heat"], token[shade]) >= 5.5, shade


def test_every_icon_that_is_named_is_in_the_sprite():
    sprite = (ROOT / "static" / "icons" / "sprite.svg").read_text()
    have = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    assert {"s-ok", "s-warn", "s-bad", "s-doing", "s-none", "mark"} <= have
    used = set()
    for path in ROOT.glob("templates/**/*.html"):
        text = path.read_text()
        used |= set(re.findall(r'{% icon "([\w-]+)"', text))
        used |= set(re.findall(r'{% button [^%]*icon="([\w-]+)"', text))
        used |= set(re.findall(r'{% icon_button "([\w-]+)"', text))
    for path in ROOT.glob("*/apps.py"):
        used |= set(re.findall(r'icon="([\w-]+)"', path.read_text()))
    assert used - have == set()
    assert "MIT License" in (ROOT / "static" / "icons" / "LICENSE-tabler").read_text()


def test_scripts_are_small_and_ask_nobody_else():
    scripts = sorted((ROOT / "static" / "js").glob("*.js"))
    ours = [
        path
        for path in scripts
        if path.name
        in (
            "app.js",
            "drawer.js",
            "keys.js",
            "dice.js",
            "settings.js",
            "session.js",
            "lists.js",
            "autosave.js",
            "public.js",
        )
    ]
    assert sum(path.stat().st_size for path in ours) < 15_000
    for path in scripts:
        text = path.read_text()
        assert "eval(" not in text
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), path.name


def test_templates_hold_no_script_no_handler_no_foreign_address():
    for path in ROOT.glob("templates/**/*.html"):
        text = path.read_text()
        if path.name in ("verify_file.html", "case_index.html"):  # opened from disk: they hold what they need
            continue
        assert not re.search(
            r"<script(?![^>]*\bsrc=)(?![^>]*type=\"(text/plain|application/(ld\+)?json)\")", text
        ), path
        assert not re.search(r"\son[a-z]+=\"", text), path
        assert "<style" not in text, path
        assert not re.search(r"(src|href)=\"(https?:)?//", text), path


# geometry -----------------------------------------------------------------------------------------


def test_sparkline_ends_where_the_value_is():
    drawn = figures.sparkline([0, 50], limit=100, expected=[0, 100], slots=3, width=104, height=36, high=100)
    assert drawn["line"] == "2.0,33.0 52.0,18.0"
    assert drawn["end"] == (52.0, 18.0)
    assert drawn["limit"] == 3.0
    assert drawn["expected"] == "2.0,33.0 102.0,3.0"
    assert figures.sparkline([None, None])["end"] is None
    assert figures.sparkline([0, 0, 0])["end"] is not None


def test_columns_stay_in_their_drawing():
    drawn = figures.columns([0, 3, None, 12], limit=6, width=80, height=30)
    assert [bar[4] for bar in drawn["bars"]] == [0, 1, 3]
    for x, y, width, height, _index in drawn["bars"]:
        assert x >= 0 and x + width <= 80
        assert y >= 0 and y + height == pytest.approx(29)
    assert drawn["bars"][0][3] == 2.0
    assert 1 < drawn["limit"] < 29
    assert figures.columns([])["bars"] == []


@pytest.mark.parametrize(
    ("part", "level"), [(None, 0), (0, 0), (0.2, 1), (0.5, 2), (0.74, 2), (0.75, 3), (1, 4), (1.5, 4)]
)
def test_shade(part, level):
    assert figures.shade(part) == level


def test_ruler_knows_make_up_days_and_today():
    ruler = figures.month_ruler(
        datetime.date(2026, 2, 1), {datetime.date(2026, 2, 28)}, datetime.date(2026, 2, 11)
    )
    assert len(ruler) == 28
    assert [d["number"] for d in ruler if d["works"]] == [28]
    assert [d["number"] for d in ruler if d["now"]] == [11]
    assert 10 not in [d["number"] for d in ruler if d["key"]]


def test_spans_are_cut_to_the_month():
    march = datetime.date(2026, 3, 1)
    assert figures.month_span(march, datetime.date(2026, 2, 1), datetime.date(2026, 4, 9)) == (0.0, 100.0)
    assert figures.month_span(march, datetime.date(2026, 4, 1), datetime.date(2026, 4, 9)) == (100.0, 0.0)
    left, width = figures.month_span(march, datetime.date(2026, 3, 31), datetime.date(2026, 4, 9))
    assert left + width == pytest.approx(100, abs=0.01)


def test_a_die_shows_its_number():
    for number in range(1, 7):
        assert len(set(figures.face(number))) == number


# tags ---------------------------------------------------------------------------------------------


def test_a_status_is_shape_and_word_and_escapes():
    text = html("{% status 'bad' word %}", word="<b>逾期</b>")
    assert "#s-bad" in text and "&lt;b&gt;逾期&lt;/b&gt;" in text
    with pytest.raises(Exception, match="none of"):
        html("{% status 'red' '逾期' %}")


def test_attributes_of_a_button_cannot_break_out():
    text = html(
        "{% button label 'pri' data_x=bad url=url %}", label="<i>", bad='"><script>', url='" onclick="x'
    )
    assert "<script>" not in text and "<i>" not in text and 'onclick="x' not in text
    off = html("{% button '抽取' reason='还差 4 次，才能抽取' name='go' %}")
    assert "disabled" in off and "还差 4 次" in off


@pytest.mark.parametrize(
    ("day", "words"), [(datetime.date(2026, 3, 18), "3月18日"), (datetime.date(2027, 8, 31), "2027年8月31日")]
)
def test_a_year_is_said_only_if_it_is_another(day, words):
    text = html("{% zh_date day today %}", day=day, today=DAY)
    assert text == f'<time datetime="{day.isoformat()}">{words}</time>'
    assert html("{% zh_date none %}", none=None) == "—"


def test_a_deadline_says_what_is_left():
    this_year = datetime.date.today().replace(month=4, day=1)
    assert "还剩 10 个工作日" in html("{% deadline day 10 %}", day=this_year)
    assert "mut" in html("{% deadline day 10 %}", day=this_year)
    on = timezone.localdate()
    today = html("{% deadline day 0 %}", day=on)
    assert "t-warn" in today and "今天止" in today
    # no working day has passed since, or none is left before it: a weekend lies between
    late = html("{% deadline day 0 %}", day=on - datetime.timedelta(days=2))
    assert "t-bad" in late and "已逾期，还不到 1 个工作日" in late
    assert "还剩 0 个工作日" in html("{% deadline day 0 %}", day=on + datetime.timedelta(days=1))
    assert "t-bad" in html("{% deadline day -2 %}", day=this_year)
    assert "4月1日 止" in html("{% deadline day %}", day=this_year)


def test_people_are_masked():
    assert html("{{ '陈晓'|masked }}{{ '欧阳晓'|masked }}{{ ''|masked }}") == "陈*欧阳*—"
    assert html("{{ '310112199602114821'|masked_identity }}") == "310***********4821"
    assert html("{{ '4821'|masked_identity }}") == "****"


class Form(forms.Form):
    places = forms.IntegerField(label="托位", min_value=1, help_text="按建筑面积")
    remark = forms.CharField(label="说明", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)
    mode = forms.ChoiceField(label="性质", choices=[("a", "甲")], widget=forms.RadioSelect)


def test_a_field_ties_hint_and_error_to_its_control():
    text = html("{% error_summary form %}{% form_fields form %}", form=Form({"places": "四十五"}))
    assert 'href="#id_places"' in text and 'id="id_places"' in text
    assert 'aria-describedby="id_places_hint id_places_error"' in text
    assert text.count('aria-invalid="true"') >= 2
    assert 'value="四十五"' in text, "what was typed stays to be seen"
    assert "（可不填）" in text and text.count("（可不填）") == 1
    assert "<legend>性质" in text
    for target in re.findall(r'href="#([^"]+)"', text):
        assert f'id="{target}"' in text
    assert "errsum" not in html("{% error_summary form %}", form=Form())


def test_the_forms_errors_speak_as_we_do():
    with translation.override("zh-hans"):
        errors = Form({"places": "0"}).errors
    assert errors["places"] == ["不能小于 1"]
    assert errors["mode"] == ["没有填"]


def test_a_head_sorts_and_forgets_the_place():
    text = html(
        "{% th '名称' 'name' default='code' %}{% th '编号' 'code' default='code' %}",
        "/list/?street=1&after=x",
    )
    assert 'href="/list/?street=1&amp;sort=name"' in text
    assert 'aria-sort="ascending"' in text and "sort=-code" in text
    assert 'aria-sort="descending"' in html("{% th '名称' 'name' %}", "/list/?sort=-name")


def test_the_pager_keeps_conditions_and_one_cursor():
    page = SimpleNamespace(shown=50, total=1054, start=51, before="MH0051", after="MH0100")
    text = html("{% pager page unit='家' %}", "/list/?q=云&after=old", page=page)
    assert "第 51—100 家" in text and "共 1,054 家" in text
    assert "before=MH0051" in text and "after=MH0100" in text and "old" not in text
    assert html("{% pager page %}", page=SimpleNamespace(shown=3, before=None, after=None)).count("<a ") == 0


def test_the_pager_says_of_a_count_that_stopped_that_there_are_more():
    page = SimpleNamespace(shown=50, total=AtLeast(1000), start=1, before=None, after="MH0100")
    assert "超过 1,000 台" in html("{% pager page unit='台' %}", page=page)


class Filter(forms.Form):
    q = forms.CharField(label="名称", required=False)
    street = forms.MultipleChoiceField(
        label="街镇", required=False, choices=[("1", "七宝镇"), ("2", "梅陇镇")]
    )
    state = forms.ChoiceField(label="状态", required=False, choices=[("", "都可以"), ("open", "在办")])


def test_the_filter_bar_says_its_conditions_and_takes_each_away():
    path = "/list/?q=云&street=1&street=2&sort=name&after=x"
    form = Filter(RequestFactory().get(path).GET)
    text = html("{% filter_bar form total=54 %}", path, form=form)
    assert "七宝镇、梅陇镇" in text and "去掉条件 街镇" in text
    token = re.search(r'<span class="tok">.*?href="([^"]+)"', text, re.S).group(1)
    assert "street" not in token and "q=" in token and "sort=name" in token and "after" not in token
    assert 'name="state"' in text, "a condition that is not set waits under 加条件"
    assert '<input type="hidden" name="sort" value="name">' in text


def test_the_map_has_its_table_in_the_same_order():
    tiles = [
        {"col": 2, "row": 1, "name": "甲镇", "number": 3, "of": 4},
        {"col": 1, "row": 2, "name": "乙镇", "number": 0, "of": 2},
    ]
    text = html("{% tile_map tiles caption='进度' %}", tiles=tiles)
    assert text.index("甲镇") < text.index("乙镇")
    assert "ti3" in text and "ti0" in text
    assert text.count("甲镇") == 2 and "看成表格" in text


def test_figures_stand_empty_data():
    assert 'class="pips"' in html("{% pips states %}", states=[])
    html(
        "{% sparkline none %}{% street_bars none %}{% chain none %}{% timeline none %}{% tile_map none 'x' %}",
        none=[],
    )
    assert "—" in html("{% matrix_cell none lead=True label='任务 1' %}", none=None)
    assert html("{% bar none mark=none %}", none=None).count("em") == 0


# in the browser -----------------------------------------------------------------------------------


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def site():
    """The product's own application without a database: /design/ must not need one."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.wsgi import get_wsgi_application
    from django.test import override_settings

    with override_settings(ROOT_URLCONF="tests.portal.design_pages"):
        server = make_server("127.0.0.1", 0, StaticFilesHandler(get_wsgi_application()), Server, Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


def open_page(page, site, path):
    """Opens a page and returns what it asked for and what it complained about."""
    asked, wrong = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "response",
        lambda answer: wrong.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
    )
    page.goto(site + path)
    page.wait_for_load_state("networkidle")
    assert wrong == []
    assert [url for url in asked if not url.startswith((site, "data:"))] == []


AT_REST = """() => Promise.all(document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime < 1e9)
    .map((one) => one.finished.catch(() => 0)))"""


def violations(page) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    # a drawer that still slides in lies over other colours than those it comes to rest on
    page.evaluate(AT_REST)
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:150]}" for rule in found for node in rule["nodes"]]


def wider_than_screen(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize(
    "width",
    [1440, pytest.param(768, marks=pytest.mark.long), 390, pytest.param(320, marks=pytest.mark.long)],
)
def test_the_sheet_of_all_parts(page, site, width):
    page.set_viewport_size({"width": width, "height": 900})
    open_page(page, site, "/design/")
    assert wider_than_screen(page) <= 0
    assert page.locator("h1").count() == 1
    assert violations(page) == []


@pytest.mark.parametrize("width", [1440, 900, 390, 320])
@pytest.mark.parametrize(
    "look",
    [
        "?theme=light&told=1",
        *(
            pytest.param(look, marks=pytest.mark.long)
            for look in ("?theme=dark", "?theme=dark&contrast=more", "?contrast=more")
        ),
    ],
)
def test_a_staff_page(page, site, width, look):
    page.set_viewport_size({"width": width, "height": 900})
    open_page(page, site, f"/design/staff/{look}")
    assert wider_than_screen(page) <= 0
    assert violations(page) == []
    if width == 390:
        assert page.locator(".nav").bounding_box()["y"] > 700, "the navigation is a bar at the bottom"
        for link in page.locator(".nav li.in-bar a").all():
            assert link.bounding_box()["height"] >= 48


@pytest.mark.parametrize("path", ["/no/such/page/", "/sign-in/"])
def test_sign_in_and_errors(page, site, path, django_db_blocker):
    template = {"/no/such/page/": "404.html", "/sign-in/": "portal/sign_in.html"}[path]
    page.goto(f"{site}/design/")  # for the sheets' address
    page.set_viewport_size({"width": 390, "height": 800})
    form = Form({"places": "x"})
    form.fields = {"username": forms.CharField(label="账号"), "password": forms.CharField(label="密码")}
    from django.template.loader import render_to_string

    page.set_content(
        render_to_string(template, {"form": form}).replace('"/static', f'"{site}/static'),
        wait_until="networkidle",
    )
    assert page.locator("h1").count() == 1
    assert wider_than_screen(page) <= 0
    assert violations(page) == []


def test_the_drawer_has_an_address_and_gives_the_focus_back(page, site):
    open_page(page, site, "/design/staff/")
    link = page.locator("a[data-drawer]").nth(1)
    link.focus()
    page.keyboard.press("Enter")
    drawer = page.locator("#drawer[open]")
    drawer.wait_for()
    assert page.url.endswith("?row=MH0080")
    assert page.evaluate("document.activeElement.id") == "drawer-title"
    assert violations(page) == []
    page.keyboard.press("Escape")
    drawer.wait_for(state="detached")
    assert page.url.endswith("/design/staff/")
    assert page.evaluate("document.activeElement.textContent") == link.text_content()
    link.click()
    drawer.wait_for()
    page.go_back()
    drawer.wait_for(state="detached")
    page.goto(f"{site}/design/staff/?row=MH0084")
    drawer.wait_for()
    assert "米禾托育园" in drawer.text_content()
    page.locator("#drawer [data-close]").click()
    drawer.wait_for(state="detached")
    assert "row=" not in page.url


def test_dialog_rows_and_slash(page, site):
    open_page(page, site, "/design/staff/")
    page.get_by_role("button", name="作废…").click()
    page.locator("#void[open]").wait_for()
    page.get_by_role("button", name="不作废").click()
    assert page.locator("#void[open]").count() == 0
    page.get_by_label("选择 云杉托育园").check()
    assert page.locator("[data-pick-bar]").is_visible()
    assert page.locator("[data-pick-count]").text_content() == "1"
    assert page.evaluate("document.querySelector('[data-pick-all]').indeterminate")
    page.get_by_label("选择本页").click()
    assert page.locator("[data-pick-count]").text_content() == "4"
    page.get_by_role("button", name="不选了").click()
    assert not page.locator("[data-pick-bar]").is_visible()
    page.locator("h1").click()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"


def test_theme_changes_at_once(page, site):
    open_page(page, site, "/design/staff/")
    page.route("**/preferences/", lambda route: route.fulfill(status=204))
    page.locator(".me > summary").click()
    with page.expect_request("**/preferences/") as sent:
        page.get_by_role("button", name="深").click()
    assert 'name="theme"' in sent.value.post_data and "dark" in sent.value.post_data
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 22, 24)"
    page.keyboard.press("Escape")
    assert page.locator(".me[open]").count() == 0


def test_a_toast_leaves_after_six_seconds(page, site):
    page.clock.install()
    open_page(page, site, "/design/staff/?told=1")
    assert page.locator("[data-toast]").is_visible()
    assert page.locator("[data-toast] form").get_attribute("action") == "/design/undo/"
    page.clock.run_for(6100)
    assert page.locator("[data-toast]").count() == 0


def test_two_minutes_before_the_end_it_asks(page, site):
    page.clock.install()
    open_page(page, site, "/design/staff/")
    age = int(page.locator("body").get_attribute("data-session"))
    page.clock.run_for((age - 180) * 1000)  # the clock goes on by itself: a minute's room on a busy machine
    assert page.locator("#session-end[open]").count() == 0
    page.clock.run_for(61_000)
    assert page.locator("#session-end[open]").count() == 1
    with page.expect_response("**/design/staff/") as kept:
        page.get_by_role("button", name="继续用").click()
    assert kept.value.status == 200
    assert page.locator("#session-end[open]").count() == 0


def test_keys_answer_an_item_and_arrows_move(page, site):
    open_page(page, site, "/design/")
    item = page.locator(".item", has_text="消防通道畅通").first
    item.locator("input").first.focus()
    page.keyboard.press("2")
    assert item.locator("input:checked").get_attribute("value") == "bad"
    page.keyboard.press("ArrowRight")
    assert item.locator("input:checked").get_attribute("value") == "none"
    assert item.locator(".tri label").first.bounding_box()["height"] >= 48


def test_twenty_dice_by_keys_and_keyboard(page, site):
    open_page(page, site, "/design/")
    field, go = page.locator("#id_entropy"), page.locator("[data-needs-dice]")
    assert field.input_value() == "526133"
    assert go.is_disabled() and "还差 14 次" in go.text_content()
    page.locator("[data-die-back]").click()
    page.locator("[data-die='4']").click()
    page.locator("[data-die='4']").blur()
    page.keyboard.press("6")
    page.keyboard.press("Backspace")
    page.keyboard.press("7")
    assert field.input_value() == "526134"
    for digit in "12345612345612":
        page.keyboard.press(digit)
    assert len(field.input_value()) == 20
    page.keyboard.press("1")
    assert len(field.input_value()) == 20
    assert go.is_enabled() and go.text_content() == "抽取"
    assert page.locator(".dice-places .on").count() == 20


def test_print_is_light_and_without_buttons(page, site):
    open_page(page, site, "/design/staff/?theme=dark")
    page.emulate_media(media="print")
    assert not page.locator(".nav").is_visible()
    assert not page.locator(".acts").is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(26, 35, 37)"
