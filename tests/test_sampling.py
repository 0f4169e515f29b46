"""What to label next: the three ways, and what is never drawn."""

import numpy as np
import pandas as pd
import pytest

from stance.records import DataError
from stance.sampling import WAYS, sample

POOL = pd.DataFrame(
    {
        "text": [
            *(f"The ministers met in hall {word} on Tuesday." for word in ("one", "two", "three", "four", "five", "six")),
            "We condemn the attack.",
            "We condemn  the ATTACK.",
            "We thank Jordan for sheltering refugees.",
            "Both sides should perhaps return to talks after the outrageous raid.",
            "",
        ],
        "label": ["neutral", *[""] * 10],
    }
)


@pytest.mark.parametrize("by", WAYS)
def test_a_sample_is_new_sentences_only_and_the_same_again(model, by):
    found = sample(POOL, model, by, n=5)
    assert found.equals(sample(POOL, model, by, n=5))
    assert len(found) == 5
    assert found["text"].str.lower().str.split().str.join(" ").is_unique
    assert not set(found["text"]) & {"", POOL["text"][0]}
    assert set(found["label"]) == {""}
    assert set(found["predicted"]) <= set(model.labels)


def test_uncertainty_takes_the_smallest_margins_first(model):
    found = sample(POOL, model, "uncertainty", n=99)
    ranked = np.sort(model.predict_proba(found["text"].tolist()), axis=1)
    margins = ranked[:, -1] - ranked[:, -2]
    assert (np.diff(margins) >= 0).all()
    assert len(found) == 8


def test_diversity_covers_the_kinds_of_sentence(model):
    found = sample(POOL, model, "diversity", n=4)
    assert found["text"].str.startswith("The ministers").sum() <= 2


def test_diversity_bears_texts_that_hardly_differ(model):
    same = pd.DataFrame({"text": ["one two", "two one", "one, two!"]})
    assert sample(same, model, "diversity", n=3)["text"].is_unique
    assert len(sample(pd.DataFrame({"text": ["!", "?"]}), model, "diversity", n=1)) == 1


def test_nothing_left_is_an_error(model):
    with pytest.raises(DataError, match="no sentence is left"):
        sample(POOL.iloc[:1], model)
    with pytest.raises(DataError, match="use uncertainty, diversity, random"):
        sample(POOL, model, "luck")
