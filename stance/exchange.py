"""Labelled tables ⇄ the JSON of Label Studio and doccano, so that people label where they like.

A table has the columns id, text, label, secondary, annotator and any others; one row an annotation. Label Studio takes and
gives a JSON list of tasks, doccano JSON lines. What one writes the other direction reads back unchanged.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .dataset import text_id
from .encoding import decode, read_bytes
from .records import LABELS, DataError
from .spreadsheet import escape, unescape

OWN = ("id", "text", "label", "secondary", "annotator", "predicted", "confidence")
Row = dict[str, str]


def label_studio_config(labels: Sequence[str] = LABELS) -> str:
    """The labelling interface to paste into a Label Studio project (Settings, Labeling Interface, Code)."""
    choices = "\n".join(f'    <Choice value="{label}" hotkey="{i}"/>' for i, label in enumerate(labels, start=1))
    return (
        '<View>\n  <Text name="text" value="$text"/>\n'
        '  <Choices name="label" toName="text" choice="multiple" showInline="true">\n'
        f"{choices}\n  </Choices>\n</View>\n"
    )


# ---- Label Studio ---------------------------------------------------------------------------------


def to_label_studio(frame: pd.DataFrame, *, suggest: bool = False) -> str:
    """A JSON list of tasks, one a sentence, with the annotations there are.

    With `suggest` the columns predicted and confidence become Label Studio's predictions, shown to the annotator: quicker,
    but people then tend to agree with the model. Never do it for sentences that measure agreement or quality.
    """
    tasks: dict[str, dict[str, Any]] = {}
    for row in _rows(frame):
        other = {key: value for key, value in row.items() if key not in OWN}
        task = tasks.setdefault(
            row["id"], {"data": {"text": row["text"], "id": row["id"], **other}, "annotations": [], "predictions": []}
        )
        if row["label"]:
            result = [_choice([row["label"], *filter(None, [row["secondary"]])])]
            task["annotations"].append({"completed_by": {"email": row["annotator"]}, "result": result})
        if suggest and row.get("predicted"):
            score = float(row.get("confidence") or 0)
            task["predictions"] = [{"model_version": "stance", "score": score, "result": [_choice([row["predicted"]])]}]
    return json.dumps(list(tasks.values()), ensure_ascii=False, indent=1) + "\n"


def _choice(labels: list[str]) -> dict[str, Any]:
    return {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": labels}}


def from_label_studio(text: str, where: str) -> pd.DataFrame:
    """One row an annotation of a Label Studio JSON export; tasks without one give a row with an empty label.

    The first choice is the label, the second the secondary. Cancelled annotations are left out.
    """
    tasks = _parsed(text, where)
    if not isinstance(tasks, list):
        raise DataError(f"{where}: is not a list of tasks; export from Label Studio as JSON (not JSON-MIN)")
    rows: list[Row] = []
    for number, task in enumerate(tasks, start=1):
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("text"), str):
            raise DataError(f"{where}: task {number}: no data.text; name the field of the sentence 'text'")
        base = {key: str(value) for key, value in data.items() if key != "annotator"}
        base["id"] = base.get("id") or str(task.get("id") or text_id(data["text"]))
        given = [a for a in task.get("annotations") or () if isinstance(a, dict) and not a.get("was_cancelled")]
        labelled = [(_choices(a, where, number), _who(a.get("completed_by"))) for a in given]
        for choices, who in [(c, w) for c, w in labelled if c] or [([], "")]:
            rows.append({**base, **_two(choices), "annotator": who})
    return _frame(rows, where)


def _choices(annotation: Mapping[str, Any], where: str, number: int) -> list[str]:
    try:
        found = [c for part in annotation.get("result") or () for c in part.get("value", {}).get("choices", ())]
    except (AttributeError, TypeError):
        raise DataError(f"{where}: task {number}: its annotation is not one of choices; use a <Choices> interface") from None
    return [str(choice) for choice in found]


def _who(person: Any) -> str:
    """Label Studio names who labelled by number, or by a record with the e-mail address."""
    return str(person.get("email") or person.get("id") or "") if isinstance(person, dict) else str(person or "")


# ---- doccano --------------------------------------------------------------------------------------


def to_doccano(frame: pd.DataFrame) -> str:
    """JSON lines for doccano's text classification: text, label (a list), and the other columns as metadata."""
    lines = []
    for row in _rows(frame):
        other = {key: value for key, value in row.items() if key not in ("text", "label", "secondary", "predicted", "confidence")}
        lines.append({"text": row["text"], "label": [part for part in (row["label"], row["secondary"]) if part], **other})
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def from_doccano(text: str, where: str) -> pd.DataFrame:
    """One row a line of a doccano JSONL export; `label` (or `labels`, or `annotations`) is a list, the second the secondary."""
    rows: list[Row] = []
    for number, line in enumerate(filter(str.strip, text.split("\n")), start=1):
        record = _parsed(line, f"{where}: line {number}")
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            raise DataError(f"{where}: line {number}: no text; export from doccano as JSONL")
        labels = record.get("label", record.get("labels", record.get("annotations"))) or []
        labels = [labels] if isinstance(labels, str) else labels
        if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
            raise DataError(f"{where}: line {number}: labels are not names; export a text-classification project as JSONL")
        other = {
            k: str(v) for k, v in record.items() if k not in ("label", "labels", "annotations", "Comments", "annotation_approver")
        }
        who = str(record.get("annotation_approver") or record.get("annotator") or "")
        rows.append({**other, "id": str(record.get("id") or text_id(record["text"])), **_two(labels), "annotator": who})
    return _frame(rows, where)


# ---- files ----------------------------------------------------------------------------------------


def convert(source: str | Path, target: str | Path, *, suggest: bool = False) -> int:
    """Turn a file into another form by their names: .csv a table, .json Label Studio, .jsonl doccano. Returns the rows read.

    An existing `target` is replaced. Raises DataError for other names and for content that is not of that form.
    """
    frame = read(source)
    Path(target).write_text(written(frame, target, suggest=suggest), encoding="utf-8", newline="")
    return len(frame)


def read(path: str | Path) -> pd.DataFrame:
    """The rows of a table, a Label Studio export or a doccano export, told apart by the name's ending."""
    text, _ = decode(read_bytes(path), str(path))
    kind = _kind(path)
    if kind == ".json":
        return from_label_studio(text, str(path))
    if kind == ".jsonl":
        return from_doccano(text, str(path))
    return _from_csv(text, str(path))


def written(frame: pd.DataFrame, target: str | Path, *, suggest: bool = False) -> str:
    """The text of the file `target` for these rows."""
    kind = _kind(target)
    if kind == ".json":
        return to_label_studio(frame, suggest=suggest)
    return to_doccano(frame) if kind == ".jsonl" else frame.map(_safe).to_csv(index=False, lineterminator="\n")


def _kind(path: str | Path) -> str:
    kind = Path(path).suffix.lower()
    if kind not in (".csv", ".json", ".jsonl"):
        raise DataError(f"{path}: its form is not known by its name; use .csv (table), .json (Label Studio) or .jsonl (doccano)")
    return kind


def _from_csv(text: str, where: str) -> pd.DataFrame:
    try:
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"{where}: {str(error).strip()}; give a CSV with a header") from None
    if "text" not in frame:
        raise DataError(f"{where}: no column 'text'; columns found: {', '.join(map(str, frame.columns))[:200]}")
    return frame.map(unescape)


def _safe(cell: object) -> object:
    return escape(cell) if isinstance(cell, str) else cell


def _rows(frame: pd.DataFrame) -> Iterable[Row]:
    for record in frame.fillna("").astype(str).to_dict("records"):
        row = {str(key): str(value) for key, value in record.items()}
        for column in ("label", "secondary", "annotator"):
            row.setdefault(column, "")
        row["id"] = row.get("id") or text_id(row["text"])
        yield row


def _two(labels: Sequence[str]) -> Row:
    return {"label": labels[0] if labels else "", "secondary": labels[1] if len(labels) > 1 else ""}


def _frame(rows: list[Row], where: str) -> pd.DataFrame:
    if not rows:
        raise DataError(f"{where}: holds no sentences")
    first = [column for column in OWN if any(column in row for row in rows)]
    rest = dict.fromkeys(key for row in rows for key in row if key not in first)
    return pd.DataFrame(rows, columns=[*first, *rest]).fillna("")


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise DataError(f"{where}: is not JSON; export it again") from None
