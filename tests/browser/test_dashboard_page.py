"""The dashboard of a class in a real browser: accessible, in the dark, on a narrow screen, on paper, and large."""

import pytest


def open_all(page):
    for details in page.locator("details:not([open])").element_handles():
        details.query_selector("summary").click()


@pytest.mark.parametrize(("count", "scheme"), [(0, "light"), (1, "light"), (36, "light"), (36, "dark"), (600, "dark")])
def test_axe_finds_nothing(dashboard_of, violations, count, scheme):
    page = dashboard_of(count, color_scheme=scheme)
    open_all(page)
    assert violations(page) == []


def test_axe_finds_nothing_in_korean_and_without_names(dashboard_of, violations):
    page = dashboard_of(36, "ko", anonymous=True)
    open_all(page)
    assert violations(page) == []
    assert page.locator("html").get_attribute("lang") == "ko"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_signs_and_numbers_in_cells_stand_out_from_their_colour(dashboard_of, scheme):
    # axe does not look at what a style sheet draws. 4.5 to 1 is what WCAG 2.2 asks of text (1.4.3).
    page = dashboard_of(600, color_scheme=scheme)
    contrasts = page.evaluate("""() => {
        const light = (colour) => {
            const parts = colour.match(/[0-9.]+/g).slice(0, 3).map((part) => part / 255)
            const [r, g, b] = parts.map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            return 0.2126 * r + 0.7152 * g + 0.0722 * b
        }
        return ['p', 'f', 'b', 's', 't0', 't1', 't2', 't3', 't4'].map((kind) => {
            const cell = document.querySelector('.map td')
            cell.className = kind
            const style = getComputedStyle(cell)
            const [low, high] = [light(style.color), light(style.backgroundColor)].sort((a, b) => a - b)
            return [kind, (high + 0.05) / (low + 0.05)]
        })
    }""")
    assert [kind for kind, contrast in contrasts if contrast < 4.5] == []


def test_each_kind_of_cell_has_a_sign_of_its_own(dashboard_of):
    page = dashboard_of(36)
    signs = page.evaluate(
        "['p', 'f', 'b', 's'].map((one) => getComputedStyle(document.querySelector(`.cell.${one}`), '::before').content)"
    )
    assert len(set(signs)) == 4
    assert all(sign != "none" for sign in signs)


def test_a_screen_reader_hears_the_word_of_a_cell_and_whose_it_is(dashboard_of):
    page = dashboard_of(36)
    table = page.get_by_role("region", name="Learners and checks").get_by_role("table")
    row = table.get_by_role("row").nth(1)
    assert row.get_by_role("rowheader").inner_text().startswith("Anna-Lena")
    assert row.get_by_role("cell", name="FAIL").count() >= 1
    assert row.get_by_role("cell", name="PASS").count() >= 1
    assert page.get_by_role("img", name="Distribution of scores").is_visible()


@pytest.mark.parametrize("count", [36, 1000])
def test_a_narrow_screen_does_not_scroll_sideways(dashboard_of, count):
    page = dashboard_of(count, viewport={"width": 320, "height": 640})
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320


def test_the_keyboard_reaches_sections_details_the_map_and_reports(dashboard_of):
    page = dashboard_of(36)
    met = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        met.add(
            page.evaluate("(document.activeElement.getAttribute('href') || document.activeElement.tagName).slice(0, 9)")
        )
    assert {"#learners", "SUMMARY", "DIV", "./reports"} <= met
    details = page.locator("details").first
    details.locator("summary").focus()
    page.keyboard.press("Enter")
    assert details.locator("table").is_visible()


def test_a_link_of_the_contents_leads_to_its_section(dashboard_of):
    page = dashboard_of(36)
    page.get_by_role("navigation").get_by_role("link", name="Commonest mistakes").click()
    assert page.evaluate("document.querySelector('#mistakes').getBoundingClientRect().top") < 100


def test_it_prints_whole_and_in_dark_ink_on_white(dashboard_of):
    page = dashboard_of(1000, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    # Nothing is left in a part that would have to be scrolled.
    assert page.evaluate(
        "[...document.querySelectorAll('.wide')].every((one) => one.scrollHeight <= one.clientHeight + 1)"
    )
    assert len(page.pdf()) > 50_000


def test_ten_thousand_learners_are_a_page_that_can_be_used(dashboard_of):
    page = dashboard_of(10_000)
    assert page.locator("table").last.locator("tbody tr").count() == 1000
    assert page.evaluate("document.querySelectorAll('*').length") < 40_000
