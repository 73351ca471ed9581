"""The answer in words says what the run knows, and no more."""

from dataclasses import replace

import numpy as np
import pytest

from core.prediction.predictor import Prediction
from core.prediction.words import answer, answer_detail, none_of, percent

SURE = Prediction("African", 0.96, {"African": 0.96, "Asian": 0.04}, 0.9, True, False, "run", None, np.zeros(1))


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [(0.963, 0, "96 %"), (0.9991, 0, "99 %"), (1, 0, "100 %"), (0.004, 0, "< 1 %"), (0, 0, "0 %"), (0.75, 1, "75.0 %")],
)
def test_a_percentage_never_claims_more_than_it_knows(share, digits, text):
    assert percent(share, digits) == text


def test_an_answer_is_sure_or_unsure_or_names_no_class():
    assert answer(SURE) == "African, 96 %"
    assert answer(replace(SURE, uncertain=True, probability=0.58)) == "Not sure: African 58 %"
    assert answer(replace(SURE, uncertain=True, is_subject=False)) == "Probably none of African, Asian"
    assert answer(replace(SURE, is_subject=None)) == "African, 96 %"  # the run cannot tell what it does not know


def test_every_answer_says_what_to_make_of_it():
    sentences = {answer_detail(one) for one in (SURE, replace(SURE, uncertain=True), replace(SURE, is_subject=False))}
    assert len(sentences) == 3 and all(sentence.endswith(".") for sentence in sentences)


def test_many_classes_are_counted_instead_of_named():
    assert none_of([str(number) for number in range(50)]) == "Probably none of the 50 classes"
