"""Agreement of annotators: against the reference package, on tables worked by hand, and on files as people send them."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from stance.annotation import agreement, agreement_lines, cohens_kappa, krippendorff_alpha, read_annotations
from stance.records import DataError

A, B, C = "abc"


def random_ratings(seed, n=60, people=3, labels="abcd", missing=0.2):
    rng = np.random.default_rng(seed)
    truth = rng.choice(list(labels), n)
    rows = [[t if rng.random() < 0.7 else rng.choice(list(labels)) for _ in range(people)] for t in truth]
    return [["" if rng.random() < missing else str(value) for value in row] for row in rows]


@pytest.mark.parametrize("seed", range(8))
def test_alpha_is_that_of_the_reference_package(seed):
    krippendorff = pytest.importorskip("krippendorff")
    rows = random_ratings(seed, people=2 + seed % 3)
    codes = np.array([["abcd".index(v) if v else np.nan for v in row] for row in rows]).T
    assert krippendorff_alpha(rows) == pytest.approx(krippendorff.alpha(codes, level_of_measurement="nominal"), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_kappa_is_that_of_scikit_learn(seed):
    first, second = zip(*random_ratings(seed, people=2, missing=0), strict=True)
    assert cohens_kappa(first, second) == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


def test_alpha_of_krippendorffs_own_example():
    # Content Analysis (2004), figure 11.1 with missing data: nominal alpha .743
    coders = ("123321412***", "1233224125*3", "*3332342251*", "12332441251*")
    units = [["" if value == "*" else value for value in unit] for unit in zip(*coders, strict=True)]
    assert krippendorff_alpha(units) == pytest.approx(0.743, abs=5e-4)


@pytest.mark.parametrize("rows", [[["a", "a"]], [["a", ""], ["", "b"]], [["", ""]]])
def test_what_is_undefined_is_none(rows):
    assert krippendorff_alpha(rows) is None


def test_perfect_and_absent_agreement():
    assert krippendorff_alpha([[A, A], [B, B], [C, C]]) == 1
    assert cohens_kappa([A, A, B, B], [A, B, A, B]) == 0
    assert cohens_kappa([A, A], [A, A]) is None


LONG = """id,text,annotator,label
1,The ministers met.,ann,neutral
1,The ministers met.,ben,neutral
2,We condemn it.,ann,condemnatory
2,We condemn it.,ben,neutral
3,We thank you.,ann,supportive
3,We thank you.,ben,supportive
4,Calm is needed.,ann,conciliatory
"""
WIDE = """id,text,annotator_ann,annotator_ben
1,The ministers met.,neutral,neutral
2,We condemn it.,condemnatory,neutral
3,We thank you.,supportive,supportive
4,Calm is needed.,conciliatory,
"""


@pytest.mark.parametrize("text", [LONG, WIDE])
def test_long_and_wide_files_say_the_same(tmp_path, text):
    (tmp_path / "a.csv").write_text(text)
    found = agreement(read_annotations(tmp_path / "a.csv"))
    assert (found.n, found.n_shared, found.annotators) == (4, 3, ("ann", "ben"))
    assert found.unanimous == pytest.approx(2 / 3)
    assert found.disagreements == [{"id": "2", "text": "We condemn it.", "labels": {"ann": "condemnatory", "ben": "neutral"}}]
    assert found.alpha["low"] <= found.alpha["value"] <= found.alpha["high"]
    assert set(found.alpha_by_label) == {"supportive", "conciliatory", "condemnatory", "neutral"}
    assert found.alpha_by_label["supportive"]["value"] == 1
    lines = agreement_lines(found)
    assert "condemnatory / neutral" in lines
    assert "mend this label's rule" in lines


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no rows"),
        ("id,text\n1,a\n", "columns found: id, text"),
        ("id,annotator,label\n1,ann,x\n2,ben,x\n", "that both labelled"),
        ("id,annotator,label\n1,ann,x\n1,ann,y\n", "row 3: 'ann' labels sentence '1' twice"),
        ("id,annotator_a,annotator_b\n1,x,\n", "that both labelled"),
    ],
)
def test_faulty_files_are_refused_by_name(tmp_path, text, reason):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=reason):
        read_annotations(tmp_path / "a.csv")
