"""Many sentences at once: the same features and the same sums as `Analyzer` and `StanceModel`, on numpy arrays.

No Python object is made per n-gram. Tokens are cut and hashed on the bytes of the joined text; what a token stands for
(stem, mask, class words) is looked up once per distinct token and kept; n-grams are whole numbers packed from symbol
numbers. Sentences that are not plain Latin-1 after normalisation go the ordinary way, one by one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .features import MARKS, NAME, NO_STANCE, Analyzer, bare, read_template
from .folder import Parts
from .normalise import normalise

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
_BITS = 19  # bits a symbol number takes in a packed n-gram: three symbols and a template fit 63
_ALPHA, _DIGIT, _DOT, _APOSTROPHE, _MARK = 1, 2, 4, 8, 16
_CLASSES = np.zeros(256, dtype=np.uint8)  # of the characters of Latin-1, as the regular expressions of features.py see them
for _code in range(256):
    _letter = chr(_code)
    if re.match(r"[^\W_]", _letter):
        _CLASSES[_code] = _ALPHA if re.match(r"[^\W\d_]", _letter) else _DIGIT
    else:
        _CLASSES[_code] = {".": _DOT, "'": _APOSTROPHE, "?": _MARK, "!": _MARK, '"': _MARK}.get(_letter, 0)
_BASE = 0x9E3779B97F4A7C15 | 1  # odd: it has an inverse modulo 2^64
_LINKED = ("@", "://", "www.")
_SPECIAL = ("&", "`", *_LINKED)
_TOKEN_LIMIT = 400_000  # distinct tokens kept; then the table starts anew


class IntMap:
    """Whole number ≥ 1 → whole number ≥ 0 for whole arrays: open addressing, no Python object per look-up."""

    def __init__(self, keys: Ints, values: Ints) -> None:
        bits = max(4, int(len(keys) * 2 + 1).bit_length())
        self._shift = np.uint64(64 - bits)
        self._mask = np.int64((1 << bits) - 1)
        self._keys = np.zeros(1 << bits, dtype=np.int64)
        self._values = np.full(1 << bits, -1, dtype=np.int64)
        waiting = np.arange(len(keys))
        slots = self._slots(keys)
        while len(waiting):
            free = self._keys[slots] == 0
            first = np.zeros(len(waiting), dtype=bool)
            first[np.unique(slots, return_index=True)[1]] = True  # one key a slot
            put = free & first
            self._keys[slots[put]] = keys[waiting[put]]
            self._values[slots[put]] = values[waiting[put]]
            waiting, slots = waiting[~put], (slots[~put] + ~free[~put]) & self._mask

    def _slots(self, keys: Ints) -> Ints:
        return ((keys.view(np.uint64) * np.uint64(_BASE)) >> self._shift).view(np.int64)

    def get(self, keys: Ints) -> Ints:
        """The value of each key, -1 where there is none."""
        slots = self._slots(keys)
        found = self._keys[slots]
        values = np.where(found == keys, self._values[slots], -1)
        open_ = np.flatnonzero((found != keys) & (found != 0))
        slots = slots[open_]
        while len(open_):
            slots = (slots + 1) & self._mask
            found = self._keys[slots]
            hit = found == keys[open_]
            values[open_[hit]] = self._values[slots[hit]]
            going = ~hit & (found != 0)
            open_, slots = open_[going], slots[going]
        return values


class _Trie:
    """Sequences of whole numbers ≥ 1 → a value ≥ 1 each; finds the longest one from many places at once."""

    def __init__(self, entries: Iterable[tuple[Sequence[int], int]]) -> None:
        edges: dict[int, int] = {}
        accept = [0, 0]  # state 1 is the root
        self._longest = 0
        for numbers, value in entries:
            state = 1
            self._longest = max(self._longest, len(numbers))
            for number in numbers:
                edge = state << _BITS | number
                if edge not in edges:
                    edges[edge] = len(accept)
                    accept.append(0)
                state = edges[edge]
            accept[state] = accept[state] or value
        self._edges = IntMap(np.array(list(edges), dtype=np.int64), np.array(list(edges.values()), dtype=np.int64))
        self._accept = np.array(accept, dtype=np.int64)

    def longest(self, numbers: Ints, sentences: Ints) -> tuple[Ints, Ints]:
        """For each place the length of the longest entry that begins there (0: none) and its value."""
        n = len(numbers)
        length, value = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        at = np.flatnonzero(numbers > 0)
        states = np.ones(len(at), dtype=np.int64)
        for depth in range(self._longest):
            inside = at + depth < n
            at, states = at[inside], states[inside]
            following = self._edges.get(states << _BITS | numbers[at + depth])
            going = (following > 0) & (sentences[at] == sentences[at + depth])
            at, states = at[going], following[going]
            if not len(at):
                break
            accepted = self._accept[states]
            full = accepted > 0
            length[at[full]] = depth + 1
            value[at[full]] = accepted[full]
        return length, value


def _inside(length: Ints) -> tuple[Bools, Bools]:
    """Of longest matches taken from the left: True from a match's second place on, and True on all its places."""
    later = np.zeros(len(length) + 1, dtype=np.int64)
    long = np.flatnonzero(length > 1)
    begins, ends = [], []
    reach = 0
    for i, size in zip(long.tolist(), length[long].tolist(), strict=True):
        if i >= reach:
            reach = i + size
            begins.append(i)
            ends.append(reach)
    whole = later.copy()
    whole[begins] += 1
    np.add.at(whole, ends, -1)
    later[np.array(begins, dtype=np.int64) + 1] += 1
    np.add.at(later, ends, -1)
    return np.cumsum(later)[:-1] > 0, np.cumsum(whole)[:-1] > 0


class _Words:
    """What is known of each distinct token as written, in columns; filled as tokens are met."""

    SYMBOL, ROW, MASKED, ANY_CASE, EXACT, COUNTED = range(6)

    def __init__(self, numbers: dict[str, int], vocabulary: dict[str, int], analyzer: Analyzer) -> None:
        self._numbers, self._vocabulary, self._analyzer = numbers, vocabulary, analyzer
        several = {name: exact for name, exact in analyzer.names.items() if " " in name}
        self._forms = {word: i for i, word in enumerate(sorted({w for name in several for w in name.split(" ")}), 1)}
        self.any_case, self.exact = (
            _Trie([([self._forms[w] for w in name.split(" ")], 1) for name, e in several.items() if e == wanted])
            for wanted in (False, True)
        )
        self.clear()

    def clear(self) -> None:
        """Forget all tokens."""
        self._keys = np.zeros(0, dtype=np.int64)
        self._table = np.zeros((0, 6), dtype=np.int64)
        self._map = IntMap(self._keys, self._keys)

    def columns(self, hashes: Ints, starts: Ints, ends: Ints, data: bytes) -> Ints:
        """What is known of each token, n × 6; tokens met for the first time are added."""
        places = self._map.get(hashes)
        missing = np.flatnonzero(places < 0)
        if len(missing):
            if len(self._table) > _TOKEN_LIMIT:
                self.clear()
                return self.columns(hashes, starts, ends, data)
            unique, first = np.unique(hashes[missing], return_index=True)
            where = missing[first]
            tokens = [data[a:b].decode("latin-1") for a, b in zip(starts[where].tolist(), ends[where].tolist(), strict=True)]
            self._table = np.vstack([self._table, np.array([self._columns(t) for t in tokens], dtype=np.int64)])
            self._keys = np.concatenate([self._keys, unique])
            self._map = IntMap(self._keys, np.arange(len(self._keys)))
            places = self._map.get(hashes)
        return self._table[places]

    def _columns(self, raw: str) -> tuple[int, ...]:
        symbol, begins_name, masked = self._analyzer.attribute(raw)
        alone = begins_name and self._analyzer.name_length([raw], 0) == 1
        return (
            self._numbers.get(symbol, 0),
            self._vocabulary.get("w " + symbol, -1),
            int(masked or alone),
            self._forms.get(bare(raw).lower(), 0),
            self._forms.get(bare(raw), 0),
            int(len(symbol) > 1),
        )


class Scorer:
    """Scores lists of sentences for one model. Not to be shared between threads while it learns new tokens."""

    def __init__(self, parts: Parts) -> None:
        self._analyzer = parts.analyzer
        self._k = len(parts.labels)
        vocabulary = dict(parts.vocabulary)
        symbols = {NAME, NO_STANCE, *MARKS}
        for feature in vocabulary:
            symbols.update(feature.split(" ")[1:])
        for expression in self._analyzer.lexicon:
            symbols.update(expression.split(" "))
        classes = set(self._analyzer.lexicon.values())
        self._numbers = {symbol: i for i, symbol in enumerate(sorted(symbols | classes), 1)}
        if len(self._numbers) >= 1 << _BITS:
            raise OverflowError(f"{len(self._numbers)} symbols, at most {1 << _BITS} fit")
        self._templates = [read_template(line) for line in self._analyzer.templates]
        self._words = _Words(self._numbers, vocabulary, self._analyzer)
        self._features = self._feature_map(vocabulary)
        lexicon = self._analyzer.lexicon.items()
        self._lexicon = _Trie([([self._numbers[w] for w in entry.split(" ")], self._numbers[c]) for entry, c in lexicon])
        self._stance = np.zeros(len(self._numbers) + 1, dtype=bool)
        for symbol, number in self._numbers.items():
            self._stance[number] = (symbol in classes and symbol.isupper()) or symbol in ("?", "!")
        self._passing = np.zeros(len(self._numbers) + 1, dtype=bool)
        self._passing[[self._numbers[symbol] for symbol in (NAME, *MARKS)]] = True
        self._idf = np.asarray(parts.idf, dtype=np.float64)
        self._folded = np.asarray(parts.folded, dtype=np.float64).reshape(-1, self._k)
        self._intercepts = np.array(parts.intercepts)
        self._scales = np.array([0.0, 1.0, *(1.0 + math.log(n) for n in range(2, 64))])

    # ---- tables, built once -------------------------------------------------------------------------

    def _feature_map(self, vocabulary: dict[str, int]) -> IntMap:
        """Packed n-gram → row of the vocabulary."""
        shapes = {}
        for t, template in enumerate(self._templates):
            pattern = template.pattern.replace("%s", "").split(" ")
            shapes[tuple(part if part in ("w", "c", "k", "^", "*") else "" for part in pattern)] = t
        keys, rows = [], []
        for feature, row in vocabulary.items():
            parts = feature.split(" ")
            head = 2 if parts[1] == "^" else 1
            for shape, t in shapes.items():
                fits = len(shape) == len(parts) and shape[:head] == tuple(parts[:head])
                if fits and all((s == "*") == (p == "*") for s, p in zip(shape[head:], parts[head:], strict=True)):
                    packed = 0
                    for place, part in zip(shape[head:], parts[head:], strict=True):
                        if not place:
                            packed = packed << _BITS | self._numbers[part]
                    keys.append((t + 1) << 3 * _BITS | packed)
                    rows.append(row)
                    break
        return IntMap(np.array(keys, dtype=np.int64), np.array(rows, dtype=np.int64))

    # ---- scoring ------------------------------------------------------------------------------------

    def score(self, texts: Sequence[str], one_by_one: Callable[[str], tuple[Sequence[float], float]]) -> tuple[Floats, Floats]:
        """Probabilities (n × labels) and known shares (n)."""
        clean: list[str] = []
        places: list[int] = []
        probabilities, known = np.empty((len(texts), self._k)), np.zeros(len(texts))
        for i, text in enumerate(texts):
            plain = _plain(text)
            if plain is None:
                probabilities[i], known[i] = one_by_one(text)
            else:
                clean.append(plain)
                places.append(i)
        if clean:
            probabilities[places], known[places] = self._score_plain(clean)
        return probabilities, known

    def _score_plain(self, texts: list[str]) -> tuple[Floats, Floats]:
        n = len(texts)
        words, sentences, known = self._symbols(texts)
        classes, class_sentences = self._classes(words, sentences)
        stances, stance_sentences = self._stances(classes, class_sentences, sentences, n)
        sequences = {
            "words": (words, sentences),
            "classes": (classes, class_sentences),
            "stances": (stances, stance_sentences),
        }
        rows, owners = [], []
        for t, template in enumerate(self._templates):
            if template.sequence != "words" and not self._analyzer.lexicon:
                continue
            row, owner = self._ngrams(t, *sequences[template.sequence])
            rows.append(row)
            owners.append(owner)
        return self._probabilities(np.concatenate(rows), np.concatenate(owners), n), known

    def _ngrams(self, t: int, symbols: Ints, sentences: Ints) -> tuple[Ints, Ints]:
        """The vocabulary rows of one template's n-grams, and the sentence of each."""
        template = self._templates[t]
        count = len(symbols) - template.places[-1]
        if count <= 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        keys = symbols[:count].copy()
        usable = keys > 0
        for place in template.places[1:]:
            ahead = symbols[place : place + count]
            keys = keys << _BITS | ahead
            usable &= ahead > 0
        if template.places[-1]:
            usable &= sentences[:count] == sentences[template.places[-1] :]
        if template.anchored:
            usable[1:] &= sentences[1:count] != sentences[: count - 1]
        chosen = np.flatnonzero(usable)
        keys = keys[chosen] | np.int64((t + 1) << 3 * _BITS)
        rows = self._features.get(keys)
        hit = rows >= 0
        return rows[hit], sentences[chosen[hit]]

    def _probabilities(self, rows: Ints, owners: Ints, n: int) -> Floats:
        counts = sparse.csr_matrix((np.ones(len(rows)), (owners, rows)), shape=(n, len(self._idf)))
        counts.sum_duplicates()
        whole = counts.data.astype(np.int64)
        if len(whole) and whole.max() >= len(self._scales):
            self._scales = np.array([0.0, *(1.0 + math.log(c) for c in range(1, int(whole.max()) + 1))])
        counts.data = self._scales[whole]
        sums = counts @ self._folded
        values = counts.data * self._idf[counts.indices]
        counts.data = values * values
        norms = np.sqrt(counts @ np.ones(len(self._idf)))
        norms[norms == 0] = 1.0
        logits = sums / norms[:, None] + self._intercepts
        logits -= logits.max(axis=1, keepdims=True)
        # math.exp, not np.exp: the last bit of the two may differ, and a batch must equal its sentences
        powers = np.fromiter(map(math.exp, logits.ravel().tolist()), dtype=float, count=logits.size).reshape(logits.shape)
        total = powers[:, 0].copy()
        for j in range(1, self._k):
            total += powers[:, j]
        return powers / total[:, None]

    # ---- sequences ----------------------------------------------------------------------------------

    def _symbols(self, texts: list[str]) -> tuple[Ints, Ints, Floats]:
        """Symbol numbers with names masked and joined, the sentence of each, and the known share of each sentence."""
        data = "\n".join(texts).encode("latin-1")
        codes = np.frombuffer(data, dtype=np.uint8)
        starts, ends = _cut(codes)
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        begins = np.concatenate([[0], np.cumsum(lengths + 1)])[:-1]
        sentences = np.searchsorted(begins, starts, side="right") - 1
        words = self._words
        table = words.columns(_hashes(codes, starts, ends), starts, ends, data)
        symbols, masked = table[:, words.SYMBOL], table[:, words.MASKED] > 0
        any_case, _ = words.any_case.longest(table[:, words.ANY_CASE], sentences)
        exact, _ = words.exact.longest(table[:, words.EXACT], sentences)
        masked |= _inside(np.maximum(any_case, exact))[1]
        symbols = np.where(masked, self._numbers[NAME], symbols)
        keep = np.ones(len(symbols), dtype=bool)
        keep[1:] = ~(masked[1:] & masked[:-1] & (sentences[1:] == sentences[:-1]))
        counted = (table[:, words.COUNTED] > 0) & ~masked
        total = np.bincount(sentences[counted], minlength=len(texts))
        hits = np.bincount(sentences[counted & (table[:, words.ROW] >= 0)], minlength=len(texts))
        known = np.divide(hits, total, out=np.zeros(len(texts)), where=total > 0)
        return symbols[keep], sentences[keep], known

    def _classes(self, symbols: Ints, sentences: Ints) -> tuple[Ints, Ints]:
        """The sequence of lexicon classes: longest expression first, from the left, names and marks between."""
        length, label = self._lexicon.longest(symbols, sentences)
        label = np.where((label == 0) & self._passing[symbols], symbols, label)
        keep = (label > 0) & ~_inside(length)[0]
        return label[keep], sentences[keep]

    def _stances(self, classes: Ints, class_sentences: Ints, sentences: Ints, n: int) -> tuple[Ints, Ints]:
        """The classes that bear on the stance; one mark for a sentence with tokens but none of them."""
        keep = self._stance[classes]
        found, owners = classes[keep], class_sentences[keep]
        without = np.zeros(n, dtype=bool)
        without[sentences] = True
        without[owners] = False
        lonely = np.flatnonzero(without)
        owners = np.concatenate([owners, lonely])
        found = np.concatenate([found, np.full(len(lonely), self._numbers[NO_STANCE])])
        order = np.argsort(owners, kind="stable")
        return found[order], owners[order]


def _is_plain(text: str) -> bool:
    """True where the text needs no cleaning and holds no link or address: printable ASCII without &, ` and @."""
    return text.isascii() and text.isprintable() and not any(map(text.__contains__, _SPECIAL))


def _plain(text: str) -> str | None:
    """The cleaned copy of a text if it can go with the batch: printable Latin-1 without line breaks, links and addresses."""
    if _is_plain(text):
        return text
    text = normalise(text)
    if not text.isprintable() or any(map(text.__contains__, _LINKED)):
        return None
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return None
    return text


def _cut(codes: NDArray[np.uint8]) -> tuple[Ints, Ints]:
    """Starts and ends of the tokens, as features.TOKEN cuts them, of ASCII bytes."""
    kinds = _CLASSES[codes]
    alpha, word = kinds == _ALPHA, (kinds & (_ALPHA | _DIGIT)) > 0
    before = np.zeros(len(codes), dtype=bool)
    before[1:] = word[:-1]
    inside = word.copy()
    cut = word & ~before
    _join_apostrophes(kinds, alpha, before, inside, cut)
    _join_abbreviations(kinds, alpha, before, inside, cut)
    marks = kinds == _MARK
    cut |= marks
    inside |= marks
    leave = np.zeros(len(codes) + 1, dtype=bool)
    leave[1:] = inside
    leave[:-1] &= ~inside | cut
    return np.flatnonzero(cut), np.flatnonzero(leave)


def _join_apostrophes(kinds: NDArray[np.uint8], alpha: Bools, before: Bools, inside: Bools, cut: Bools) -> None:
    """One apostrophe between a word character and a letter belongs to the token; what follows it is letters only."""
    found = np.flatnonzero(kinds == _APOSTROPHE)
    found = found[(found > 0) & (found < len(kinds) - 1)]
    found = found[before[found] & alpha[found + 1]]
    if not len(found):
        return
    stops = np.flatnonzero(~alpha)  # where letters end
    ends = stops[np.minimum(np.searchsorted(stops, found + 1), len(stops) - 1)] if len(stops) else np.array([], dtype=np.int64)
    reach = -1
    for place, end in zip(found.tolist(), ends.tolist(), strict=True):
        end = end if end > place else len(kinds)
        if place == reach:  # a second apostrophe ends the token: rock'n'roll is "rock'n", "roll"
            reach = -1
            continue
        inside[place] = True
        cut[place + 1] = False
        if end < len(kinds) and kinds[end] == _DIGIT:
            cut[end] = True  # "o'clock9": digits do not follow letters after an apostrophe
        reach = end


def _join_abbreviations(kinds: NDArray[np.uint8], alpha: Bools, before: Bools, inside: Bools, cut: Bools) -> None:
    """Two or more single letters with a full stop each ("U.S.") are one token, full stops included."""
    dots = np.flatnonzero(kinds == _DOT)
    dots = dots[dots > 0]
    letters = dots[alpha[dots - 1]] - 1
    glued = np.zeros(len(letters), dtype=bool)
    glued[letters > 0] = before[letters[letters > 0]] | inside[letters[letters > 0] - 1]
    pairs = letters[~glued]
    if len(pairs) < 2:
        return
    together = np.zeros(len(pairs), dtype=bool)
    together[1:] = pairs[1:] - pairs[:-1] == 2
    together[:-1] |= together[1:]
    run = pairs[together]
    inside[run + 1] = True
    continued = np.zeros(len(run), dtype=bool)
    continued[1:] = run[1:] - run[:-1] == 2
    cut[run[continued]] = False
    after = run + 2
    after = after[after < len(kinds)]
    fresh = after[~np.isin(after, run) & inside[after]]
    cut[fresh] = True


def _hashes(codes: NDArray[np.uint8], starts: Ints, ends: Ints) -> Ints:
    """A positive 63-bit number for each token, from its bytes and its length."""
    n = len(codes)
    powers, inverses = _powers(n + 1)
    sums = np.zeros(n + 1, dtype=np.uint64)
    np.cumsum((codes.astype(np.uint64) + np.uint64(1)) * powers[:n], out=sums[1:])
    mixed = (sums[ends] - sums[starts]) * inverses[starts]
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= (ends - starts).astype(np.uint64) << np.uint64(40)
    return ((mixed >> np.uint64(1)) | np.uint64(1)).view(np.int64)


_tables: tuple[NDArray[np.uint64], NDArray[np.uint64]] = (np.ones(1, dtype=np.uint64), np.ones(1, dtype=np.uint64))


def _powers(n: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The first powers of the hash base and of its inverse modulo 2^64; grown when needed."""
    global _tables
    if len(_tables[0]) < n:
        size = 1 << n.bit_length()
        inverse = pow(_BASE, -1, 1 << 64)
        grown = []
        for base in (_BASE, inverse):
            factors = np.full(size, base, dtype=np.uint64)
            factors[0] = 1
            grown.append(np.cumprod(factors))
        _tables = (grown[0], grown[1])
    return _tables
