"""The source of a web page → its readable lines, with the kind that its markup gives to some.

With the [html] extra (readability-lxml, html-text) the article is found by link and text density; without it by the
standard library: <article> or <main> where there is one, navigation, forms, asides and footers left out.
"""

from __future__ import annotations

from html.parser import HTMLParser

_SKIPPED = frozenset(
    (
        *("script", "style", "noscript", "template", "nav", "aside", "footer", "form", "button", "select", "svg"),
        *("iframe", "object", "head", "textarea", "dialog", "menu", "math"),
    )
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = frozenset(
    (
        *("p", *_HEADINGS, "li", "dt", "dd", "blockquote", "figcaption", "td", "th", "tr", "div", "section", "article"),
        *(
            "main",
            "header",
            "pre",
            "address",
            "table",
            "ul",
            "ol",
            "figure",
            "body",
            "html",
            "caption",
            "details",
            "summary",
            "time",
        ),
    )
)
_VOID = frozenset(("br", "hr", "img", "input", "meta", "link", "source", "wbr", "area", "base", "col", "embed", "track"))
_KINDS = {**dict.fromkeys(_HEADINGS, "headline"), "figcaption": "caption", "caption": "caption"}
_HIDDEN = ("display:none", "display: none", "visibility:hidden", "visibility: hidden")
_ENOUGH = 0.5  # share of the page's characters that <article> or <main> must hold to stand for it


def readable(source: str) -> list[tuple[str, str]]:
    """(line, kind) of the readable part of a page, in order; kind is '' where the markup says nothing."""
    page = _Page()
    page.feed(source)
    page.close()
    page.flush()
    lines = _without_shell(page.lines)
    better = _density(source)
    if better is None:
        return lines
    kinds = {line: kind for line, kind in lines if kind}
    title = [(line, kind) for line, kind in lines if kind == "headline"][:1]
    head = [] if title and title[0][0] in better else title
    return head + [(line, kinds.get(line, "")) for line in better]


def _without_shell(found: list[tuple[str, str, bool]]) -> list[tuple[str, str]]:
    """The lines inside <article> or <main>, where these hold most of the text; else all."""
    inside = [(line, kind) for line, kind, within in found if within]
    total = sum(len(line) for line, _, _ in found)
    if inside and sum(len(line) for line, _ in inside) >= _ENOUGH * total:
        first = next(i for i, (_, _, within) in enumerate(found) if within)
        title = [(line, kind) for line, kind, _ in found[:first] if kind == "headline"][-1:]
        return title + inside
    return [(line, kind) for line, kind, _ in found]


def _density(source: str) -> list[str] | None:
    """The article's lines as readability and html-text find them; None where the extra is missing or finds nothing."""
    try:
        import html_text
        from readability import Document
    except ImportError:
        return None
    try:
        text = html_text.extract_text(Document(source).summary(html_partial=True))
    except Exception:  # a page that they cannot take is read by the standard library
        return None
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    return lines if sum(map(len, lines)) > 200 else None


class _Page(HTMLParser):
    """Collects (line, kind, inside article or main) of what a reader sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[tuple[str, str, bool]] = []
        self._text: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._skipping = self._articles = 0
        self._kind = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a block, or begin to skip."""
        if tag in _VOID:
            if tag in ("br", "hr"):
                self._text.append("\n")
            return
        self._close_implied(tag)
        skip = tag in _SKIPPED or _is_hidden(attrs)
        if tag in _BLOCKS:
            self.flush()
            self._kind = _KINDS.get(tag, self._kind if self._kind == "caption" else "")
        self._open.append((tag, skip))
        self._skipping += skip
        self._articles += tag in ("article", "main")

    def handle_endtag(self, tag: str) -> None:
        """Close a block and what was left open inside it."""
        depth = next((i for i in range(len(self._open) - 1, max(-1, len(self._open) - 200), -1) if self._open[i][0] == tag), None)
        if depth is None:
            return
        if tag in _BLOCKS:
            self.flush()
            self._kind = ""
        for name, skip in self._open[depth:]:
            self._skipping -= skip
            self._articles -= name in ("article", "main")
        del self._open[depth:]

    def handle_data(self, data: str) -> None:
        """Keep text that is not skipped."""
        if not self._skipping:
            self._text.append(" ".join(data.split("\n")) if "\n" in data else data)

    def flush(self) -> None:
        """End the current line."""
        for piece in "".join(self._text).split("\n"):
            line = " ".join(piece.split())
            if line:
                self.lines.append((line, self._kind, self._articles > 0))
        self._text = []

    def _close_implied(self, tag: str) -> None:
        """A new <p> or <li> ends one that was not closed."""
        if tag in ("p", "li", "dt", "dd", "tr", "td", "th") and self._open and self._open[-1][0] == tag:
            self.handle_endtag(tag)


def _is_hidden(attrs: list[tuple[str, str | None]]) -> bool:
    given = {name: (value or "").lower() for name, value in attrs}
    return (
        "hidden" in given
        or given.get("aria-hidden") == "true"
        or any(mark in given.get("style", "") for mark in _HIDDEN)
        or given.get("role") in ("navigation", "banner", "contentinfo", "complementary", "search", "dialog", "alert")
    )
