"""The documentation in a browser: every operation is shown, can be tried out, and nothing is asked of anybody else.

`make test-docs` runs this with Debian's chromium; SCREENSHOTS names a folder for pictures.
"""
import json
import os
import pathlib
import tempfile

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

import marbre

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1300,1600"]
PICTURES = os.environ.get("SCREENSHOTS")


class Browser:
    """Chromium, with what it asked of the network and what it complained of."""

    def __init__(self, profile):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for flag in [*FLAGS, f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.see("about:blank")
        self.take_requests(), self.take_complaints()  # those of the page that a new window shows

    def see(self, address):
        self.driver.get(address)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return marbre.wait_for(lambda: next(iter(self.all(selector)), None), selector)

    def press(self, selector):
        self.driver.execute_script("arguments[0].click()", self.one(selector))

    def take_requests(self):
        """Every address that was asked since the last time."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

    def take_complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def picture(self, name):
        if PICTURES:
            self.driver.save_screenshot(f"{PICTURES}/{name}.png")


@pytest.fixture
def browser():
    with tempfile.TemporaryDirectory(prefix="marbre-chromium-", ignore_cleanup_errors=True) as profile:
        browser = Browser(pathlib.Path(profile))
        yield browser
        browser.driver.quit()


@pytest.fixture
def swagger(reader):
    if "swagger-ui" not in reader.get("/docs", 200).text:
        pytest.skip("this marbre was built without Swagger UI: npm was missing or could not fetch it")


def operation_ids(server):
    return {operation["operationId"] for item in server.contract.spec["paths"].values() for operation in item.values()}


def assert_kept_to_itself(browser, server):
    outside = [url for url in browser.take_requests() if not url.startswith((server.url + "/", "data:"))]
    assert not outside
    assert not browser.take_complaints()


def test_swagger_ui_shows_every_operation_and_asks_nobody_else(browser, server, swagger):
    browser.see(server.url + "/docs")
    browser.one(".opblock")
    shown = {block.get_attribute("id").rsplit("-", 1)[-1] for block in browser.all(".opblock")}
    assert shown == operation_ids(server)
    browser.picture("docs")
    assert_kept_to_itself(browser, server)


def test_an_operation_can_be_tried_out(browser, server, swagger, filing):
    browser.see(server.url + "/docs")
    block = "#operations-Delivery-list_sections "
    browser.press(block + ".opblock-summary-control")
    browser.press(block + ".execute")
    answer = block + ".live-responses-table tbody "
    assert browser.one(answer + ".response-col_status").text.startswith("200")
    body = browser.one(answer + ".highlight-code")
    assert "Politique" in body.text
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", body)
    browser.picture("tried-out")
    assert_kept_to_itself(browser, server)


def test_every_operation_opens_without_a_complaint(browser, server, swagger):
    browser.see(server.url + "/docs")
    browser.one(".opblock")
    for block in browser.all(".opblock"):
        control = block.find_element(By.CSS_SELECTOR, ".opblock-summary-control")
        browser.driver.execute_script("arguments[0].click()", control)
        marbre.wait_for(lambda: block.find_elements(By.CSS_SELECTOR, ".responses-wrapper"), "it to open")
        browser.driver.execute_script("arguments[0].click()", control)
    assert_kept_to_itself(browser, server)


@pytest.mark.parametrize("path", ["/docs/plain", "/problems", "/problems/version-conflict"])
def test_a_page_of_our_own_is_whole_and_asks_nobody_else(browser, server, path):
    browser.see(server.url + path)
    browser.picture(path.strip("/").replace("/", "-"))
    assert browser.driver.execute_script("return document.styleSheets.length") == 1
    assert browser.driver.execute_script("return document.documentElement.lang") == "en"
    assert len(browser.all("h1")) == 1
    if path == "/docs/plain":
        assert operation_ids(server) <= {article.get_attribute("id") for article in browser.all("article")}
    assert_kept_to_itself(browser, server)


def test_what_a_page_may_not_do_is_noticed_here(browser, server):
    browser.see(server.url + "/docs/plain")
    browser.driver.execute_script("new Image().src = 'http://127.0.0.1:9/elsewhere.png'")
    complaint = marbre.wait_for(browser.take_complaints, "a complaint")
    assert "Content Security Policy" in complaint[0]


# ------------------------------------------------------------------------------------------------ the front page of dev

@pytest.fixture(scope="module")
def newsroom(scratch):
    """A newsroom with the sample in it, and a story by somebody who means no good."""
    server = marbre.Server.dev(scratch / "front")
    editor = server.client("editor")
    story = editor.make_article(**dict.fromkeys(("title", "kicker", "standfirst"), HOSTILE), slug="hostile", lang="en", body=[
        {"_type": "block", "style": "h2", "children": [{"_type": "span", "text": HOSTILE}]},
        {"_type": "image", "url": "https://images.example.org/x.jpg", "alt": HOSTILE, "caption": HOSTILE}])
    editor.act(story, "publish")
    yield server
    server.stop()


HOSTILE = "<img src=/docs/icon.svg onerror=alert(1)><script>document.title = 'taken'</script>"


def see_page(browser, newsroom, address):
    browser.see("about:blank")
    browser.see(f"{newsroom.url}/{address}")
    browser.one("main[aria-busy=false] h1")
    browser.one(".index dd")  # the lists at the foot of it


def follow(browser, selector, title):
    browser.press(selector)
    marbre.wait_for(lambda: browser.driver.title == title and browser.all("main[aria-busy=false]"), title)


def links_of(browser, selector):
    return sorted({link.get_attribute("href") for link in browser.all(selector + " a[href]")})


def test_the_front_page_leads_to_stories_and_all_their_forms(browser, newsroom):
    see_page(browser, newsroom, "")
    browser.picture("front")
    assert len(browser.all(".card")) == 20 and len(browser.all(".lead")) == 1
    reader = newsroom.client()
    forms = [link.removeprefix(newsroom.url) for link in links_of(browser, ".card:nth-child(3) .forms")]
    assert len(forms) == 6
    for form in forms:
        reader.get(form, 308 if "by-id" in form else 200)
    browser.press(".more a")
    marbre.wait_for(lambda: "cursor" in browser.driver.current_url and browser.all("main[aria-busy=false]"), "the next page")
    assert_kept_to_itself(browser, newsroom)


def test_a_story_can_be_read_with_all_that_belongs_to_it(browser, newsroom):
    see_page(browser, newsroom, "#/story/barenne-a-pont-lorme")
    browser.picture("story")
    assert [label.text for label in browser.all(".story .labels a")] == ["INTERNATIONAL", "POLITIQUE"]
    for selector in ("h1", ".standfirst", "figure.image svg[role=img][aria-label]", ".outline a", ".pullquote-statement figcaption",
                     ".pullquote-excerpt figcaption", ".wide table", ".bio", ".tags a", ".shelf a"):
        assert browser.all(".story " + selector), selector
    assert browser.one(".story").get_attribute("lang") == "fr"
    looks = {browser.driver.execute_script("return getComputedStyle(arguments[0]).borderTopWidth", browser.one(f".pullquote-{role}"))
             for role in ("statement", "excerpt")}
    assert len(looks) == 2, "two roles, two looks"
    follow(browser, '.body a[href^="#/id/"]', "Partager l’Orvance\u00a0: ce que deux pays ont appris d’un fleuve")
    assert browser.driver.execute_script("return document.activeElement.tagName") == "H1", "whoever listens hears the new page"
    assert_kept_to_itself(browser, newsroom)


def test_stories_are_listed_by_section_tag_and_author(browser, newsroom):
    see_page(browser, newsroom, "")
    follow(browser, '.sections a[href="#/?section=sante"]', "Santé")
    assert len(browser.all(".card")) == 2
    follow(browser, '.index a[href="#/?tag=musique"]', "Musique")
    assert len(browser.all(".card")) == 3
    follow(browser, '.index a[href="#/?author=hortense-vaillancey"]', "Hortense Vaillancey")
    assert browser.all(".of .portrait svg") and len(browser.all(".card")) == 4
    assert_kept_to_itself(browser, newsroom)


def test_no_story_asks_anything_of_another_server(browser, newsroom):
    for story in ("aurelle-six-mille-ans-sous-les-bottes", "le-pain-de-crue", "comment-nous-avons-compte-les-retards",
                  "basse-saison-le-trio-qui-joue-avec-le-vent", "the-peach-and-the-dam"):
        see_page(browser, newsroom, f"#/story/{story}")
        browser.picture(story)
        assert browser.all(".story .body") and not browser.all("main img")
        assert_kept_to_itself(browser, newsroom)


def test_markup_in_a_text_is_shown_and_does_nothing(browser, newsroom):
    for address in ("", "#/story/hostile"):
        see_page(browser, newsroom, address)
        assert HOSTILE in browser.one("main").text and not browser.all("main img, main script")
        assert browser.driver.title != "taken"
        assert_kept_to_itself(browser, newsroom)


def test_a_story_that_is_not_there_is_said_to_be_missing(browser, newsroom):
    see_page(browser, newsroom, "#/story/nulle-part")
    assert browser.one("[role=alert]").text
