"""The shape of the package: who imports whom, what an import loads, what the runtime may never call."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "stance"
MAY_IMPORT = {
    "records": set(),
    "normalise": set(),
    "stemming": set(),
    "entries": set(),
    "encoding": {"records"},
    "features": {"entries", "normalise", "stemming"},
    "weights": {"records"},
    "folder": {"records", "entries", "features", "normalise", "weights"},
    "lookup": set(),
    "cutting": {"lookup"},
    "batch": {"cutting", "lookup", "features", "folder", "normalise"},
    "columns": {"records"},
    "model": {"records", "entries", "normalise", "folder", "batch", "columns"},
    "wordlists": set(),
    "sentences": {"records", "wordlists"},
    "lines": {"sentences"},
    "quotes": {"sentences"},
    "phrases": {"wordlists"},
    "subjects": {"phrases", "wordlists"},
    "cues": {"phrases", "subjects", "wordlists"},
    "people": {"actors", "cues", "phrases", "subjects", "wordlists"},
    "speakers": {"sentences", "quotes", "cues", "people"},
    "actors": {"wordlists"},
    "article": {"records", "model", "sentences", "lines", "speakers", "actors", "page"},
    "page": {"records", "model", "sentences", "article"},
    "terminal": {"records", "article"},
    "html": set(),
    "docx": {"records"},
    "pdf": {"records"},
    "files": {"records", "encoding", "docx", "pdf", "html"},
    "article_cli": {"records", "model", "files", "article", "page", "terminal", "spreadsheet"},
    "dataset": {"records", "encoding", "entries", "features"},
    "evaluation": {"records"},
    "annotation": {"records", "encoding", "dataset"},
    "scoring": {"records", "dataset", "evaluation", "annotation", "model"},
    "comparison": {"records", "evaluation", "model", "scoring"},
    "exchange": {"records", "encoding", "dataset", "spreadsheet"},
    "sampling": {"records", "exchange", "model"},
    "figures": set(),
    "findings": set(),
    "report": {"records", "evaluation", "model", "figures", "findings", "page"},
    "citation": {"report", "__version__"},
    "research_cli": {
        *("records", "dataset", "model", "terminal", "annotation", "scoring", "comparison", "exchange", "sampling", "report"),
        *("citation", "training", "article_cli"),
    },
    "plan": set(),
    "spreadsheet": {"records"},
    "output": {"records"},
    "tables": {"records", "plan", "spreadsheet"},
    "rows": {"plan", "spreadsheet", "tables"},
    "parquet": {"records", "plan", "rows", "spreadsheet", "tables"},
    "tagging": {"records", "plan", "spreadsheet", "tables", "rows", "parquet", "article", "model"},
    "bulk": {"records", "plan", "output", "tables", "parquet", "tagging", "model", "__version__"},
    "bulk_cli": {"records", "plan", "bulk"},
    "spacy_component": {"model", "records"},
    "calibration": {"model"},
    "training": {"calibration", "dataset", "features", "model", "evaluation", "scoring", "report", "records", "__version__"},
}
RUNTIME = {
    *(
        "__init__",
        "records",
        "normalise",
        "entries",
        "stemming",
        "features",
        "weights",
        "folder",
        "batch",
        "columns",
        "model",
        "cli",
    ),
    *("sentences", "lines", "quotes", "wordlists", "phrases", "subjects", "cues", "people", "speakers", "actors", "article"),
    *("page", "terminal", "html", "docx", "pdf", "encoding", "files", "article_cli"),
}
HEAVY = {"numpy", "scipy", "sklearn", "pandas", "joblib", "matplotlib", "jinja2", "nupunkt"}


def modules():
    return {path.stem: ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.glob("*.py")}


def own_imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield from [node.module] if node.module else [alias.name for alias in node.names]


def test_imports_follow_the_map():
    for name, tree in modules().items():
        if name in ("__init__", "__main__", "cli"):
            continue
        assert name in MAY_IMPORT, f"add {name} to the map"
        assert set(own_imports(tree)) <= MAY_IMPORT[name], name


def test_modules_stay_small():
    for path in PACKAGE.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path.name


def test_runtime_can_execute_nothing_from_a_file():
    banned_modules = {"pickle", "marshal", "joblib", "shelve", "dill", "cloudpickle", "skops"}
    banned_calls = {"eval", "exec", "compile", "__import__"}
    for name in RUNTIME:
        tree = modules()[name]
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert not {alias.name.partition(".")[0] for alias in node.names} & banned_modules, name
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert node.module.partition(".")[0] not in banned_modules, name
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in banned_calls, name


@pytest.mark.parametrize(
    "work", ["import stance; stance.predict('We condemn the attack.')", "from stance.cli import main; main(['predict', 'x'])"]
)
def test_one_prediction_loads_no_third_party_package(work):
    code = f"import sys; {work}; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_public_names_exist():
    import stance

    assert all(hasattr(stance, name) for name in stance.__all__)
