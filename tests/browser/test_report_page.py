"""The HTML report in a real browser: accessible, readable in the dark, on a narrow screen and on paper."""

import pytest
from right_layers import ADD, RIGHT, SWAPPED

_NASTY = '</pre><script>alert(1)</script><img src=x onerror=alert(2)>" onload="alert(3)'
SOURCES = {
    "right": RIGHT,
    "swapped": SWAPPED,
    "unfinished": RIGHT.replace("return dout * self.y, dout * self.x", "raise NotImplementedError"),
    "wrong on arrays": RIGHT.replace("return x * y", "return x * y if not hasattr(x, 'sum') else (x * y).sum()"),
    "a missing class": ADD,
    "a note": "import no_such_module\n" + RIGHT,
    "hostile": f"raise ValueError({_NASTY!r})\n" + RIGHT.replace("return x * y", f"raise ValueError({_NASTY!r})"),
    "hostile line": RIGHT.replace("return x * y", f"return {_NASTY!r}"),
    "not gradable": b"",
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_axe_finds_nothing(page_of, violations, source):
    assert violations(page_of(source)) == []


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dark_and_in_korean(page_of, violations, scheme, lang):
    page = page_of(SWAPPED, lang, color_scheme=scheme)
    for details in page.locator("details").all():
        details.locator("summary").click()
    assert violations(page) == []
    assert page.locator("html").get_attribute("lang") == lang


def test_hints_open_with_the_keyboard(page_of):
    page = page_of(SWAPPED)
    first = page.locator("details").first
    assert not first.locator("p").is_visible()
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert first.locator("p").is_visible()


def test_the_graph_is_an_image_with_a_name_and_a_description(page_of):
    page = page_of(SWAPPED)
    image = page.get_by_role("img", name="The computational graph, forward and backward")
    assert image.is_visible()
    assert "tax: gradient 1.1 is wrong, wanted 610." in page.locator("#graph-text").text_content()


def test_a_narrow_screen_does_not_scroll_sideways(page_of):
    page = page_of(SWAPPED, viewport={"width": 320, "height": 640})
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320


def test_a_narrow_screen_scrolls_the_graph_and_does_not_shrink_it_to_nothing(page_of):
    page = page_of(SWAPPED, viewport={"width": 320, "height": 640})
    letters = page.locator(".graph .leaf").first.bounding_box()
    assert letters is not None
    assert letters["height"] >= 9
    page.emulate_media(media="print")
    assert page.evaluate("document.querySelector('.graph').getBoundingClientRect().width") <= 320


def test_it_prints_in_dark_ink_on_white(page_of):
    page = page_of(SWAPPED, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(page.pdf()) > 10_000


@pytest.mark.parametrize("name", ["hostile", "hostile line"])
def test_text_from_the_learner_runs_nothing_and_is_shown_as_it_is(page_of, name):
    page = page_of(SOURCES[name])
    assert page.locator("script, img").count() == 0
    assert "<script>alert(1)</script>" in page.locator("main").inner_text()


def test_the_policy_refuses_a_script_that_was_slipped_in(page_of, browser, tmp_path):
    page_of(RIGHT)
    text = (
        (tmp_path / "report.html").read_text("utf-8").replace("</main>", "<script>document.title = 'x'</script></main>")
    )
    (tmp_path / "altered.html").write_text(text, "utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "altered.html").as_uri())
    assert page.title() == "layers.py: 100/100"
    page.close()
