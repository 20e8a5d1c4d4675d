"""The built site in a real browser: `nox -s site` builds it and runs this.

Every page loads without a word on the console and without a request that leaves the machine, fits wide and narrow
screens, and can be read in light and dark; links lead to what is there, the search finds, and the copy button copies
code.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections import defaultdict
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SITE = Path(__file__).parents[3] / "build" / "site"
PAGES = sorted(str(path.relative_to(SITE)) for path in SITE.rglob("*.html"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# One page of each kind: text, tables, formulas, figures, code.
KINDS = (
    "index.html",
    "start.html",
    "speed.html",
    "how-it-works.html",
    "choosing.html",
    "reference/generated/fastinit.he_normal.html",
)
# The theme scrolls what is wider than the page's text, so the window alone does not tell.
IS_WIDER = """() => [document.documentElement, document.querySelector(".content")].some(
    element => element.scrollWidth > element.clientWidth
)"""
# The first sign of a formula that is shown as it was written.
LATEX = r"""() => {
    const text = document.querySelector("article").cloneNode(true);
    text.querySelectorAll("pre, code").forEach(code => code.remove());
    return text.textContent.match(/\\\w+|\$[^$]+\$/)?.[0];
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(SITE))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "no Chromium was found; install Debian's package chromium, or Chrome"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, permissions=["clipboard-read", "clipboard-write"])
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def reader(browser: Browser, address: str) -> Page:
    """One page for all visits: what is in the browser's cache is not asked for again."""
    return browser.new_context(base_url=address).new_page()


def test_the_site_is_built() -> None:
    assert set(KINDS) < set(PAGES)
    assert len(PAGES) > 150


@pytest.mark.parametrize("name", PAGES)
def test_page_loads_in_silence_from_here_alone_and_fits_every_width(reader: Page, address: str, name: str) -> None:
    faults: list[str] = []
    listeners = {
        "console": lambda message: faults.append(f"console: {message.text}"),
        "pageerror": lambda error: faults.append(f"script: {error}"),
        "response": lambda response: response.status < 400 or faults.append(f"missing: {response.url}"),
        "requestfailed": lambda request: faults.append(f"failed: {request.url}"),
        "request": lambda request: request.url.startswith((address, "data:")) or faults.append(f"away: {request.url}"),
    }
    for event, listener in listeners.items():
        reader.on(event, listener)
    reader.goto(name)
    for width in (1700, 1600, 1024, 360):
        reader.set_viewport_size({"width": width, "height": 900})
        if reader.evaluate(IS_WIDER):
            faults.append(f"wider than {width} pixels")
    if latex := reader.evaluate(LATEX):
        faults.append(f"not drawn: {latex}")
    for event, listener in listeners.items():
        reader.remove_listener(event, listener)
    assert faults == []


class Links(HTMLParser):
    """The addresses that a page's tags name, and the places in it that an address may name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.found: dict[str, set[str]] = defaultdict(set)
        self.feed((SITE / name).read_text())

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            if key == "id" or (key in ("href", "src") and not urlsplit(value or "").scheme):
                self.found["id" if key == "id" else "link"].add(value or "")


def test_links_lead_to_files_and_places_that_are_there() -> None:
    pages = {name: Links(name).found for name in PAGES}
    dead = set()
    for name, found in pages.items():
        for link in found["link"]:
            address = urlsplit(urljoin(name, link))
            target, place = unquote(address.path), unquote(address.fragment)
            if not (SITE / target).is_file() or (place and place not in pages.get(target, {"id": {place}})["id"]):
                dead.add(f"{name}: {link}")
    assert dead == set()


def test_dark_is_dark(page: Page) -> None:
    brightness = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto("start.html")
        for part in ("body", "article .highlight"):
            text, ground = (
                page.locator(part).first.evaluate(f"part => getComputedStyle(part).{style}")
                for style in ("color", "backgroundColor")
            )
            brightness[scheme, part] = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (text, ground)]
    for (scheme, part), (text, ground) in brightness.items():
        assert (text < ground) == (scheme == "light"), part


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", KINDS)
def test_text_has_contrast(page: Page, name: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(name)
    found = Axe().run(page, options={"runOnly": ["color-contrast"]})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("bfloat16", "Arrays"),
        ("he_normal", "he_normal"),
        ("fully_shard", "PyTorch"),
        ("nvcc", "GPUs"),
    ],
)
def test_search_finds(page: Page, words: str, title: str) -> None:
    page.goto("index.html")
    page.fill("input.sidebar-search", words)
    page.press("input.sidebar-search", "Enter")
    page.wait_for_selector("#search-results li a")
    page.wait_for_function("!document.querySelector('#search-progress')?.textContent.includes('...')")
    assert title in page.locator("#search-results li a").all_inner_texts()


def test_copy_button_copies_the_code_of_its_block(page: Page) -> None:
    page.goto("start.html")
    block = page.locator(".highlight-python").first
    block.hover()
    block.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == block.locator("pre").inner_text().strip()
    assert copied.startswith("import fastinit")


def test_copy_button_leaves_prompts_and_output(page: Page) -> None:
    page.goto("reference/generated/fastinit.he_normal.html")
    block = page.locator("div.highlight").last
    block.hover()
    block.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()").splitlines()
    shown = re.findall(r"^>>> (.*)$", block.locator("pre").inner_text(), re.MULTILINE)
    assert copied == shown


def test_formulas_are_drawn_by_the_browser_itself(page: Page) -> None:
    page.goto("reference/generated/fastinit.he_normal.html")
    box = page.locator("math mfrac").first.bounding_box()
    assert box is not None
    assert box["height"] > page.locator("math mi").first.bounding_box()["height"]
