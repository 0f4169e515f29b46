"""The documents are executed: README code, its commands' help, docstring examples; generated blocks match the figures."""

import doctest
import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import stance
from stance.cli import COMMANDS, main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS_SHOWN = [
    line.partition("#")[0].removeprefix("$ ").strip() for line in README.splitlines() if line.startswith("$ stance ")
]
MODULES = [f"stance.{path.stem}" for path in (ROOT / "stance").glob("*.py") if not path.stem.startswith("__")]


@pytest.mark.parametrize("code", CODE, ids=range(len(CODE)))
def test_readme_code_runs_and_says_what_its_comments_say(code, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(code, "README.md", "exec"), {})
    said = capsys.readouterr().out
    for expected in re.findall(r"print\(.*\)  # (.+)", code):
        assert expected in said


@pytest.mark.parametrize("command", COMMANDS_SHOWN)
def test_readme_commands_are_accepted(command):
    from stance.cli import _parser

    words = shlex.split(command)[1:]
    assert words[0] in COMMANDS
    assert _parser(words[0]).parse_args(words).command == words[0]


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples_run(module):
    if module == "stance.spacy_component":
        pytest.importorskip("spacy")
    result = doctest.testmod(importlib.import_module(module))
    assert result.failed == 0


def test_the_package_docstring_runs():
    assert doctest.testmod(stance).attempted >= 2


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert "example:\n  stance " in text
    assert "--json" in text


def test_generated_blocks_are_up_to_date():
    done = subprocess.run(
        [sys.executable, "benchmarks/document.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_links_in_the_documents_lead_somewhere():
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("data/*.md")]:
        for target in re.findall(r"\]\(([^)#]+?)\)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"
