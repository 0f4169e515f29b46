"""Text → the cleaned copy that features are read from, with the way back to the original offsets.

One table, used at training and at prediction alike (its version is part of the model). The text a user
sees is never changed: only this copy is. Measured reasons for each row: data/DATASHEET.md, "Text".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

VERSION = 1

_DELETED = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROL = "\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ud800-\udfff"
_MAPPED = {
    **dict.fromkeys("‘’‚‛′ʼ`´", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    **dict.fromkeys("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
    **dict(zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)),
    **{chr(0xFF01 + i): chr(0x21 + i) for i in range(0x5E)},
    **dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹", ""),  # footnote marks after a word
    "…": "...",
    "İ": "I",  # its lower case is two characters, of which one splits the word
}
_ODD = re.compile(
    "&(?:amp|quot|lt|gt|nbsp|apos|rsquo|lsquo|ldquo|rdquo|ndash|mdash|#39|#x27);"
    f"|[{_DELETED}]|[{_CONTROL}]"
    f"|[{''.join(re.escape(c) for c in _MAPPED)}]"
    "|[^\u0000-\u02ff][\u0300-\u036f]+|[A-Za-z\u00c0-\u02ff][\u0300-\u036f]+"
)


def _replacement(piece: str) -> str:
    if piece in _MAPPED:
        return _MAPPED[piece]
    if piece[0] == "&":
        import html  # its table of entities would be a tenth of the start of a process

        plain = html.unescape(piece)
        return _MAPPED.get(plain, plain)
    if len(piece) > 1:
        return unicodedata.normalize("NFC", piece)
    return ""


def normalise(text: str) -> str:
    """The cleaned copy of `text`; the same string where nothing has to be changed."""
    if text.isascii() and text.isprintable() and "&" not in text and "`" not in text:
        return text
    return _ODD.sub(lambda match: _replacement(match[0]), text)


def normalise_with_offsets(text: str) -> tuple[str, Sequence[int]]:
    """The cleaned copy, and for each of its positions (and its end) the offset in `text`."""
    pieces: list[str] = []
    offsets: list[int] = []
    last = 0
    for match in _ODD.finditer(text):
        pieces.append(text[last : match.start()])
        offsets.extend(range(last, match.start()))
        new = _replacement(match[0])
        pieces.append(new)
        offsets.extend([match.start()] * len(new))
        last = match.end()
    if not offsets and last == 0:
        return text, range(len(text) + 1)
    pieces.append(text[last:])
    offsets.extend(range(last, len(text) + 1))
    return "".join(pieces), offsets
