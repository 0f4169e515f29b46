"""Logits → probabilities that mean what they say, and sets of labels with a promised coverage. Used by training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from .model import CONFORMAL_COVERAGES

Floats = NDArray[np.float64]
REAL_TEXT = 1.43
"""How much cooler the shipped model is than its own data asks for. Sentences written for the project are easier than real
ones: at 1.0 the expected calibration error is .01 on them and .10 on 2,842 real sentences that nothing is reported on, at 1.43
it is at most .05 on both. A model trained on one's own labels is calibrated on them alone."""


def softmax(logits: Floats) -> Floats:
    """Probabilities of logits (n × k)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit_temperature(logits: Floats, y: NDArray[np.intp]) -> float:
    """The one divisor of logits that gives the least log loss (C. Guo et al., ICML 2017).

    The same number as CalibratedClassifierCV(method="temperature", ensemble=False) finds, but from the out-of-fold
    logits that cross-validation has made already.
    """

    def loss(log_t: float) -> float:
        z = logits / np.exp(log_t)
        z = z - z.max(axis=1, keepdims=True)
        return float((np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]).mean())

    found = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded", options={"xatol": 1e-8})
    return float(np.exp(found.x))


def conformal_quantiles(probabilities: Floats, y: NDArray[np.intp]) -> list[float]:
    """For each coverage of CONFORMAL_COVERAGES the least probability that a label of the set must have.

    Split-conformal prediction with the score 1 - p(true label) (M. Sadinle, J. Lei and L. Wasserman, JASA 114, 2019), on
    out-of-fold probabilities. The promise holds for sentences of the same kind as these alone.
    """
    scores = np.sort(1 - probabilities[np.arange(len(y)), y])
    ranks = [min(len(scores), int(np.ceil((len(scores) + 1) * coverage))) for coverage in CONFORMAL_COVERAGES]
    return [round(float(1 - scores[rank - 1]), 9) for rank in ranks]
