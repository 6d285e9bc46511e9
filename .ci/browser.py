"""Plays the course's page in a real browser, by keyboard alone, and checks that it fits.

Chromium, driven by Playwright, opens the page from its file. Each check also runs on a copy of the
page with a planted mistake, which it must find. Usage: browser.py CHROMIUM PAGE
"""

import base64
import hashlib
import pathlib
import re
import sys
import tempfile

from playwright.sync_api import sync_playwright

# Width and height of a desktop, a projector, a phone, and a small phone, in CSS px.
SIZES = [(1400, 900), (1024, 768), (390, 844), (320, 640)]
PROJECTOR = (1024, 768)
# Contrast that WCAG 2 asks for text.
MIN_CONTRAST = 4.5
MAX_TURNS = 40

# Returns the texts whose contrast with their background is too low. Photos are left out.
LOW_CONTRAST = """(minimum) => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => {
    const [r, g, b] = rgb(text).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(at);
      if (backgroundImage !== "none") return null;
      if (/^rgb\\(/.test(backgroundColor)) return backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  const low = [];
  for (const element of document.body.querySelectorAll("*")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const { color, display } = getComputedStyle(element);
    const behind = ground(element);
    if (!hasText || display === "none" || !element.offsetWidth || element.disabled || !behind) continue;
    const [dark, bright] = [light(color), light(behind)].sort((a, b) => a - b);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < minimum) low.push(`${element.tagName} ${element.textContent.slice(0, 30)}: ${contrast.toFixed(1)}`);
  }
  return low;
}"""


class Player:
    """Holds the page in a window, and everything that the browser reported about it."""

    def __init__(self, browser, url, size, scheme="light"):
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
        )
        self.page = self.context.new_page()
        self.url = url
        self.reports = []
        self.page.on("console", lambda message: self.reports.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.reports.append(f"error: {error}"))
        self.page.on("request", self.requested)

    def requested(self, request):
        if not request.url.startswith(("data:", self.url)):
            self.reports.append(f"request: {request.url[:80]}")

    def open(self, link=""):
        # A change of the hash alone would not load the page anew.
        self.page.goto("about:blank")
        self.page.goto(f"{self.url}#{link}")

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def text(self, selector):
        return self.page.locator(selector).inner_text()

    def said(self):
        return self.text("#said")

    def word(self):
        word = self.text("#word code")
        return "" if word == "–" else word

    def hash(self):
        return self.page.evaluate("location.hash.slice(1)")

    def is_mixed(self):
        return "mixed" in (self.page.locator("#said").get_attribute("class") or "")

    def turn(self, letter):
        """Takes a turn. A small letter, by which a client hangs up, is typed with shift."""
        self.press(f"Shift+{letter.upper()}" if letter.islower() else letter.lower())


def levels(player):
    """Returns each level: its name, and the fewest turns to a mixed answer or None."""
    player.open()
    return player.page.evaluate("LEVELS.map((level) => [level.name, level.nodes[0][3]])")


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def every_level_is_played_by_hints_to_its_end(browser, url):
    player = Player(browser, url, SIZES[0])
    for index, (name, fewest) in enumerate(levels(player)):
        player.open(name)
        while not player.is_mixed() and fewest is not None:
            expect(len(player.word()) < MAX_TURNS, f"{name}: {player.word()} does not end")
            player.press("h")
            hint = player.said()
            found = re.search(r"if (\w) (runs|hangs up) next", hint)
            expect(found, f"{name}: no hint in {hint!r}")
            before = player.word()
            letter = found[1] if found[2] == "runs" else found[1].lower()
            player.turn(letter)
            expect(player.word() == before + letter, f"{name}: {letter} made {player.word()!r}")
        if fewest is None:
            player.press("h")
            expect("No order of this level" in player.said(), f"{name}: {player.said()}")
            player.press(*"aabbaabb")
            expect("nothing is mixed" in player.said(), f"{name}: {player.said()}")
        else:
            expect(len(player.word()) == fewest, f"{name}: {player.word()} for {fewest} turns")
            expect("No order does it in fewer turns." in player.said(), player.said())
            expect(player.page.locator(".foreign").count() > 0, f"{name}: no row is framed")
        expect(player.hash() == f"{name}:{player.word()}:{index + 1}", player.hash())
        marked = player.page.locator("#levels li").nth(index).inner_text()
        expect("✓" in marked, f"{name} is not marked as solved: {marked}")
    return player


def a_level_that_ends_without_a_mix_can_be_undone(browser, url):
    player = Player(browser, url, SIZES[0])
    player.open("ring")
    player.press(*"aaaabbbb")
    expect(player.word() == "AAAABBBB" and not player.is_mixed(), player.said())
    expect("Undo, or begin again." in player.said(), player.said())
    player.press("a")
    expect(player.word() == "AAAABBBB", "a request runs after its end")
    player.press("u", "u")
    expect(player.word() == "AAAABB" and player.hash() == "ring:AAAABB", player.hash())
    shown = player.text("#requests")
    player.open("ring:AAAABB")
    expect(player.text("#requests") == shown, f"undone to other thumbnails: {shown}")
    player.press("o")
    expect(re.search(r"0 of the 1 orders", player.said()), player.said())
    player.press("r")
    expect(player.word() == "" and player.hash() == "ring:", player.hash())
    player.press("n")
    expect(player.hash() == "larger_ring:", player.hash())
    return player


def a_link_leads_to_its_position(browser, url):
    player = Player(browser, url, SIZES[0])
    for link, word in [
        ("ring:AAB", "AAB"),
        ("abandoned_reply:AaBB", "AaBB"),
        ("given_back_twice:AABCB", "AABCB"),
        ("ring:AAB:1,3", "AAB"),
    ]:
        player.open(link)
        said, shown = player.said(), player.text("#requests")
        expect(player.word() == word, f"{link}: {player.word()}")
        # What the page writes into its address leads back to the same position.
        player.open(player.hash())
        expect((player.word(), player.said()) == (word, said), f"{link}: {player.hash()}")
        expect(player.text("#requests") == shown, f"{link}: other thumbnails")
    expect(player.hash() == "ring:AAB:1,3", player.hash())
    player.page.evaluate("location.hash = '#owned:AB'")
    player.page.wait_for_function("document.querySelector('#word code').textContent === 'AB'")
    player.open("ring%3AAAB")
    expect(player.word() == "AAB", f"an encoded link leads to {player.word()!r}")
    for link in ["nonsense:AB", "ring:AAXB", "ring:%", "ring:AAB:99,x,1e9", "%E0%A4%A", ":::"]:
        player.open(link)
        expect(player.said(), f"{link}: the page says nothing")
        player.press("r", "a")
        expect(player.word() == "A", f"{link}: the page does not play")
    return player


def a_button_is_reached_by_tab_and_keeps_its_focus(browser, url):
    player = Player(browser, url, SIZES[0])
    player.open("ring")
    key = "document.activeElement.dataset.key"
    for _ in range(60):
        if player.page.evaluate(key) == "A":
            break
        player.press("Tab")
    expect(player.page.evaluate(key) == "A", "Tab does not reach the button of A")
    style = player.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    expect(style == "solid", f"the focus is not visible: {style}")
    player.press("Enter", "Space")
    expect(player.word() == "AA", player.word())
    expect(player.page.evaluate(key) == "A", "the focus is lost")
    player.open("ring:AAB")
    player.page.focus("[data-key=A]")
    player.press("Enter", "Enter")
    expect(player.is_mixed(), player.word())
    after = player.page.evaluate(key)
    expect(after == "tool-n", f"the level has ended, and the focus is on {after}")
    player.page.locator("#levels button").nth(2).focus()
    player.press("Enter")
    expect(player.page.evaluate(key) == "level-2", "the button of a level loses the focus")
    live = player.page.locator("#said").get_attribute("aria-live")
    expect(live == "polite", "the sentence is not announced")
    return player


def every_size_shows_each_level_without_scrolling_sideways(browser, url):
    for scheme in ["light", "dark"]:
        for size in SIZES:
            player = Player(browser, url, size, scheme)
            for name, fewest in levels(player):
                for link in [name, losing(player, name, fewest)]:
                    player.open(link)
                    where = f"{link} at {size[0]} px, {scheme}"
                    width, height = player.page.evaluate(
                        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
                    )
                    expect(width <= size[0], f"{where}: the page is {width} px wide")
                    if size == PROJECTOR:
                        expect(height <= size[1], f"{where}: the page is {height} px high")
                    low = player.page.evaluate(LOW_CONTRAST, MIN_CONTRAST)
                    expect(not low, f"{where}: {low}")
            expect(not player.reports, f"{size}, {scheme}: {player.reports}")
            ground = player.page.evaluate("getComputedStyle(document.body).backgroundColor")
            is_dark = sum(map(int, re.findall(r"\d+", ground)[:3])) < 3 * 128
            expect(is_dark == (scheme == "dark"), f"{scheme}: the page is {ground}")
            player.context.close()
    return None


def a_phone_shows_the_next_turn_of_each_level_without_scrolling(browser, url):
    for size in [size for size in SIZES if size[0] < 640]:
        player = Player(browser, url, size)
        for name, _ in levels(player):
            player.open(name)
            bottom = player.page.evaluate(
                "document.querySelector('#moves').getBoundingClientRect().bottom"
            )
            expect(bottom <= size[1], f"{name} at {size[0]} px: the buttons end at {bottom} px")
        expect(not player.reports, f"{size}: {player.reports}")
    return None


def losing(player, name, fewest):
    """Returns a link to the mixed position of a level, or to its last position."""
    if fewest is None:
        return f"{name}:AABBAABB"
    return player.page.evaluate(
        """(name) => {
          const { nodes } = LEVELS.find((level) => level.name === name);
          let [at, word] = [0, ""];
          while (nodes[at][3] > 0) {
            const [letter, to] = nodes[at][0].find(([, to]) => nodes[to][3] === nodes[at][3] - 1);
            [at, word] = [to, word + letter];
          }
          return `${name}:${word}`;
        }""",
        name,
    )


CHECKS = [
    every_level_is_played_by_hints_to_its_end,
    a_level_that_ends_without_a_mix_can_be_undone,
    a_link_leads_to_its_position,
    a_button_is_reached_by_tab_and_keeps_its_focus,
    every_size_shows_each_level_without_scrolling_sideways,
    a_phone_shows_the_next_turn_of_each_level_without_scrolling,
]

# Each mistake: what it is, the text that it replaces, the new text, and the check that finds it.
MISTAKES = [
    ("a key that does nothing", "includes(upper)) press(", "includes(key)) press(", CHECKS[0]),
    ("a hint that is wrong", ": `${next[0]} runs`", ": `${LEVELS[level].users[0]} runs`", CHECKS[0]),
    ("rows that are not framed", 'classList.add("foreign")', 'classList.add("frame")', CHECKS[0]),
    ("an undo of the word alone", "path.pop();", "", CHECKS[1]),
    ("a hash without the word", "#${LEVELS[level].name}:${word}", "#${LEVELS[level].name}:", CHECKS[2]),
    ("a link that leads to the first level", "Math.max(index, 0)", "0", CHECKS[2]),
    ("a focus that is lost", "target.focus();", ";", CHECKS[3]),
    ("a focus on a disabled button", "again && !again.disabled ? again", "again ? again", CHECKS[3]),
    ("a level that loses the focus", '"data-key": `level-${index}`, ', "", CHECKS[3]),
    ("a turn outside of a phone's window", "position: sticky; bottom: 0;", "", CHECKS[5]),
    ("a picture from the network", "openLink();\n", 'openLink();\nnew Image().src = "http://127.0.0.1:9/";\n', CHECKS[0]),
    ("a message on the console", "openLink();\n", 'openLink();\nconsole.log("here");\n', CHECKS[3]),
    ("a line that is too wide", "#board {", "#board { min-width: 700px;", CHECKS[4]),
    ("a page that is too high", "#board {", "#board { min-height: 900px;", CHECKS[4]),
    ("a text that is too pale", "#goal, #said", "#goal { color: #999999; } #goal, #said", CHECKS[4]),
]


def problem(check, browser, url):
    """Runs a check. Returns what it found, or None."""
    try:
        player = check(browser, url)
        expect(player is None or not player.reports, player and player.reports)
    except AssertionError as error:
        return " ".join(str(error).split())[:160]
    finally:
        for context in browser.contexts:
            context.close()
    return None


def plant(text, old, new):
    """Plants a mistake, and allows the changed script in the page's policy."""
    expect(old in text, f"the page has no {old!r} in which to plant a mistake")
    text = text.replace(old, new)
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return re.sub(r"script-src 'sha256-[^']*'", f"script-src 'sha256-{digest}'", text)


def main():
    chromium, page = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    failed = False
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print(f"Chromium {browser.version}, {page.name}")
        for check in CHECKS:
            found = problem(check, browser, page.as_uri())
            print(f"{'ok' if found is None else 'FAILED'}: {check.__name__.replace('_', ' ')}")
            if found is not None:
                print(f"    {found}")
                failed = True
        for name, old, new, check in MISTAKES:
            planted = pathlib.Path(folder, "planted.html")
            planted.write_text(plant(page.read_text(), old, new))
            found = problem(check, browser, planted.as_uri())
            print(f"{'found' if found else 'FAILED, not found'}: {name}: {found}")
            failed |= found is None
        browser.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
