"""The model's numbers on disk: a safetensors file, read and written by the standard library alone.

`write` makes it, `open_weights` maps it and checks everything before any of it is used: size, checksum,
header, types, shapes, bounds. Format: https://github.com/huggingface/safetensors (README, "Format").
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from .records import ModelError

SIZE_LIMIT = 64 * 2**20
_HEADER_LIMIT = 2**16
_ITEM = {"F64": ("d", 8), "F32": ("f", 4), "U32": ("I", 4), "U8": ("B", 1)}
Fail = Callable[[str], ModelError]


def failing_in(path: str) -> Fail:
    """A function that makes the ModelError for a fault found in `path`."""
    return lambda reason: ModelError(f"{path}: {reason}; train the model again or reinstall stance")


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"key {key!r} stands twice")
        found[key] = value
    return found


def parse_json(data: bytes, fail: Fail) -> dict[str, object]:
    """A JSON object from untrusted bytes: no duplicate keys, no NaN, no deep nesting; else ModelError."""

    def refuse(constant: str) -> object:
        raise ValueError(f"{constant} is not a JSON number")

    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise fail(f"not a valid JSON file ({error})") from None
    if not isinstance(value, dict):
        raise fail("a JSON object was expected")
    return value


def write(path: str, tensors: Mapping[str, tuple[str, tuple[int, ...], bytes]]) -> str:
    """Write name → (dtype, shape, little-endian bytes); returns the SHA-256 of the file."""
    header: dict[str, object] = {}
    offset = 0
    ordered = sorted(tensors.items(), key=lambda item: (-_ITEM[item[1][0]][1], item[0]))
    for name, (dtype, shape, data) in ordered:
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    blob = len(head).to_bytes(8, "little") + head + b"".join(data for _, (_, _, data) in ordered)
    if len(blob) > SIZE_LIMIT:
        raise ModelError(f"{path}: the model would take {len(blob)} bytes, allowed are {SIZE_LIMIT}; train on fewer sentences")
    aside = f"{path}.{os.getpid()}.part"  # a mapped model may be in use: never write into its file
    with open(aside, "wb") as file:
        file.write(blob)
    os.replace(aside, path)
    return hashlib.sha256(blob).hexdigest()


def open_weights(path: str, sha256: str) -> dict[str, tuple[tuple[int, ...], memoryview[Any]]]:
    """Name → (shape, typed read-only view into the mapped file).

    Raises ModelError, with the reason, for a file that is missing, too large, changed or malformed.
    """
    fail = failing_in(path)
    if sys.byteorder != "little":
        raise fail("this computer is big-endian, the file is little-endian")
    try:
        with open(path, "rb") as file:
            size = file.seek(0, 2)
            if not 8 <= size <= SIZE_LIMIT:
                raise fail(f"{size} bytes, allowed are 8 to {SIZE_LIMIT}")
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise fail(f"cannot be read ({error.strerror})") from None
    if hashlib.sha256(view).hexdigest() != sha256:
        raise fail("its SHA-256 is not the one that config.json names")
    length = int.from_bytes(view[:8], "little")
    if length > min(size - 8, _HEADER_LIMIT):
        raise fail(f"header of {length} bytes, more than the file or the limit holds")
    header = parse_json(bytes(view[8 : 8 + length]), fail)
    header.pop("__metadata__", None)
    body = view[8 + length :]
    tensors: dict[str, tuple[tuple[int, ...], memoryview[Any]]] = {}
    end_of_last = 0
    for name, entry in sorted(header.items(), key=lambda item: _begin(item[1])):
        shape, kind, item, begin, end = _entry(name, entry, fail)
        count = 1
        for side in shape:
            count *= side
        if begin != end_of_last or end > len(body) or count * item != end - begin or (8 + length + begin) % item:
            raise fail(f"tensor {name!r}: offsets {begin} to {end} do not fit shape {list(shape)}")
        tensors[name] = (shape, body[begin:end].cast(kind))  # type: ignore[call-overload]
        end_of_last = end
    if end_of_last != len(body):
        raise fail(f"{len(body) - end_of_last} bytes at the end belong to no tensor")
    return tensors


def _begin(entry: object) -> int:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    return offsets[0] if isinstance(offsets, list) and offsets and type(offsets[0]) is int else -1


def _entry(name: str, entry: object, fail: Fail) -> tuple[tuple[int, ...], str, int, int, int]:
    """(shape, struct code, bytes an item, begin, end) of one header entry."""
    if isinstance(entry, dict) and set(entry) == {"dtype", "shape", "data_offsets"}:
        dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        lists = isinstance(shape, list) and isinstance(offsets, list) and len(offsets) == 2 and len(shape) <= 2
        if lists and isinstance(dtype, str) and dtype in _ITEM:
            sound = all(type(n) is int and 0 <= n <= SIZE_LIMIT for n in [*shape, *offsets])
            if sound and offsets[0] <= offsets[1]:
                return tuple(shape), *_ITEM[dtype], offsets[0], offsets[1]
    raise fail(f"tensor {name!r} has a malformed entry")
