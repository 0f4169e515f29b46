"""The reports: complete, drawn from metrics.json alone, the same again, and with nothing alive from the text in them."""

import json
import re
import shutil
import xml.etree.ElementTree as ET

import html5lib
import numpy as np
import pandas as pd
import pytest

from stance import findings
from stance.citation import citation
from stance.comparison import compare
from stance.model import StanceModel
from stance.records import DataError
from stance.report import outdated, pieces, plain, read_metrics, refresh, render, render_comparison, write_reports
from stance.scoring import answer, evaluate_model, score

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg onload=alert(1)>",
    "javascript:alert(1)",
    "</style><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "<iframe src=https://evil.example></iframe>",
    "[x](javascript:alert(1)) | **b** | <b>",
    "\u202eevil\x00\x1b[31m",
    "$\\alpha$ ]]>",
)
XHTML = "{http://www.w3.org/1999/xhtml}"


def labelled(texts):
    labels = ["condemnatory", "neutral", "supportive", "conciliatory"]
    return pd.DataFrame(
        {
            "id": [str(i) for i in range(len(texts))],
            "text": texts,
            "label": [labels[i % 4] for i in range(len(texts))],
            "secondary": "",
            "group": [f"<b>{i}" for i in range(len(texts))],
            "kind": "<i>kind</i>",
            "genre": [PAYLOADS[i % len(PAYLOADS)] for i in range(len(texts))],
            "topic": "",
        }
    )


@pytest.fixture(scope="module", autouse=True)
def _no_results_of_benchmarks(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "RESULTS", tmp_path_factory.mktemp("results"))
        yield


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    frame = labelled([f"{payload} We condemn the attack {i}." for i in range(4) for payload in PAYLOADS])
    name = PAYLOADS[0]
    evaluation = evaluate_model(model, frame, name, {"file": PAYLOADS[1], "date": "2026-11-22"})
    curve = [{"n": 100, "value": 0.5, "low": 0.4, "high": 0.6}, {"n": 200, "value": 0.6, "low": 0.5, "high": 0.7}]
    write_reports(out, model, [evaluation], frame, curve)
    return out


def elements(text):
    return list(html5lib.parse(text, treebuilder="etree").iter())


def assert_nothing_alive(text):
    for element in elements(text):
        tag = element.tag if isinstance(element.tag, str) else ""
        assert tag.rpartition("}")[2] not in {"script", "iframe", "object", "embed", "link", "base", "form", "img", "image"}
        for name, value in element.attrib.items():
            name = str(name).rpartition("}")[2].lower()
            assert not name.startswith("on")
            assert "javascript:" not in value.lower()
            assert name not in ("src", "srcset", "action")
            if name == "href":
                assert value.startswith("#")
    assert not re.search(r"""(?:url\(\s*['"]?(?!#)|@import)""", text)
    assert not re.search("[\x00\x1b\u202e]", text)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_the_page_holds_nothing_alive(folder):
    text = (folder / "report.html").read_text()
    assert_nothing_alive(text)
    assert "{{ 7 * 7 }}" in text
    outside = [e for e in elements(text) if "http" in " ".join(map(str, e.attrib.values()))]
    assert outside == []


def test_the_comparison_holds_nothing_alive(model):
    frame = labelled([f"{payload} {words}" for payload in PAYLOADS for words in ("We condemn it.", "We thank them.")])

    class Other(StanceModel):
        def __init__(self):
            self.labels, self.config = model.labels, {}

        def predict(self, texts, **_):
            return [
                p._replace(probabilities=dict(zip(self.labels, np.roll(list(p.probabilities.values()), 1), strict=True)))
                for p in model.predict(texts)
            ]

    found = compare(frame, model, Other(), (PAYLOADS[0], PAYLOADS[1]), [PAYLOADS[2]])
    assert len(found.changed) == len(frame)
    assert_nothing_alive(render_comparison(found.to_dict()))


def test_the_page_is_whole(folder):
    text = (folder / "report.html").read_text()
    names = [e.tag.rpartition("}")[2] for e in elements(text) if isinstance(e.tag, str)]
    assert names.count("h1") == 1
    assert names.count("svg") == 4  # reliability, risk, precision-recall, learning curve
    page = re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#(\w+)"', page)) <= set(ids)
    for words in (
        *("At a glance", "What was measured on what", "Measures", "By label", "What is taken for what", "How sure, how right"),
        *("Parts of the data", "Would more data help", "The strongest features", "Most confident errors", "Least certain"),
        *("What it was trained on", "Limits, in plain words", "Krippendorff", "SHA-256"),
    ):
        assert words in text, words


def test_figures_have_names_and_take_the_colours_of_the_page(folder):
    text = (folder / "report.html").read_text()
    for svg in re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL):
        root = ET.fromstring(svg)
        assert root.attrib["role"] == "img"
        assert len(root.attrib["aria-label"]) > 20
        assert "var(--" in svg
        assert not re.search(r"#0[1-9]0\d0\d", svg)


def test_reports_are_drawn_from_the_metrics_alone(folder):
    metrics = read_metrics(folder)
    for name, text in render(metrics).items():
        assert (folder / name).read_text() == text, name
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert outdated(folder) == []
    refresh(folder)
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_words_and_numbers_that_part_are_found(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "README.md").write_text((copy / "README.md").read_text().replace("0.", "1."))
    assert outdated(copy) == ["README.md"]
    refresh(copy)
    assert outdated(copy) == []


def test_every_number_of_the_card_stands_in_the_metrics(folder):
    card = (folder / "README.md").read_text()
    rounded = set()

    def collect(value):
        if isinstance(value, dict):
            for item in value.values():
                collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)
        elif isinstance(value, int | float):
            rounded.update({f"{value:.2f}", f"{value:.3f}", str(value), f"{100 * value:.0f}"})

    collect(read_metrics(folder))
    for number in re.findall(r"(?<![\w.])\d+\.\d+(?![\w.])", card.split("---", 2)[2]):
        assert number in rounded, number


def test_without_quotes_no_sentence_is_in_the_report(model, tmp_path):
    frame = labelled([f"Zanzibarquux {i} was condemned by nobody." for i in range(8)])
    write_reports(tmp_path, model, [evaluate_model(model, frame, "mine", quote=False)])
    assert "quux" in json.dumps(evaluate_model(model, frame, "mine").to_dict())
    assert not any("quux" in path.read_text() for path in tmp_path.iterdir())
    assert not (tmp_path / "README.md").exists()


def test_real_text_stands_on_top_where_it_was_measured(model, tmp_path, monkeypatch, folder):
    metrics = read_metrics(folder)
    evaluation = {**metrics["evaluations"][0], "name": "stance"}
    record = {
        "data": {"file": "dev.csv", "n": 40, "sha256": "f" * 64},
        "weights_sha256": model.config["weights_sha256"],
        "rivals": {"stance": evaluation, "keyword rules": evaluation},
    }
    (tmp_path / "real.json").write_text(json.dumps(record))
    monkeypatch.setattr(findings, "RESULTS", tmp_path)
    real = findings.real_text(model.config["weights_sha256"], shipped=False)
    assert real["current"]
    assert findings.real_text("another", shipped=False) is None
    earlier = findings.real_text("another", shipped=True)
    assert not earlier["current"]
    glance = findings.at_a_glance({**metrics, "real": real})
    assert glance["on"] == "real text"
    assert [row["name"] for row in glance["ruler"] if row["main"]] == ["this model, real text"]
    assert "measured on an earlier model" in render({**metrics, "real": earlier})["report.html"]


@pytest.mark.parametrize(
    ("share", "words"), [(0.757, "3 in 4"), (0.66, "2 in 3"), (0.5, "1 in 2"), (0.91, "9 in 10"), (0.999, "all")]
)
def test_fractions_are_said_as_people_say_them(share, words):
    assert findings.fraction(share) == words


@pytest.mark.parametrize(
    "record",
    [
        {"columns": ["name", "macro F1"], "rows": [["a", 0.5]]},
        {"rivals": {"a": {"macro F1": 0.5}}},
        {"rows": [{"name": "a", "macro F1": 0.5}]},
    ],
)
def test_result_files_of_any_shape_become_tables(record):
    assert findings.as_table(record) == {"columns": ["name", "macro F1"], "rows": [["a", "0.500"]], "note": ""}
    assert findings.as_table({"n": 3}) is None
    swaps = {"frames": 207, "label_changes": 0, "largest_move": 0.04, "worst": [{"text": "x", "move": 0.04}]}
    assert findings.as_table(swaps)["rows"] == [["frames", "207"], ["label changes", "0"], ["largest move", "0.040"]]


def test_the_citation_names_model_and_figures(model, folder):
    found = citation(folder)
    assert model.config["weights_sha256"][:16] in found["text"]
    assert f"{found['macro_f1']['value']:.3f}" in found["text"]
    assert found["bibtex"].startswith("@software{stance_")
    assert found["bibtex"].count("{") == found["bibtex"].count("}")
    with pytest.raises(DataError, match=r"no metrics\.json"):
        citation(folder / "nowhere")


def test_pieces_join_to_the_text_and_markdown_stays_plain():
    text = "We condemn it."
    assert "".join(piece for piece, _ in pieces(text, [[3, 10, 1.5]])) == text
    assert plain("a|b *c* <d>\n[e](f)") == r"a\|b \*c\* \<d\> \[e\](f)"


def test_cross_validation_explains_with_the_model_that_erred(model):
    frame = labelled(["We condemn it.", "We thank them.", "They met.", "We urge calm."])
    found = score(answer(frame, [(model, np.arange(4))]), "x").to_dict()
    assert {row["predicted"] for row in found["examples"]["unsure"]} <= set(model.labels)


def test_html_uses_no_unknown_element(folder):
    parser = html5lib.HTMLParser(strict=False)
    parser.parse((folder / "report.html").read_text())
    assert [code for _, code, _ in parser.errors if "duplicate" in code] == []
