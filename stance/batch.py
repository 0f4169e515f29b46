"""Many sentences at once: the same features and the same sums as `Analyzer` and `StanceModel`, on numpy arrays.

No Python object is made per n-gram. Tokens are cut and hashed on the bytes of the joined text; what a token stands for
(stem, mask, class words) is looked up once per distinct token and kept; n-grams are whole numbers packed from symbol
numbers. Sentences that are not plain Latin-1 after normalisation go the ordinary way, one by one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .cutting import cut_tokens, hashes_of
from .features import ANY_CASE, ARTICLE, EXACT, MARKS, NAME, POSSESSIVE, Analyzer, bare, read_template
from .folder import Parts
from .lookup import BITS, IntMap, Ints, Trie, inside
from .normalise import normalise

Floats = NDArray[np.float64]
_LINKED = ("@", "://", "www.")
_UNPLAIN = np.array([not chr(code).isprintable() or chr(code) in "&`@" for code in range(128)])
_TOKEN_LIMIT = 400_000  # distinct tokens kept; then the table starts anew


class _Words:
    """What is known of each distinct token as written, in columns; filled as tokens are met."""

    SYMBOL, ROW, MASKED, ANY_CASE, EXACT, COUNTED = range(6)

    def __init__(self, numbers: dict[str, int], vocabulary: dict[str, int], analyzer: Analyzer) -> None:
        self._numbers, self._vocabulary, self._analyzer = numbers, vocabulary, analyzer
        several = {name: value for name, value in analyzer.names.pairs().items() if " " in name}
        self._forms = {word: i for i, word in enumerate(sorted({w for name in several for w in name.split(" ")}), 1)}
        self.any_case, self.exact = (
            Trie([([self._forms[w] for w in name.split(" ")], 1) for name, value in several.items() if value == wanted])
            for wanted in (ANY_CASE, EXACT)
        )
        self.clear()

    def clear(self) -> None:
        """Forget all tokens."""
        keys = np.zeros(0, dtype=np.int64)
        self._known = keys, np.zeros((0, 6), dtype=np.int64), IntMap(keys, keys)

    def columns(self, hashes: Ints, starts: Ints, ends: Ints, data: bytes) -> Ints:
        """What is known of each token, n × 6; tokens met for the first time are added."""
        keys, table, places_of = self._known  # taken once: another thread may put a newer one in its place
        places = places_of.get(hashes)
        missing = np.flatnonzero(places < 0)
        if len(missing):
            if len(table) > _TOKEN_LIMIT:
                self.clear()
                return self.columns(hashes, starts, ends, data)
            unique, first = np.unique(hashes[missing], return_index=True)
            where = missing[first]
            tokens = [data[a:b].decode("latin-1") for a, b in zip(starts[where].tolist(), ends[where].tolist(), strict=True)]
            table = np.vstack([table, np.array([self._columns(t) for t in tokens], dtype=np.int64)])
            keys = np.concatenate([keys, unique])
            places_of = IntMap(keys, np.arange(len(keys)))
            self._known = keys, table, places_of
            places = places_of.get(hashes)
        return table[places]

    def _columns(self, raw: str) -> tuple[int, ...]:
        symbol, names, masked = self._analyzer.attribute(raw)
        alone = names is not None and self._analyzer.name_length([raw], 0, names) == 1
        return (
            self._numbers.get(symbol, 0),
            self._vocabulary.get("w " + symbol, -1),
            int(masked or alone),
            self._forms.get(bare(raw).lower(), 0),
            self._forms.get(bare(raw), 0),
            int(len(symbol) > 1),
        )


class Scorer:
    """Scores lists of sentences for one model; may be shared between threads."""

    def __init__(self, parts: Parts) -> None:
        self._analyzer = parts.analyzer
        self._k = len(parts.labels)
        vocabulary = {name: row for row, name in enumerate(parts.vocabulary)}
        symbols = {NAME, ARTICLE, POSSESSIVE, *MARKS}
        for feature in vocabulary:
            symbols.update(feature.split(" ")[1:])
        lexicon = self._analyzer.lexicon.pairs()
        for expression in lexicon:
            symbols.update(expression.split(" "))
        classes = set(lexicon.values())
        self._numbers = {symbol: i for i, symbol in enumerate(sorted(symbols | classes), 1)}
        if len(self._numbers) >= 1 << BITS:
            raise OverflowError(f"{len(self._numbers)} symbols, at most {1 << BITS} fit")
        self._templates = [read_template(line) for line in self._analyzer.templates]
        self._words = _Words(self._numbers, vocabulary, self._analyzer)
        self._features = self._feature_map(vocabulary)
        self._lexicon = Trie([([self._numbers[w] for w in entry.split(" ")], self._numbers[c]) for entry, c in lexicon.items()])
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
        shapes = {_shape(template.pattern.split(" ")): t for t, template in enumerate(self._templates, 1)}
        numbers = self._numbers
        keys, rows = [], []
        for feature, row in vocabulary.items():
            parts = feature.split(" ")
            t = shapes.get(_shape(parts))
            if t:
                packed = 0
                for part in parts[1:]:
                    if part not in ("*", "^"):  # places passed over and the start of a sequence, never symbols
                        packed = packed << BITS | numbers[part]
                keys.append(t << 3 * BITS | packed)
                rows.append(row)
        return IntMap(np.array(keys, dtype=np.int64), np.array(rows, dtype=np.int64))

    # ---- scoring ------------------------------------------------------------------------------------

    def score(self, texts: Sequence[str], one_by_one: Callable[[str], tuple[Sequence[float], float]]) -> tuple[Floats, Floats]:
        """Probabilities (n × labels) and known shares (n)."""
        clean, others = plain_texts(texts)
        if not others:
            return self._score_plain(clean)
        places = np.setdiff1d(np.arange(len(texts)), others)
        probabilities, known = np.empty((len(texts), self._k)), np.zeros(len(texts))
        for i in others:
            probabilities[i], known[i] = one_by_one(texts[i])
        if clean:
            probabilities[places], known[places] = self._score_plain(clean)
        return probabilities, known

    def _score_plain(self, texts: list[str]) -> tuple[Floats, Floats]:
        n = len(texts)
        words, sentences, known = self._symbols(texts)
        classes, class_sentences = self._classes(words, sentences)
        stances, stance_sentences = self._stances(classes, class_sentences)
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
            keys = keys << BITS | ahead
            usable &= ahead > 0
        if template.places[-1]:
            usable &= sentences[:count] == sentences[template.places[-1] :]
        if template.anchored:
            usable[1:] &= sentences[1:count] != sentences[: count - 1]
        chosen = np.flatnonzero(usable)
        keys = keys[chosen] | np.int64((t + 1) << 3 * BITS)
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
        sums: Floats = np.asarray(counts @ self._folded)
        values = counts.data * self._idf[counts.indices]
        counts.data = values * values
        norms: Floats = np.sqrt(np.asarray(counts @ np.ones(len(self._idf))))
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
        starts, ends = cut_tokens(codes)
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        begins = np.concatenate([[0], np.cumsum(lengths + 1)])[:-1]
        sentences = np.searchsorted(begins, starts, side="right") - 1
        words = self._words
        table = words.columns(hashes_of(codes, starts, ends), starts, ends, data)
        symbols, masked = table[:, words.SYMBOL], table[:, words.MASKED] > 0
        any_case, _ = words.any_case.longest(table[:, words.ANY_CASE], sentences)
        exact, _ = words.exact.longest(table[:, words.EXACT], sentences)
        masked |= inside(np.maximum(any_case, exact))[1]
        article = (symbols[:-1] == self._numbers[ARTICLE]) & masked[1:] & (sentences[:-1] == sentences[1:])
        masked[:-1] |= article
        left_over = (symbols[1:] == self._numbers[POSSESSIVE]) & (symbols[:-1] != self._numbers[POSSESSIVE])
        masked[1:] |= left_over & masked[:-1] & (sentences[:-1] == sentences[1:])
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
        keep = (label > 0) & ~inside(length)[0]
        return label[keep], sentences[keep]

    def _stances(self, classes: Ints, sentences: Ints) -> tuple[Ints, Ints]:
        """The classes that bear on the stance."""
        keep = self._stance[classes]
        return classes[keep], sentences[keep]


def _shape(parts: list[str]) -> tuple[str, int, int]:
    """What tells the templates' features apart: the sequence, the number of parts, and where `*` and `^` stand."""
    marks = sum(1 << i for i, part in enumerate(parts) if part in ("*", "^")) if "*" in parts or "^" in parts else 0
    return parts[0], len(parts), marks


def plain_texts(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """Cleaned copies of the texts that can go with the batch, in order, and the places of those that cannot.

    Printable ASCII without `&`, backtick and `@` needs no cleaning; that is seen on the bytes of all texts at once.
    """
    found: list[str | None] = [text if text.isascii() else "" for text in texts]
    joined = "\n".join(found)  # type: ignore[arg-type]
    ends = np.cumsum(np.fromiter(map(len, found), dtype=np.int64, count=len(found)) + 1)  # type: ignore[arg-type]
    places = np.flatnonzero(_UNPLAIN[np.frombuffer(joined.encode("ascii"), dtype=np.uint8)])
    owners = np.searchsorted(ends, places, side="right")
    odd = set(owners[places != ends[owners] - 1].tolist())  # less the line feeds between texts
    odd.update(i for i, text in enumerate(texts) if not text.isascii())
    for mark in _LINKED[1:]:
        odd.update(
            np.searchsorted(ends, [match.start() for match in re.finditer(re.escape(mark), joined)], side="right").tolist()
        )
    for i in odd:
        found[i] = _cleaned(texts[i])
    return [text for text in found if text is not None], sorted(i for i in odd if found[i] is None)


def _cleaned(text: str) -> str | None:
    """The cleaned copy of a text if it is printable Latin-1 without line breaks, links and addresses."""
    text = normalise(text)
    if not text.isprintable() or any(map(text.__contains__, _LINKED)):
        return None
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return None
    return text
