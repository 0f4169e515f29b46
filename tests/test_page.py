"""The HTML page of an article: nothing live comes from the text, nothing is fetched, no sign is colour alone."""

import re
from pathlib import Path

import html5lib
import pytest

import stance
from stance.page import page
from stance.terminal import article_lines

EXAMPLE = Path(__file__).parent.parent / "data/examples/article.txt"
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    '<a href="javascript:alert(1)">x</a>',
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "{{ 7 * 7 }} {% raw %}",
    "<!-- --><iframe src=//evil.example>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<base href=//evil.example>",
    "\x00<b>\x1b]8;;http://evil.example\x07",
    "\ud800<script>",
]


def elements(html):
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return list(tree.iter())


def check_harmless(html):
    for element in elements(html):
        if not isinstance(element.tag, str):
            continue
        assert element.tag not in ("script", "iframe", "object", "embed", "svg", "img", "link", "base", "form", "a"), element.tag
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on"), name
            assert "javascript:" not in value.lower()
            assert name not in ("src", "href", "srcset", "action")
    assert "://" not in re.sub(r"evil\.example|http://evil", "", "".join(re.findall(r"<style>.*?</style>", html, re.DOTALL)))


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("place", ["headline", "body", "speaker", "junk", "name"])
def test_no_live_content_from_the_text(payload, place):
    body = (
        "The two governments traded blame on Monday for the failure of the upper dam, which flooded the old town. We condemn it."
    )
    text = {
        "headline": f"{payload}\n{body}",
        "body": f"{body} We condemn {payload} in the strongest terms.",
        "speaker": f"{body} “We condemn it,” said Minister {payload}.",
        "junk": f"READ MORE: {payload}\n{body}",
        "name": body,
    }[place]
    article = stance.tag(text, name=payload if place == "name" else "a.txt")
    check_harmless(page(article))
    check_harmless(article._repr_html_())


@pytest.fixture(scope="module")
def html():
    return page(stance.tag(EXAMPLE.read_text(encoding="utf-8"), name="article.txt"))


def test_the_page_is_self_contained_and_locked_down(html):
    assert "default-src 'none'" in html
    assert "http" not in html.replace("http-equiv", "")
    assert "@import" not in html
    assert "url(" not in html
    assert "<script" not in html
    assert '<html lang="en">' in html
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html


def test_every_statement_is_on_the_page_once_in_order(html):
    article = stance.tag(EXAMPLE.read_text(encoding="utf-8"))
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    shown = "".join(tree.find("body").itertext())
    at = shown.index("lines of the page")
    for statement in article.statements:
        at = shown.index(statement.text, at) + len(statement.text)


def test_the_label_is_written_out_not_only_coloured(html):
    tinted = [e for e in elements(html) if e.get("tabindex") == "0" and (e.get("class") or "").startswith("s ")]
    assert len(tinted) >= 10
    for element in tinted:
        label = re.search(r"l-(\w+)", element.get("class"))[1]
        assert f"[{label}" in "".join(element.itertext())
        assert element.find("span").get("class") == "sign"
    assert any(e.get("class") == "w" for e in elements(html))


def test_words_of_another_model_are_not_marked():
    article = stance.tag("We condemn the attack.", min_confidence=0.0)
    assert 'class="w"' in page(article)
    other = article.statements[0].prediction
    changed = stance.Prediction(other.text, other.label, dict.fromkeys(other.probabilities, 0.25), other.known, other.recognised)
    statement = stance.Statement(*(changed if name == "prediction" else getattr(article.statements[0], name) for name in FIELDS))
    assert 'class="w"' not in page(stance.Article(article.text, [statement], article.labels))


FIELDS = ("text", "start", "end", "kind", "speaker", "how", "quote_type", "mentions", "prediction")


def test_empty_article():
    check_harmless(page(stance.tag("")))


def test_colour_in_the_terminal_only_where_asked():
    article = stance.tag("We condemn the attack.")
    assert not any("\x1b" in line for line in article_lines(article))
    assert any("\x1b[31m" in line for line in article_lines(article, colour=True))
