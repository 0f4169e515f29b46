"""Sets of labels with a promised coverage (split-conformal prediction)."""

import warnings

import numpy as np
import pytest

from stance import InputError
from stance.calibration import conformal_quantiles
from stance.model import CONFORMAL_COVERAGES


def some_probabilities(n, seed):
    chance = np.random.default_rng(seed)
    logits = chance.normal(size=(n, 4))
    y = (logits + chance.gumbel(size=(n, 4))).argmax(axis=1)
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True), y


def test_a_set_begins_with_the_label_and_grows_with_coverage(model):
    text = "The minister said that the talks would go on."
    assert model.predict_set(text)[0] == model.predict(text).label
    sizes = [len(model.predict_set(text, coverage)) for coverage in CONFORMAL_COVERAGES]
    assert sizes == sorted(sizes)
    assert sizes[0] >= 1
    assert model.predict_set([text, text]) == [model.predict_set(text)] * 2


@pytest.mark.parametrize("coverage", [0.3, 1.0, 0.905, float("nan"), "0.9"])
def test_other_coverages_are_refused(model, coverage):
    with pytest.raises(InputError, match="coverage"):
        model.predict_set("x", coverage)


def test_coverage_holds_on_new_data_of_the_same_kind():
    table = conformal_quantiles(*some_probabilities(4000, 0))
    probabilities, y = some_probabilities(20_000, 1)
    for coverage, least in zip(CONFORMAL_COVERAGES, table, strict=True):
        assert abs((probabilities[np.arange(len(y)), y] >= least).mean() - coverage) < 0.025


def test_the_thresholds_are_those_of_mapie():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mapie = pytest.importorskip("mapie.classification")
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Given(ClassifierMixin, BaseEstimator):
        """A classifier whose input is its answer."""

        def fit(self, X, y):
            self.classes_ = np.arange(4)
            self.n_features_in_ = 4
            return self

        def predict_proba(self, X):
            return X

        def predict(self, X):
            return X.argmax(axis=1)

    probabilities, y = some_probabilities(1500, 2)
    table = conformal_quantiles(probabilities, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rival = mapie.SplitConformalClassifier(
            Given().fit(probabilities, y), confidence_level=[0.6, 0.8, 0.9], conformity_score="lac", prefit=True
        )
        rival.conformalize(probabilities, y)
        _, sets = rival.predict_set(probabilities)
    for k, coverage in enumerate([0.6, 0.8, 0.9]):
        ours = probabilities >= table[round(coverage * 100) - 50] - 1e-9
        assert (ours == sets[:, :, k]).mean() > 0.999
