"""The codebook's rules on plain sentences: one case each that a linear model can be held to."""

import pytest

RULES = [
    ("R1", "We are alarmed at the government's brutal crackdown on peaceful protesters.", "condemnatory"),
    (
        "R2",
        "The Secretary-General called on both parties to exercise restraint and return to the negotiating table.",
        "conciliatory",
    ),
    ("R3", "Only dialogue and a political solution can end this conflict.", "conciliatory"),
    ("R4", "I thank the Special Representative for her briefing.", "neutral"),
    ("R5", "We extend our deepest condolences to the families of the victims.", "supportive"),
    ("R6", "Troops shelled the town on Monday, killing 12 people, officials said.", "neutral"),
    ("R7", "The ministry rejected the allegations as baseless slander.", "condemnatory"),
    ("R8", "We will continue to stand with the people of the region and provide humanitarian assistance.", "supportive"),
    ("R9", "The government agreed to lift the sanctions as a goodwill gesture.", "conciliatory"),
    ("R10", "We cannot accept this so-called referendum, which is a flagrant violation of the Charter.", "condemnatory"),
    ("R11", "What is your reaction to the report?", "neutral"),
    ("R12", "Photo: delegates arrive for the meeting in Geneva on Tuesday.", "neutral"),
]


@pytest.mark.parametrize(("rule", "text", "label"), RULES, ids=[rule for rule, _, _ in RULES])
def test_rule(model, rule, text, label):
    assert model.predict(text).label == label
