"""The output of a bulk run: written aside, made whole in one step, gone on with after a crash.

Beside OUT stand OUT.part (what is written so far) and OUT.part.json (how much of it counts, and what it was made from)
until the run is done; then OUT.part is renamed. A kill at any moment leaves OUT as it was, or whole.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import IO, Any

from .records import DataError

Convert = Callable[[FileIO, str], None]
_RESUME = "free some space or mend the disk, then run the command again with --resume"
_PLACE = "give a file in a folder that exists and can be written to"


class StreamOutput:
    """Standard output or a device: nothing to rename, nothing to resume."""

    state: Mapping[str, Any] | None = None
    finished = False

    def __init__(self, name: str, file: IO[bytes] | FileIO) -> None:
        self.name, self._file = name, file

    def write(self, data: bytes) -> None:
        """Write and flush. Raises BrokenPipeError where the reader has gone."""
        with _told(self.name, "check where the output goes"):
            _write_all(self._file, data)
            self._file.flush()

    def checkpoint(self, state: Mapping[str, Any]) -> None:
        """Nothing: a stream cannot be gone on with."""

    def finish(self, state: Mapping[str, Any], convert: Convert | None = None) -> None:
        """Nothing: what is written is written."""

    def discard(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Let go of the device; stdout stays open."""
        if self._file is not sys.stdout.buffer:
            self._file.close()


class FileOutput:
    """OUT.part and OUT.part.json, which become OUT. `state` is what the last checkpoint of an earlier run recorded."""

    def __init__(self, path: Path, identity: Mapping[str, Any], *, force: bool = False, resume: bool = False) -> None:
        self.name, self._path, self._identity = str(path), path, dict(identity)
        self._part = path.with_name(path.name + ".part")
        self._manifest = path.with_name(path.name + ".part.json")
        self._fresh = path.with_name(path.name + ".part.json.new")
        self.state: Mapping[str, Any] | None = self._read_manifest() if resume else None
        done = bool(self.state and self.state["finished"])
        self.finished = done and not self._part.exists()
        if self.finished:
            self._manifest.unlink()
            return
        if path.exists() and not force and not done:
            raise DataError(f"{path}: exists already; add --force to replace it")
        if self._part.exists() and not resume and not force:
            raise DataError(f"{path}: {self._part.name} holds an unfinished run; go on with --resume or begin anew with --force")
        self._file = self._open(self.state["length"] if self.state else 0)

    def _read_manifest(self) -> dict[str, Any] | None:
        try:
            found = json.loads(self._manifest.read_bytes())
            identity, state = found["identity"], dict(found["state"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            raise DataError(f"{self._manifest}: is not the record of a run; begin anew with --force") from None
        for key, value in self._identity.items():
            if identity.get(key) != value:
                raise DataError(f"{self._path}: the unfinished run had another {key}; use the same, or begin anew with --force")
        return state

    def _open(self, length: int) -> FileIO:
        with _told(str(self._part), _PLACE):
            file = FileIO(os.open(self._part, os.O_RDWR | os.O_CREAT, 0o666), "r+")
        try:
            _lock(file, self._path)
            size = file.seek(0, 2)
            if size < length:
                raise DataError(f"{self._part}: holds {size} of {length} bytes; begin anew with --force")
            with _told(str(self._part), _PLACE):
                if not length:
                    self._manifest.unlink(missing_ok=True)
                file.truncate(length)
                file.seek(length)
        except DataError:
            file.close()
            raise
        return file

    def write(self, data: bytes) -> None:
        """Append to OUT.part."""
        with _told(str(self._part), _RESUME):
            _write_all(self._file, data)

    def checkpoint(self, state: Mapping[str, Any], *, finished: bool = False) -> None:
        """Bring OUT.part to the disk, then record how far it has come."""
        with _told(str(self._part), _RESUME):
            os.fsync(self._file.fileno())
            record = {**state, "length": self._file.seek(0, 2), "finished": finished}
            self._fresh.write_text(json.dumps({"identity": self._identity, "state": record}, indent=1), encoding="utf-8")
            _sync(self._fresh)
            os.replace(self._fresh, self._manifest)

    def finish(self, state: Mapping[str, Any], convert: Convert | None = None) -> None:
        """Rename OUT.part, or what `convert(parts, path)` makes of it, to OUT."""
        whole = self._part
        with _told(str(self._part), _RESUME):
            if convert:
                self.checkpoint(state)
                whole = self._path.with_name(self._path.name + ".whole")
                self._file.seek(0)
                convert(self._file, str(whole))
                _sync(whole)
            self.checkpoint(state, finished=True)
            self._file.close()
            os.replace(whole, self._path)
            _sync(self._path.absolute().parent)
            self._part.unlink(missing_ok=True)
            self._manifest.unlink()

    def discard(self) -> None:
        """Delete what is unfinished: there is no going on with it."""
        for path in (self._part, self._manifest, self._fresh):
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of OUT.part, finished or not."""
        if not self.finished:
            self._file.close()


def open_output(
    name: str, source: str, identity: Mapping[str, Any], *, force: bool = False, resume: bool = False
) -> FileOutput | StreamOutput:
    """The output `name` ("-": stdout). DataError where it is the input, exists, or cannot be written."""
    if name == "-":
        return StreamOutput("standard output", sys.stdout.buffer)
    path = Path(name)
    if path.is_dir():
        raise DataError(f"{path}: is a folder; {_PLACE}")
    for mine in (path, path.with_name(path.name + ".part")):
        if source != "-" and mine.exists() and os.path.samefile(mine, source):
            raise DataError(f"{mine}: is the input itself; give another name for the output")
    if path.exists() and not path.is_file():
        with _told(name, _PLACE):
            return StreamOutput(name, FileIO(path, "w"))
    return FileOutput(path, identity, force=force, resume=resume)


@contextmanager
def _told(where: str, hint: str) -> Iterator[None]:
    """Operating-system errors as one DataError that says what to do; a closed pipe passes."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise DataError(f"{where}: {error.strerror or error}; {hint}") from None


def _write_all(file: IO[bytes] | FileIO, data: bytes) -> None:
    """Write everything, also where the system takes it piece by piece."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _sync(path: Path) -> None:
    """Bring a file, or a folder's list of names, to the disk (Windows does so by itself)."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lock(file: FileIO, path: Path) -> None:
    """Hold OUT.part alone until it is closed; DataError where another run holds it."""
    try:
        import fcntl
    except ImportError:  # Windows: its files cannot be replaced while open anyway
        return
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise DataError(f"{path}: another run is writing it; wait for it or give another name") from None
