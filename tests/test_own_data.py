"""The walk-through for people with labels of their own: the notebook runs, the commands exist, the whole way works."""

import json
import re
import shlex
from pathlib import Path

import pytest

from stance.cli import main
from stance.dataset import knowledge_folder, read_labelled

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.skipif(not DOCS.is_dir(), reason="docs come with a checkout only")
def test_the_notebook_runs(monkeypatch, tmp_path):
    cells = json.loads((DOCS / "own-data.ipynb").read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") for cell in cells)
    monkeypatch.chdir(tmp_path)
    namespace: dict = {"__name__": "__main__"}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "own-data.ipynb", "exec"), namespace)
    assert namespace["found"].n == 60


@pytest.mark.skipif(not DOCS.is_dir(), reason="docs come with a checkout only")
def test_every_command_of_the_page_is_one(monkeypatch, capsys):
    commands = re.findall(r"^\$ (stance .*?)(?:\s+#.*)?$", (DOCS / "own-data.md").read_text(), re.MULTILINE)
    assert len(commands) >= 9
    for command in commands:
        name = shlex.split(command)[1]
        with pytest.raises(SystemExit) as done:
            main([*shlex.split(command)[1:], "--help"])
        assert done.value.code == 0
        assert name in capsys.readouterr().out


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    frame = read_labelled(knowledge_folder() / "sentences.csv")
    frame.iloc[::200].assign(label="", secondary="").to_csv(folder / "pool.csv", index=False)
    frame[["text", "label", "group"]].iloc[7::200].to_csv(folder / "held.csv", index=False)
    return folder


def run(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_sample_convert_and_refuse(place, capsys):
    status, _, err = run(capsys, "sample", place / "pool.csv", "-n", 5, "-o", place / "next.csv")
    assert (status, "5 of" in err) == (0, True)
    status, out, _ = run(capsys, "sample", place / "pool.csv", "--by", "diversity", "-n", 3, "--json")
    assert len(json.loads(out)) == 3
    assert run(capsys, "convert", place / "next.csv", "-o", place / "tasks.json")[0] == 0
    assert run(capsys, "convert", place / "tasks.json", "-o", place / "back.jsonl")[0] == 0
    status, _, err = run(capsys, "convert", place / "tasks.json", "-o", place / "back.jsonl")
    assert (status, "add --force" in err) == (1, True)
    assert "is the input itself" in run(capsys, "convert", place / "next.csv", "-o", place / "next.csv", "--force")[2]
    assert "no column" in run(capsys, "sample", place / "pool.csv", "--column", "speech")[2]


def test_agreement_on_the_command_line(place, capsys):
    (place / "a.csv").write_text("text,annotator_x,annotator_y\nWe met.\x1b[31m,neutral,supportive\nWe left.,neutral,neutral\n")
    status, out, _ = run(capsys, "agreement", place / "a.csv")
    assert status == 0
    assert "Krippendorff's alpha" in out
    assert "\x1b" not in out
    assert json.loads(run(capsys, "agreement", place / "a.csv", "--json")[1])["n_shared"] == 2
    assert run(capsys, "agreement", place / "missing.csv")[2].startswith("stance: error: ")


def test_evaluate_compare_and_cite(place, capsys):
    status, out, _ = run(capsys, "evaluate", "--data", place / "held.csv", "-o", place / "report", "--json")
    assert status == 0
    assert json.loads(out)["data"]["file"] == "held.csv"
    assert {path.name for path in (place / "report").iterdir()} == {"metrics.json", "report.html", "report.md"}
    from stance.model import default_folder

    both = (default_folder(), default_folder())
    status, out, _ = run(capsys, "compare", *both, "--data", place / "held.csv", "-o", place / "compared")
    assert (status, "No difference" in out) == (0, True)
    assert (place / "compared/comparison.html").exists()
    assert "@software" in run(capsys, "cite", "--model", place / "report")[1]
    assert "no metrics.json" in run(capsys, "cite", "--model", place)[2]


def test_training_on_ours_and_theirs(place):
    from stance.training import with_default

    own = read_labelled(knowledge_folder() / "sentences.csv")
    mine = own.iloc[:3].assign(id=["x", "y", "z"], group="mine")
    mine.loc[mine.index[0], "text"] = "An own sentence that stands nowhere else in the data of the project."
    both = with_default(mine)
    assert len(both) == len(own) + 3 - 2  # two of ours are repeated by theirs, and left out
    assert both["source"].value_counts()["own data"] == 3
    clash = with_default(mine.assign(group=own["group"].iloc[-1]))
    assert clash["group"].iloc[0] == "own " + own["group"].iloc[-1]


def test_add_default_needs_data_of_yours(capsys):
    assert "say with --data" in run(capsys, "train", "--add-default")[2]
