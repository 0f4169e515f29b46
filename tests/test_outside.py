"""The adapters to public sets, on small files in the same form (the sentences are invented)."""

import importlib
import json
import sys
from pathlib import Path

import pytest

import stance

FOLDER = Path(__file__).parent.parent / "benchmarks"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="benchmarks come with a checkout only")

UNSCON = """file_id,sentence_text,A0,B1
UNSC_2014_SPV.7001_spch004_Norland_01.txt,"We condemn  this brazen aggression , which violates the Charter .  ",Direct_NegEval,_
UNSC_2014_SPV.7001_spch004_Norland_02.txt,The meeting rose at 6 p.m .  ,_,_
UNSC_2014_SPV.7001_spch005_Ostrova_01.txt,Those claims are false and we reject them .,_,Correction
UNSC_2014_SPV.7001_spch005_Ostrova_01.txt,We thank Norland for its 's support ( again ) .,_,_
"""
PLOVER = """Unnamed: 0\tsentence_id\tgold_penta\tgold_root\tsentence\tsource\ttarget
0\t1\t1\tSUPPORT\tNorland praised the help of Ostrova.\tNorland\tOstrova
1\t1\t1\tSUPPORT\tNorland praised the help of Ostrova.\tNorland\tits allies
2\t2\t3\tACCUSE\tNorland accused Ostrova of brutal lies.\tNorland\tOstrova
3\t3\t4\tASSAULT\tTroops of Norland shelled a town in Ostrova.\tNorland\tOstrova
4\t4\t2\tAID\tNorland sent grain to Ostrova.\tNorland\tOstrova
5\t5\t0\tNONE\tThe ministers flew home.\tNorland\tOstrova
"""


@pytest.fixture
def adapter(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))

    def load(name):
        return importlib.import_module(name)

    yield load
    for name in ("unscon", "plover", "outside"):
        sys.modules.pop(name, None)


def test_unscon(adapter, tmp_path):
    unscon = adapter("unscon")
    path = tmp_path / "conflict_annotations_sentences.csv"
    path.write_text(UNSCON)
    sentences = unscon.read(path)
    assert [s.conflict for s in sentences] == [True, False, True, False]
    assert sentences[0].text == "We condemn this brazen aggression, which violates the Charter."
    assert sentences[3].text == "We thank Norland for its's support (again)."
    assert {s.speech for s in sentences} == {"UNSC_2014_SPV.7001_spch004", "UNSC_2014_SPV.7001_spch005"}
    found = unscon.score(sentences)
    assert found["macro_f1"]["value"] == found["auc"]["value"] == 1
    assert (found["n"], found["n_groups"]) == (4, 2)


@pytest.mark.parametrize(
    ("header", "yes", "no"),
    [("Binary_Conflict_score", "1", "0"), ("ALL_score_binary", "1.0", "0"), ("Conflict_Type", "Challenge", "_")],
)
def test_unscon_in_its_other_forms(adapter, tmp_path, header, yes, no):
    path = tmp_path / "u.csv"
    path.write_text(f"speech_id,sentence_text,{header}\na,We condemn it.,{yes}\na,We met.,{no}\n")
    assert [s.conflict for s in adapter("unscon").read(path)] == [True, False]


def test_plover(adapter, tmp_path):
    plover = adapter("plover")
    path = tmp_path / "PLV_test.tsv"
    path.write_text(PLOVER)
    events = plover.read(path)
    assert [event.quad for event in events] == [1, 3, 4, 2]
    found = plover.score(events)
    assert found["verbal"]["n"] == 2
    assert found["all four"]["n"] == 4
    assert found["verbal"]["macro_f1"]["value"] == 1


def test_plover_with_names_of_classes(adapter, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("text,quad\nWe met.,Verbal Cooperation\nWe fought.,MATERIAL_CONFLICT\n")
    assert [event.quad for event in adapter("plover").read(path)] == [1, 4]


def test_what_is_not_such_a_file_is_refused(adapter, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(stance.DataError, match="none of the columns sentence_text"):
        adapter("unscon").read(path)
    path.write_text("text,quad\nWe met.,7\n")
    with pytest.raises(stance.DataError, match="quad class '7'"):
        adapter("plover").read(path)
    path.write_text("text,quad\n")
    with pytest.raises(stance.DataError, match="no rows"):
        adapter("plover").read(path)


def test_figures_are_saved_with_the_hash_of_the_weights(adapter, tmp_path):
    adapter("outside").save("x", {"n": 1}, tmp_path / "x.json")
    record = json.loads((tmp_path / "x.json").read_text())
    assert record == {"weights_sha256": stance.load().config["weights_sha256"], "n": 1}
