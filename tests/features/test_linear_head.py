"""The linear head: known answers, agreement with scikit-learn, its curve."""

import numpy as np
import pytest

from core.features.linear_head import balanced_weights, fit_head


def blobs(num_classes: int, per_class: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    centers = random.normal(0, 4, (num_classes, 10))
    labels = np.repeat(np.arange(num_classes), per_class)
    return (centers[labels] + random.normal(0, 1, (len(labels), 10))).astype(np.float32), labels


@pytest.mark.parametrize("num_classes", [2, 3, 5])
def test_separates_what_is_separable(num_classes):
    embeddings, labels = blobs(num_classes)
    head = fit_head(embeddings, labels, num_classes, regularization=0.01, epochs=200)
    probabilities = head.probabilities(embeddings)
    assert (probabilities.argmax(axis=1) == labels).all()
    assert np.allclose(probabilities.sum(axis=1), 1)


def test_agrees_with_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    embeddings, labels = blobs(2, seed=4)
    labels[::7] = 1 - labels[::7]
    head = fit_head(embeddings, labels, 2, regularization=0.5, epochs=1000)
    x = (embeddings - embeddings.mean(axis=0)) / (embeddings.std(axis=0) + 1e-6)
    # Two softmax columns share the penalty: each is half of the one column that scikit-learn fits.
    reference = LogisticRegression(C=2 / (0.5 * len(x)), tol=1e-10, max_iter=10_000).fit(x, labels)
    assert np.abs(head.probabilities(embeddings) - reference.predict_proba(x)).max() < 1e-4


def test_a_label_of_seven_tenths_counts_like_seven_photos_against_three():
    embeddings, labels = blobs(2, seed=3)
    soft = np.where(np.eye(2)[labels] == 1, 0.7, 0.3)
    head = fit_head(embeddings, soft, 2, regularization=0.1, epochs=1000)
    twice = fit_head(
        np.tile(embeddings, (2, 1)),
        np.r_[labels, 1 - labels],
        2,
        regularization=0.1,
        epochs=1000,
        weights=np.repeat([0.7, 0.3], len(labels)),
    )
    assert np.abs(head.probabilities(embeddings) - twice.probabilities(embeddings)).max() < 1e-3


def test_reports_every_iteration():
    embeddings, labels = blobs(2)
    rows = []
    fit_head(
        embeddings, labels, 2, regularization=0.1, epochs=20, validation=(embeddings, labels), on_epoch=rows.append
    )
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[-1]["loss"] < 0.1 < np.log(2)
    assert set(rows[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}


def test_patience_keeps_the_best_iteration():
    embeddings, labels = blobs(2, seed=1)
    wrong = 1 - labels  # the better it fits, the worse this validation looks
    rows = []
    head = fit_head(
        embeddings,
        labels,
        2,
        regularization=0.01,
        epochs=100,
        validation=(embeddings, wrong),
        patience=3,
        on_epoch=rows.append,
    )
    assert head.epochs == 1
    assert len(rows) == 4


def test_class_weights_make_rare_classes_count_alike():
    labels = np.array([0, 0, 0, 1])
    weights = balanced_weights(labels, 2)
    assert weights[labels == 0].sum() == pytest.approx(weights[labels == 1].sum())
