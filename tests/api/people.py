"""A person at a sandbox's consent page."""

from html.parser import HTMLParser

from tests.app.desks import browser


class _Fields(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        row = dict(attrs)
        if tag == "input" and "name" in row:
            self.found.append((row["name"], row.get("value", "on")))


def consents(desk, url, decision="allow"):
    """Open the consent page, decide, and come back; the last page's text."""
    visitor = browser(desk)
    page = visitor.get(url)
    fields = _Fields()
    fields.feed(page.text)
    form = {}
    for name, value in [*fields.found, ("decision", decision)]:
        form.setdefault(name, []).append(value)
    came_back = visitor.post(url, data=form)
    callback = visitor.get(came_back.headers["location"])
    return visitor.get(callback.headers["location"])
