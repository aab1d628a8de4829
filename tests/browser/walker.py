"""A person at the desk: finds things by their words, in the language of their browser."""

import re
from pathlib import Path
from typing import Any

from dashboard import registry, texts

# How soon after a click the page must have begun to answer, and how long it then must be still.
BEGIN_MS, STILL_MS = 300, 200
# Resolves when nothing has been drawn for so long, and no script runs.
STILL = """still => new Promise(done => {
  const running = () => document.querySelector("[data-test-script-state=running]");
  let timer;
  const watch = new MutationObserver(() => again());
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => running() ? again() : (watch.disconnect(), done(true)), still);
  };
  watch.observe(document.body, {subtree: true, childList: true, attributes: true});
  again();
  setTimeout(() => (watch.disconnect(), done(false)), 10000);
})"""


PERSON = {
    "name": "Анна Админова",
    "email": "anna@example.com",
    "password": "correct horse battery staple",
    "repeated": "correct horse battery staple",
}


def join(page: Any, link: str) -> None:
    """Become the administrator by a one-time link."""
    page.goto(link)
    for name, value in PERSON.items():
        page.locator(f"input[name={name}]").fill(value)
    page.locator("form button[type=submit]").last.click()
    page.get_by_test_id("stMain").wait_for()


class Walker:
    """One browser window of one person.

    Args:
        page: A Playwright page, signed in.
        language: ru or en; the words are looked up in it.
    """

    def __init__(self, page: Any, url: str, language: str, agent_id: str) -> None:
        self.page, self.url, self.language, self.agent_id = page, url, language, agent_id
        self.frames: list[str] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: Any) -> None:
        for direction in ("framereceived", "framesent"):
            socket.on(direction, lambda frame: self.frames.append(_text(frame)))

    # --- words ------------------------------------------------------------------------------

    def say(self, key: str, **values: Any) -> str:
        return texts.say(self.language, key, **values)

    def said(self, provider: str, section: str, name: str) -> str:
        return registry.words(provider, self.language).say(section, name)

    # --- moving -----------------------------------------------------------------------------

    def open(self, path: str = "/") -> None:
        mark = "&" if "?" in path else "?"
        self.page.goto(f"{self.url}{path}{mark}agent={self.agent_id}&lang={self.language}")
        self.page.get_by_test_id("stMain").get_by_role("heading").first.wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until the page has nothing more to draw."""
        self.page.wait_for_timeout(BEGIN_MS)
        self.page.evaluate(STILL, STILL_MS)
        running = self.page.locator("[data-test-script-state=running]")
        running.wait_for(state="detached", timeout=30_000)

    @property
    def dialog(self) -> Any:
        return self.page.get_by_role("dialog")

    def press(self, words: str, within: Any = None) -> None:
        button = (within or self.page).get_by_role("button", name=re.compile(re.escape(words)))
        button.first.click()
        self.settle()

    def choose_sandbox(self, provider: str) -> None:
        self.open(f"/?connect={provider}")
        self.dialog.get_by_text(self.say("shared.environments.sandbox"), exact=True).click()
        self.settle()

    def next(self) -> None:
        self.press(self.say("setup.next"), self.dialog)

    def finish(self) -> None:
        self.dialog.get_by_text(self.say("setup.finish"), exact=True).wait_for(timeout=30_000)
        self.press(self.say("setup.finish"), self.dialog)

    def connect_kommo(self) -> None:
        """Walk the owner's four steps in the sandbox."""
        self.choose_sandbox("kommo")
        self.press(self.say("setup.connect"), self.dialog)
        self.wait_for_text(self.say("shared.fields.sync_deals"))
        self.next()
        self.page.get_by_test_id("stDataFrame").first.wait_for()
        self.next()
        self.wait_for_text("/hooks/")
        self.next()
        self.finish()

    def gesture(self, provider: str, name: str, **values: str) -> None:
        """Do something in the sandbox's world by its form."""
        self.open(f"/?configure={provider}")
        self.page.get_by_role("tab", name=self.say("connectionpage.tab_sandbox")).click()
        self.settle()
        self.press(self.said(provider, "gestures", name))
        for field, value in values.items():
            label = self.said(provider, "gestures", f"{name}.{field}")
            self.page.get_by_label(label).last.fill(value)
            self.page.keyboard.press("Tab")
            self.settle()
        self.press(self.say("sandboxpanel.play"))

    def fault(self, provider: str, name: str) -> None:
        self.open(f"/?configure={provider}")
        self.page.get_by_role("tab", name=self.say("connectionpage.tab_sandbox")).click()
        self.settle()
        self.press(self.say(f"shared.faults.{name}"))

    # --- seeing -----------------------------------------------------------------------------

    def text(self) -> str:
        return self.page.get_by_test_id("stApp").inner_text()

    def wait_for_text(self, words: str, seconds: float = 30) -> None:
        self.page.get_by_text(words).first.wait_for(timeout=seconds * 1000)

    def shot(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{name}-{self.language}.png")


def _text(frame: Any) -> str:
    return frame if isinstance(frame, str) else frame.decode("utf-8", errors="replace")
