"""Label Studio and doccano files: what is written reads back the same, and exports as these tools make them are understood."""

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.exchange import convert, from_doccano, from_label_studio, label_studio_config, read, to_doccano, to_label_studio
from stance.records import LABELS, DataError

ROWS = [
    {"id": "1", "text": "We thank “Jordan”.", "label": "supportive", "secondary": "", "annotator": "ann@x.org", "group": "doc-1"},
    {"id": "1", "text": "We thank “Jordan”.", "label": "neutral", "secondary": "", "annotator": "ben@x.org", "group": "doc-1"},
    {
        "id": "2",
        "text": "=1+1, condemned",
        "label": "condemnatory",
        "secondary": "conciliatory",
        "annotator": "ann@x.org",
        "group": "",
    },
    {"id": "3", "text": "Not labelled yet.", "label": "", "secondary": "", "annotator": "", "group": "doc-2"},
]
FRAME = pd.DataFrame(ROWS)
texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40).filter(str.strip)


def test_label_studio_round_trip():
    again = from_label_studio(to_label_studio(FRAME), "x.json")
    assert again[FRAME.columns].to_dict("records") == ROWS


def test_doccano_round_trip():
    one_each = FRAME.iloc[[0, 2, 3]]
    again = from_doccano(to_doccano(one_each), "x.jsonl")
    assert again[FRAME.columns].to_dict("records") == one_each.to_dict("records")


@given(st.lists(st.tuples(texts, st.sampled_from(["", *LABELS])), min_size=1, max_size=5, unique_by=lambda row: row[0]))
def test_any_text_survives_both(rows):
    frame = pd.DataFrame([{"id": str(i), "text": t, "label": label} for i, (t, label) in enumerate(rows)])
    for there, back in ((to_label_studio, from_label_studio), (to_doccano, from_doccano)):
        assert back(there(frame), "x")[["id", "text", "label"]].to_dict("records") == frame.to_dict("records")


def test_files_of_every_form_say_the_same(tmp_path):
    FRAME.iloc[[0, 2, 3]].to_csv(tmp_path / "a.csv", index=False)
    for first, second in (("a.csv", "b.json"), ("b.json", "c.jsonl"), ("c.jsonl", "d.csv")):
        assert convert(tmp_path / first, tmp_path / second) == 3
    assert read(tmp_path / "d.csv")[FRAME.columns].to_dict("records") == FRAME.iloc[[0, 2, 3]].to_dict("records")


def test_an_export_as_label_studio_makes_it():
    export = [
        {
            "id": 7,
            "data": {"text": "We urge calm."},
            "annotations": [
                {
                    "id": 9,
                    "completed_by": 1,
                    "was_cancelled": False,
                    "lead_time": 3.2,
                    "result": [
                        {
                            "id": "a",
                            "from_name": "label",
                            "to_name": "text",
                            "type": "choices",
                            "origin": "manual",
                            "value": {"choices": ["conciliatory"]},
                        }
                    ],
                },
                {"completed_by": 2, "was_cancelled": True, "result": []},
            ],
            "predictions": [],
        }
    ]
    frame = from_label_studio(json.dumps(export), "x.json")
    assert frame.to_dict("records") == [
        {"id": "7", "text": "We urge calm.", "label": "conciliatory", "secondary": "", "annotator": "1"}
    ]


def test_an_export_as_doccano_makes_it():
    frame = from_doccano('{"id": 3, "text": "We urge calm.", "label": ["conciliatory"], "Comments": []}\n\n', "x.jsonl")
    assert frame.to_dict("records") == [
        {"id": "3", "text": "We urge calm.", "label": "conciliatory", "secondary": "", "annotator": ""}
    ]


def test_suggestions_only_when_asked():
    frame = pd.DataFrame([{"text": "We urge calm.", "predicted": "conciliatory", "confidence": 0.9}])
    assert json.loads(to_label_studio(frame))[0]["predictions"] == []
    (prediction,) = json.loads(to_label_studio(frame, suggest=True))[0]["predictions"]
    assert prediction["score"] == 0.9
    assert prediction["result"][0]["value"]["choices"] == ["conciliatory"]
    assert "predicted" not in to_doccano(frame)


def test_the_interface_names_every_label():
    assert all(f'value="{label}"' in label_studio_config() for label in LABELS)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.json", "{", "not JSON"),
        ("a.json", '{"a": 1}', "not a list of tasks"),
        ("a.json", "[]", "no sentences"),
        ("a.json", '[{"data": {"sentence": "x"}}]', "task 1: no data.text"),
        ("a.json", '[{"data": {"text": "x"}, "annotations": [{"result": [{"value": 3}]}]}]', "task 1: its annotation"),
        ("a.jsonl", '{"label": []}', "line 1: no text"),
        ("a.jsonl", '{"text": "x"}\n{', "line 2: is not JSON"),
        ("a.jsonl", '{"text": "x", "annotations": [{"label": 4}]}', "not names"),
        ("a.csv", "sentence\nx\n", "no column 'text'"),
        ("a.csv", "", "give a CSV"),
        ("a.xlsx", "", r"use \.csv"),
    ],
)
def test_faulty_files_are_refused_by_name(tmp_path, name, text, reason):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=reason):
        read(tmp_path / name)
