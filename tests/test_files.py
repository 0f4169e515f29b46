"""Files → text, and `stance tag` on articles: what is read, what is refused in one line, what is written."""

import csv
import io
import json
import zipfile

import pytest

import stance
from stance import files
from stance.cli import main
from stance.records import DataError
from stance.spreadsheet import unescape

TEXT = "We condemn the attack on the embassy. The ministers met on Tuesday.\n"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
WORD = f"""<?xml version="1.0"?><w:document {W}><w:body>
<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Statement on the raid</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">We condemn </w:t></w:r>
<w:del><w:r><w:delText>praise</w:delText></w:r></w:del><w:r><w:t>the raid.</w:t></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>We call for calm.</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
<w:moveFrom><w:p><w:r><w:t>Moved away.</w:t></w:r></w:p></w:moveFrom>
</w:body></w:document>"""
PAGE = """<!doctype html><html><head><title>Rowan Post</title><style>p{}</style><script>var x = "We condemn";</script></head>
<body>
<nav><a href="/">Home</a> <a href="/w">World</a></nav><header><h1>Ministers trade blame over dam</h1></header>
<main><article><p class="byline">By Anna Keller</p>
<figure><img src="x.jpg"><figcaption>Villagers wait for boats on the upper road.</figcaption></figure>
<p>The two governments traded blame on Monday for the failure of the upper dam,
which flooded four villages &amp; the old town.
<p>&ldquo;We condemn this <em>negligence</em>,&rdquo; said Foreign Minister Ilse Varga.<br>She left.</p>
<h2>What next</h2><ul><li>A session on Friday</li></ul>
<aside><p>Sign up for our letter, it is free and comes each day.</p></aside><p hidden>Not seen.</p></article></main>
<footer><p>© Rowan Post</p></footer></body></html>"""


def word_file(xml=WORD, name="word/document.xml"):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, xml)
    return data.getvalue()


def pdf_file(pages, *, password=None):
    """A PDF with the given lines on its pages, made by hand."""
    from pypdf import PdfReader, PdfWriter

    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        stream = "BT /F1 11 Tf 50 780 Td 14 TL " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 850] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, places = "%PDF-1.4\n", []
    for i, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{i} 0 obj\n{content}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(f"{p:010} 00000 n \n" for p in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    if password is None:
        return out.encode("latin-1")
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(out.encode("latin-1"))))
    writer.encrypt(password, algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    return locked.getvalue()


def save(folder, name, data):
    path = folder / name
    path.write_bytes(data)
    return str(path)


# ---- reading ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "text", "notes"),
    [
        ("“We won’t.”".encode(), "“We won’t.”", ()),
        ("“We won’t.”".encode("utf-8-sig"), "“We won’t.”", ()),
        ("“We won’t.”".encode("cp1252"), "“We won’t.”", ("read as cp1252",)),
        ("“We won’t.”".encode("utf-16"), "“We won’t.”", ("read as utf-16",)),
    ],
)
def test_encodings_of_text(tmp_path, data, text, notes):
    document = files.read(save(tmp_path, "a.txt", data))
    assert (document.text, document.notes) == (text, notes)


def test_word_file(tmp_path):
    document = files.read(save(tmp_path, "a.docx", word_file()))
    assert document.text.split("\n\n") == ["Statement on the raid", "We condemn the raid.", "We call for calm."]
    assert document.kinds == {0: "headline"}
    assert [s.kind for s in stance.tag(document.text, kinds=document.kinds).statements] == ["headline", "body", "body"]


def test_web_page(tmp_path):
    document = files.read(save(tmp_path, "a.html", PAGE.encode()))
    article = stance.tag(document.text, kinds=document.kinds)
    kinds = {s.text[:18]: s.kind for s in article.statements}
    assert kinds["Ministers trade bl"] == "headline"
    assert kinds["Villagers wait for"] == "caption"
    assert kinds["By Anna Keller"] == "byline"
    assert kinds["What next"] == "headline"
    assert kinds["The two government"] == "body"
    assert "& the old town" in document.text
    assert "this negligence,” said" in document.text
    assert not any(word in document.text for word in ("Home", "var x", "Sign up", "Not seen", "©"))
    assert next(s for s in article.body if "negligence" in s.text).speaker == "Foreign Minister Ilse Varga"


def test_a_page_without_article_element():
    from stance.html import readable

    assert readable("<p>One.</p><div>Two <b>bold</b></div>text<li>Three")[0] == ("One.", "")
    assert [line for line, _ in readable("<p>One.<p>Two.</p></p></div><td>Three</nav>")] == ["One.", "Two.", "Three"]
    assert readable("") == []


@pytest.mark.parametrize("found", [["Ministers trade blame", "Text."], ["Text."]])
def test_the_better_extractor_keeps_the_title_once(monkeypatch, found):
    monkeypatch.setattr("stance.html._density", lambda source: found)
    from stance.html import readable

    page = "<h1>Ministers trade blame</h1><p>Text.</p><h2>Most viewed</h2>"
    assert readable(page) == [("Ministers trade blame", "headline"), ("Text.", "")]


def test_pdf_lines_are_joined_and_running_heads_left_out(tmp_path):
    starts = ["The ministers of the nine coastal states met in the old harbour town on", "A second round", "Nobody in the town"]
    body = ["knew what the others wanted, and they", "con-", "demned the raid on the trawlers of their neighbours in the strait."]
    pages = [["Rowan Papers, issue 12", start, *body, start, f"Page {n}"] for n, start in enumerate(starts)]
    document = files.read(save(tmp_path, "a.pdf", pdf_file(pages)))
    assert "Rowan Papers" not in document.text
    assert "Page 2" not in document.text
    assert "condemned the raid" in document.text
    assert "harbour town on knew what" in document.text
    assert document.notes == ("6 running heads and page numbers left out",)


BAD = [
    ("empty.txt", b"", "is empty"),
    ("blank.txt", b" \n\n", "is empty"),
    ("nul.txt", b"\0\0\0", "is empty"),
    ("nuls.txt", b"a\0b\xff\0", "NUL bytes"),
    ("cut.txt", b"\xff\xfea", "utf-16"),
    ("bytes.txt", b"caf\x81", "cp1252"),
    ("old.doc", b"x", r"save it as \.docx first"),
    ("table.xlsx", b"x", "not a kind of file"),
    ("none", b"x", "without suffix"),
    ("a.docx", b"x", r"is no \.docx file"),
    ("b.docx", word_file(name="other.xml"), "no word/document.xml"),
    ("c.docx", word_file("<w:p"), "damaged"),
    ("d.docx", word_file(f'<!DOCTYPE a [<!ENTITY b "c">]><w:document {W}/>'), "entities"),
    ("e.docx", word_file(f"<w:document {W}/>"), "holds no text"),
    ("a.pdf", b"%PDF-1.4 broken", "cannot be read"),
    ("b.pdf", pdf_file([["x"], [""]]), r"scanned PDF without text \(2 pages\)"),
    ("c.pdf", pdf_file([["We condemn the raid on the embassy."]], password="secret"), "password"),
    ("a.html", b"<html><script>x</script></html>", "holds no text"),
]


@pytest.mark.parametrize(("name", "data", "reason"), BAD, ids=[name for name, _, _ in BAD])
def test_bad_files_are_one_line(tmp_path, capsys, name, data, reason):
    path = save(tmp_path, name, data)
    with pytest.raises(DataError, match=reason) as caught:
        files.read(path)
    assert "\n" not in str(caught.value)
    assert main(["tag", path]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("stance: error: ")
    assert err.count("\n") == 1


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("stance.docx.UNPACKED", 1000)
    with pytest.raises(DataError, match="unpacks to more than"):
        files.read(save(tmp_path, "a.docx", word_file(f"<w:document {W}>" + " " * 100_000 + "</w:document>")))


def test_deep_nesting_exhausts_no_stack():
    from stance.docx import paragraphs
    from stance.html import readable

    deep = "<w:sdt>" * 20_000 + "<w:p><w:r><w:t>Yes.</w:t></w:r></w:p>" + "</w:sdt>" * 20_000
    assert list(paragraphs(word_file(f"<w:document {W}>{deep}</w:document>"), "x")) == [("Yes.", "")]
    assert readable("<div>" * 20_000 + "Yes.") == [("Yes.", "")]


def test_missing_file_folder_and_device(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        files.read(str(tmp_path / "none.txt"))
    with pytest.raises(DataError, match="not a regular file"):
        files.read("/dev/zero")
    with pytest.raises(DataError, match="in this folder"):
        files.expand([str(tmp_path)])


def test_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr("stance.files.LARGEST", 10)
    with pytest.raises(DataError, match="larger than"):
        files.read(save(tmp_path, "a.txt", b"x" * 11))


# ---- the command -------------------------------------------------------------------------------------------


def test_plain_output_when_piped(tmp_path, capsys):
    assert main(["tag", save(tmp_path, "a.txt", TEXT.encode())]) == 0
    out, err = capsys.readouterr()
    assert "\x1b" not in out
    assert "! condemnatory" in out
    assert "We condemn the attack" in out
    assert err == ""


def test_json_and_stdin(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PAGE.encode())))
    assert main(["tag", "-", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["name"] == "stdin"
    assert found["statements"][0]["kind"] == "headline"


def test_csv_is_safe_and_exact(tmp_path, capsys):
    text = "=cmd|'/c calc'!A1 is what they sent. We condemn it. @all of us do."
    out = tmp_path / "out.csv"
    assert main(["tag", save(tmp_path, "a.txt", text.encode()), "-o", str(out)]) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert not any(row["text"].startswith(("=", "@")) for row in rows)
    assert [unescape(row["text"]) for row in rows] == [s.text for s in stance.tag(text).statements]


def test_a_folder_and_a_failure_that_stops_no_other(tmp_path, capsys):
    save(tmp_path, "a.txt", TEXT.encode())
    save(tmp_path, "b.docx", b"x")
    save(tmp_path, "c.html", PAGE.encode())
    assert main(["tag", str(tmp_path), "--json"]) == 1
    out, err = capsys.readouterr()
    assert [json.loads(line)["name"][-5:] for line in out.splitlines()] == ["a.txt", ".html"]
    assert err.count("stance: error: ") == 1


def test_pages_of_several(tmp_path, capsys):
    first, second = save(tmp_path, "a.txt", TEXT.encode()), save(tmp_path, "b.txt", TEXT.encode())
    assert main(["tag", first, second, "--html", str(tmp_path / "pages")]) == 0
    assert sorted(p.name for p in (tmp_path / "pages").iterdir()) == ["a.txt.html", "b.txt.html"]


def test_nothing_is_overwritten_unasked(tmp_path, capsys):
    source = save(tmp_path, "a.txt", TEXT.encode())
    target = tmp_path / "a.html"
    assert main(["tag", source, "--html", str(target)]) == 0
    assert main(["tag", source, "--html", str(target)]) == 1
    assert "--force" in capsys.readouterr().err
    assert main(["tag", source, "--html", str(target), "--force"]) == 0
    assert main(["tag", source, "-o", source, "--force"]) == 1
    assert "is an input" in capsys.readouterr().err
    assert main(["tag", source, "-o", str(tmp_path / "no/where.json")]) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.part*"))


def test_terminal_shows_control_characters_and_runs_none(tmp_path, capsys):
    text = "We condemn\x1b[31m it\u202e now, and [red]this[/red] too.\n"
    main(["tag", save(tmp_path, "a.txt", text.encode())])
    out = capsys.readouterr().out
    assert "\\u001b[31m" in out
    assert "\\u202e" in out
    assert "[red]this[/red]" in out
    assert "\x1b" not in out
