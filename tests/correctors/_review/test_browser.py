"""The review page in a real browser, from the table to the decisions and back."""

import csv
import shutil

import pandas as pd
import pytest

from skanomaly._cli.main import main
from skanomaly.correctors import AnomalyCorrector
from skanomaly.correctors._review.texts import as_text
from skanomaly.utils._spreadsheet import for_spreadsheet
from tests.contract.mode_corrector import ModeCorrector
from tests.correctors._review.tables import HOSTILE, hostile_table, long_table, shop

sync_api = pytest.importorskip(
    "playwright.sync_api",
    reason="playwright is not installed: pip install skanomaly[test]",
)

expect = sync_api.expect
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Nothing but the page: no sandbox (tests may run as root), no calls home.
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# Elements of a page: 1,900 are drawn of 10,000 changes, and would be 90,000 of all.
MOST_ELEMENTS = 3000


@pytest.fixture(scope="module")
def chromium():
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"there is no browser: none of {', '.join(BROWSERS)} on the path")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, tmp_path):
    """Write the review of a table and open it; a script that fails is an error."""
    contexts, errors, asked = [], [], []

    def open_(table, corrector=None, **options):
        path = tmp_path / "review.html"
        (corrector or ModeCorrector().fit(table)).review(table, path)
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not errors
    assert not [url for url in asked if not url.startswith(("file:", "blob:"))]


def download(page, path):
    with page.expect_download() as caught:
        page.get_by_role("button", name="Download decisions").click()
    caught.value.save_as(path)
    return path


def accept_groups(page):
    for button in page.get_by_role("button", name="Accept ").all():
        if button.get_attribute("data-do") == "accept-group" and button.is_enabled():
            button.click()


def state(page):
    return page.locator("#state").text_content()


def test_a_round_trip(open_page, tmp_path):
    dirty = shop()
    corrector = AnomalyCorrector(random_state=0).fit(dirty)
    report = corrector.repair(dirty).report
    page = open_page(dirty, corrector)
    page.locator("#order").select_option("table")
    n = len(report)
    assert state(page) == f"0 of {n} decided"
    # By keys: accept, reject, go back and type.
    page.keyboard.press("a")
    page.keyboard.press("r")
    page.keyboard.press("k")
    page.keyboard.press("k")
    page.keyboard.press("e")
    page.keyboard.type("Bergen")
    page.keyboard.press("Enter")
    assert state(page) == f"2 of {n} decided"
    # By clicks: all that is left of each group, and undone once.
    page.locator("#order").select_option("group")
    accept_groups(page)
    n_decided = int((report["status"] == "repaired").sum())
    assert state(page) == f"{n_decided} of {n} decided"
    page.get_by_role("button", name="Undo").click()
    assert state(page) != f"{n_decided} of {n} decided"
    page.get_by_role("button", name="Redo").click()
    page.reload()  # the decisions are kept
    assert state(page) == f"{n_decided} of {n} decided"

    table, log = corrector.apply(dirty, download(page, tmp_path / "decisions.csv"))
    assert log["decision"].value_counts().to_dict() == {
        "accept": n_decided - 2,
        "edit": 1,
        "reject": 1,
    }
    want = corrector.repair(dirty).table
    cells = report[["row", "column"]].to_numpy().tolist()
    want.loc[tuple(cells[0])] = "Bergen"
    want.loc[tuple(cells[1])] = dirty.loc[tuple(cells[1])]
    pd.testing.assert_frame_equal(table, want)
    assert (table.astype(str) != dirty.astype(str)).to_numpy().sum() == (
        log["old"].astype(str) != log["new"].astype(str)
    ).sum()
    pd.testing.assert_frame_equal(corrector.inverse_transform(table), dirty)


def test_from_a_file_by_the_command_line_to_the_page_and_back(chromium, tmp_path):
    paths = [tmp_path / name for name in ("d.csv", "c.csv", "r.csv", "p.html", "a.csv")]
    dirty, clean, report, review, again = map(str, paths)
    shop().to_csv(dirty, index=False)
    options = ["-o", clean, "--report", report, "--review", review, "--quiet"]
    assert main(["repair", dirty, *options]) == 0
    page = chromium.new_page()
    page.goto(paths[3].as_uri())
    accept_groups(page)
    decided = str(download(page, tmp_path / "decisions.csv"))
    page.close()
    changes = pd.read_csv(report, dtype=str)["status"].eq("repaired").sum()
    decisions = pd.read_csv(decided, dtype=str)["decision"]
    assert decisions.eq("accept").sum() == changes > 0
    for flag in ("--decisions", "--corrections"):
        given = [flag, decided, "-o", again, "--force", "--quiet"]
        assert main(["repair", dirty, *given]) == 0
        assert paths[4].read_bytes() == paths[1].read_bytes()


def test_hostile_cells_do_nothing_and_come_back(open_page, tmp_path):
    table = hostile_table()
    page = open_page(table)
    assert page.evaluate("window.hacked") is None
    shown = page.locator("tr.item .old .value").all_text_contents()
    assert HOSTILE[0] in shown and HOSTILE[1] in shown
    assert page.locator("img").count() == 0
    page.locator("body").press("Shift+A")
    path = download(page, tmp_path / "decisions.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    cells = [cell for row in rows for cell in row.values()]
    assert not [c for c in cells if c.lstrip().startswith(("=", "+", "-", "@"))]
    assert [row["old"] for row in rows] == [for_spreadsheet(c) for c in HOSTILE]
    result, log = ModeCorrector().apply(table, path)
    assert log["old"].tolist() == list(HOSTILE)
    assert result.iloc[:, 0].eq("usual").all()


def test_typed_values_come_back_as_they_were_typed(open_page, tmp_path):
    table = hostile_table()
    page = open_page(table)
    values = ["=1+1", "'x", "-5", "", "2024-01-31", "a;=b"]
    page.locator("tr.item").first.click()
    for value in values:
        page.keyboard.press("e")
        page.locator("tr.item input").fill(value)
        page.keyboard.press("Enter")
        page.keyboard.press("j")
    result, log = ModeCorrector().apply(table, download(page, tmp_path / "d.csv"))
    assert log["decision"].tolist() == ["edit" if v else "empty" for v in values]
    assert log["new"].tolist() == values
    assert result.iloc[:2, 0].tolist() == values[:2]


def test_search_filters_and_orders(open_page):
    dirty = shop()
    corrector = AnomalyCorrector(random_state=0).fit(dirty)
    report = corrector.repair(dirty).report
    page = open_page(dirty, corrector)

    def columns():
        return page.locator("tr.item .where b").all_text_contents()

    page.locator("#column").select_option(label="age")
    assert columns() == ["age"] * int((report["column"] == "age").sum())
    page.locator("#column").select_option("")
    page.locator("#status").select_option("flagged")
    assert len(columns()) == int((report["status"] == "flagged").sum())
    page.locator("#status").select_option("")
    page.keyboard.press("Escape")
    page.locator("#query").fill("Rmoe")
    expect(page.locator("tr.item")).to_have_count(1)
    page.locator("#query").fill("nothing like this")
    page.wait_for_selector("#empty:not([hidden])")
    page.locator("#query").fill("")
    page.wait_for_selector("#empty", state="hidden")
    page.locator("#order").select_option("table")
    rows = page.locator("tr.item .where span").all_text_contents()
    assert rows == [f"row {row}" for row in report["row"]][: len(rows)]
    page.locator("#order").select_option("least")
    assert page.locator("tr.item").first.get_by_text("Keep").is_visible()


def test_the_whole_row_and_the_difference_are_shown(open_page):
    dirty = shop()
    page = open_page(dirty, AnomalyCorrector(random_state=0).fit(dirty))
    page.locator("#query").fill("Rmoe")
    expect(page.locator("tr.item")).to_have_count(1)
    row = dirty[dirty["city"] == "Rmoe"].iloc[0]
    rest = page.locator("tr.rest").text_content()
    assert "landIT" in rest and f"quantity{row['quantity']}" in rest
    # "Rmoe" and "Rome": a character moved, the others stay.
    assert page.locator("tr.item .old").text_content() == "Rmoe"
    assert page.locator("tr.item .new").text_content() == "Rome"
    assert page.locator("del").text_content() == page.locator("ins").text_content()
    assert len(page.locator("del").text_content()) == 1


def test_ten_thousand_changes_are_drawn_in_parts(open_page, tmp_path):
    table = long_table(10_000)
    page = open_page(table)
    n = int(page.locator("#state").text_content().split()[2].replace(",", ""))
    assert n >= 9_000
    page.evaluate(
        """() => { window.choose = (id, value) => {
          document.getElementById(id).value = value;
          document.getElementById(id).dispatchEvent(new Event("change"));
        }; }"""
    )
    query = "document.getElementById('query').value"
    steps = {
        "order": "choose('order', 'least')",
        "order again": "choose('order', 'group')",
        "filter": "choose('decided', '0')",
        "search": f"{query} = 'word 7'; choose('kind', '')",
        "search less": f"{query} = ''; choose('decided', '')",
        "next page": "document.querySelector('[data-page=\"1\"]').click()",
        "accept all": "document.querySelector('[data-do=accept-group]').click()",
        "undo": "document.getElementById('undo').click()",
        "redo": "document.getElementById('redo').click()",
        "scroll": "scrollTo(0, document.body.scrollHeight)",
    }
    count = "document.getElementsByTagName('*').length"
    drawn = {
        name: page.evaluate(f"(() => {{ {step}; return {count}; }})()")
        for name, step in steps.items()
    }

    # What a browser lays out is a page of changes, however many there are.
    assert max(drawn.values()) < MOST_ELEMENTS, drawn
    _, log = ModeCorrector().apply(table, download(page, tmp_path / "decisions.csv"))
    assert len(log) == n


def test_without_javascript_the_page_is_a_table(open_page):
    dirty = shop()
    corrector = AnomalyCorrector(random_state=0).fit(dirty)
    page = open_page(dirty, corrector, java_script_enabled=False)
    expect(page.get_by_text("Without JavaScript")).to_be_visible()
    assert not page.locator("#app").is_visible()
    rows = page.locator("table.plain tbody tr")
    assert rows.count() == len(corrector.repair(dirty).report)
    assert rows.first.is_visible() and "city" in rows.first.text_content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_texts_have_contrast_and_nothing_runs_off_the_side(open_page, scheme, width):
    dirty = shop()
    corrector = AnomalyCorrector(random_state=0).fit(dirty)
    page = open_page(
        dirty,
        corrector,
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
    )
    page.keyboard.press("a")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(LEAST_CONTRAST) >= 4.5  # WCAG AA


# Of all texts on their grounds; translucent and disabled ones are left out.
LEAST_CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = parse(getComputedStyle(e).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  let least = 21;
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((c) => c.nodeType === 3 && c.data.trim());
    if (!own || element.disabled || !element.checkVisibility()) continue;
    const pair = [parse(getComputedStyle(element).color), ground(element)].map(light);
    least = Math.min(least, (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05));
  }
  return least;
}"""


def test_the_page_can_be_used_by_keys_alone_and_keys_can_be_switched_off(open_page):
    page = open_page(hostile_table())
    n = len(HOSTILE)
    for key, decided in [
        ("a", 1), ("n", 1), ("r", 2), ("u", 1), ("y", 2), ("Control+z", 1),
        ("Shift+A", n), ("c", n - 1), ("Shift+C", 0), ("Shift+R", n),
    ]:  # fmt: skip
        page.keyboard.press(key)
        assert state(page) == f"{decided} of {n} decided", key
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    page.get_by_label("Use single keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    assert state(page) == f"{n} of {n} decided"


def test_a_suggested_value_is_used_by_a_key_or_a_click(open_page, tmp_path):
    table = shop()
    corrector = AnomalyCorrector(alpha=1e-9, random_state=0).fit(table)
    decisions = corrector.review(table)
    suggested = decisions[decisions["suggestion"].notna()].reset_index()
    assert (suggested["status"] == "flagged").all() and len(suggested) > 2
    page = open_page(table, corrector)
    page.locator("#order").select_option("table")
    page.locator("tr.item").filter(has_text="not sure").first.click()
    page.keyboard.press("a")
    page.locator('[data-do="use"][aria-pressed="false"]').first.click()
    _, log = corrector.apply(table, download(page, tmp_path / "d.csv"))
    assert log["decision"].tolist() == ["edit", "edit"]
    new = log["new"].map(as_text).tolist()
    assert new == suggested["suggestion"].map(as_text).tolist()[:2]


def test_blanks_are_seen_where_they_matter(open_page):
    table = pd.DataFrame({"a": ["two words"] * 5 + ["two  words ", "two wxrds"]})
    page = open_page(table.assign(b=1).astype({"a": object}))
    shown = page.locator("tr.item .old .value").all_text_contents()
    assert shown == ["two ␣words␣", "two wxrds"]


def test_a_very_long_cell_is_cut_on_the_page_and_whole_in_the_file(open_page, tmp_path):
    long = "very long " * 20_000
    table = pd.DataFrame({"a": ["x"] * 5 + [long], "b": range(6)}).astype({"a": object})
    page = open_page(table)
    assert len(page.locator("tr.item .old").text_content()) < 400
    assert page.get_by_text("(200,000 characters)").is_visible()
    page.keyboard.press("a")
    result, log = ModeCorrector().apply(table, download(page, tmp_path / "d.csv"))
    assert log["old"].tolist() == [long] and result["a"].eq("x").all()


def test_the_row_with_the_focus_is_the_one_that_keys_decide(open_page):
    page = open_page(hostile_table())
    second = page.locator("tr.item").nth(1)
    second.get_by_text("Reject").focus()
    assert "active" in second.get_attribute("class")
    page.keyboard.press("a")
    accepted = page.locator('tr.item[data-decision="1"]')
    assert accepted.get_attribute("data-i") == "1"


def test_every_control_has_a_name(open_page):
    page = open_page(long_table(300))
    names = page.evaluate(
        """() => [...document.querySelectorAll("#app button, #app select, #app input")]
          .filter((e) => e.checkVisibility())
          .map((e) => e.getAttribute("aria-label") || e.labels?.[0]?.textContent
            || e.textContent)"""
    )
    assert len(names) > 300 and all(name.strip() for name in names)
    rows = page.locator("tr.item")
    assert sorted(set(rows.evaluate_all("r => r.map(e => e.tabIndex)"))) == [-1, 0]
