"""The built wheel in a bare environment: the command works from any folder, without one third-party package."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(arguments, cwd, **options):
    return subprocess.run([str(a) for a in arguments], cwd=cwd, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A fresh environment with the wheel and nothing else; skipped where the build backend cannot be fetched."""
    folder = tmp_path_factory.mktemp("bare")
    built = run([sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", folder, ROOT], folder)
    if built.returncode:
        pytest.skip(f"no wheel could be built here: {built.stderr.strip()[-200:]}")
    (wheel,) = folder.glob("stance-*.whl")
    assert run([sys.executable, "-m", "venv", folder / "env"], folder).returncode == 0
    done = run([folder / "env/bin/python", "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel], folder)
    assert done.returncode == 0, done.stderr
    return folder, wheel


def test_the_installed_command_predicts(bare):
    folder, _ = bare
    done = run(
        [folder / "env/bin/stance", "predict", "We condemn the attack in the strongest terms."],
        folder,
        env={"HOME": "/nonexistent"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("condemnatory\t")


def test_what_needs_more_says_so_in_one_line(bare):
    folder, _ = bare
    done = run([folder / "env/bin/stance", "train"], folder)
    assert done.returncode == 1
    assert done.stderr.startswith("stance: error: ")
    assert done.stderr.count("\n") == 1


def test_the_wheel_carries_model_codebook_and_tables(bare):
    names = zipfile.ZipFile(bare[1]).namelist()
    for name in (
        "models/default/weights.safetensors",
        "models/default/config.json",
        "data/CODEBOOK.md",
        "data/names.csv",
        "py.typed",
    ):
        assert f"stance/{name}" in names
    assert not [name for name in names if name.endswith((".joblib", ".pkl", ".pickle"))]
