"""The ranking finds wrong labels, other subjects and copies, learns from decisions, and is there at once again."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import draw_photo, draw_world
from scipy.special import softmax

from core.cli.review import suspects as suspects_command
from core.dataset.decisions import decide
from core.dataset.index import index_dataset
from core.errors import DatasetError
from core.features.embeddings import cached, remember
from core.features.linear_head import fit_softmax
from core.features.photo_features import Features, read_features
from core.features.views import CLOSE, COLOURS, VIEWS, WHOLE
from core.review.issue_kinds import ISSUE_KINDS
from core.review.queue import QueueFilter, neighbours, review_queue
from core.review.remaining import chance_of_being_wrong, estimate_remaining, review_progress
from core.review.robust_head import OutOfFold, assign_folds, combine
from core.review.scoring import EXCLUDED, UNDECIDED, Scorer
from core.review.stored import suspicious_left
from core.review.suspects import find_suspects, subject_phrase


def made_up(num_photos: int = 300, num_classes: int = 2, others: int = 0, seed: int = 0):
    """Features in which the class shows well, their right labels, and how strange the last few photos are."""
    random = np.random.default_rng(seed)
    right = random.integers(0, num_classes, num_photos)
    components = random.normal(size=(num_photos, 40)).astype(np.float32)
    components[np.arange(num_photos), right] += 7
    subject = random.normal(0, 1, num_photos)
    if others:
        subject[-others:] -= 25
        components[-others:, num_classes] += 8
    components /= np.float32(10)  # real ones have length 1 on average
    features = Features(
        components=components,
        hints=random.normal(size=(num_photos, 3)).astype(np.float32),
        subject=subject.astype(np.float32),
        colours=random.normal(6, 0.3, num_photos).astype(np.float32),
        groups=np.arange(num_photos),
    )
    return features, right


def flip(right: np.ndarray, rows: range, num_classes: int = 2) -> np.ndarray:
    given = right.copy()
    given[rows] = (given[rows] + 1) % num_classes
    return given


@pytest.mark.parametrize("num_classes", [2, 5])
def test_planted_wrong_labels_come_first(num_classes):
    features, right = made_up(num_classes=num_classes)
    given = flip(right, range(40), num_classes)
    scores = Scorer(features, given, num_classes).score()
    first = np.argsort(-scores.suspicion())[:40]
    assert np.isin(first, range(40)).mean() >= 0.9
    assert (scores.classes[first].argmax(axis=1) == right[first]).mean() >= 0.9
    np.testing.assert_allclose(scores.classes.sum(axis=1), 1)
    assert (scores.suspicion() >= 0).all() and (scores.suspicion() <= 1).all()


def test_out_of_distribution_photos_are_told_from_wrong_labels():
    features, right = made_up(others=8)
    scores = Scorer(features, flip(right, range(20)), 2).score()
    assert set(np.argsort(-scores.not_subject)[:8]) == set(range(292, 300))
    assert scores.not_subject[:20].max() < 0.2
    assert scores.not_subject[-8:].min() > 0.5


def test_a_signal_that_knows_nothing_is_not_listened_to():
    features, right = made_up()
    opinion = np.stack([features.components[:, 0], features.components[:, 1]], axis=1).astype(float)
    noise = np.random.default_rng(1).normal(size=opinion.shape)
    both = combine([opinion, noise], np.eye(2)[right], np.ones(len(right)))
    alone = combine([opinion], np.eye(2)[right], np.ones(len(right)))
    assert np.abs(softmax(both, axis=1) - softmax(alone, axis=1)).mean() < 0.02


def test_copies_share_an_opinion_and_conflicts_are_flagged():
    features, right = made_up()
    features.groups[1] = features.groups[0]
    right[1] = right[0]
    given = right.copy()
    given[1] = 1 - given[1]
    scores = Scorer(features, given, 2).score()
    assert scores.copies[[0, 1]].tolist() == [1, 0] and (scores.copies[2:] == -1).all()
    np.testing.assert_allclose(scores.classes[0], scores.classes[1])
    assert scores.suspicion()[[0, 1]].min() >= 0.3


def test_a_decision_settles_the_copies_of_a_photo():
    features, right = made_up()
    features.groups[1] = features.groups[0]
    trusted = np.full(300, UNDECIDED)
    trusted[0] = 1 - right[1]
    scores = Scorer(features, right, 2).score(trusted)
    assert scores.wrong[1] > 0.9
    trusted[0] = EXCLUDED
    assert Scorer(features, right, 2).score(trusted).not_subject[1] > 0.9


def test_decisions_improve_the_ranking_of_the_rest():
    features, right = made_up(num_photos=120, seed=3)
    features.components[np.arange(120), right] -= 0.56  # hard to see
    given = flip(right, range(40))
    rest = np.arange(120) % 40 >= 20
    scorer = Scorer(features, given, 2)
    trusted = np.where(rest, UNDECIDED, right)
    before, after = scorer.score().wrong, scorer.score(trusted).wrong

    def precision(wrong: np.ndarray) -> float:
        order = np.argsort(-np.where(rest, wrong, -1))[:20]
        return float(np.isin(order, range(40)).mean())

    assert precision(after) > precision(before)


def test_what_the_reviewer_does_with_out_of_distribution_photos_decides_how_they_are_weighed():
    features, right = made_up(others=8)
    scorer, trusted = Scorer(features, right, 2), np.full(300, UNDECIDED)
    before = scorer.score(trusted).not_subject_weight
    trusted[292:296] = EXCLUDED
    assert scorer.score(trusted).not_subject_weight > before
    trusted[292:296] = right[292:296]
    assert scorer.score(trusted).not_subject_weight < before


def test_test_photos_teach_nothing_but_can_be_ranked():
    features, right = made_up()
    teaches = np.arange(300) < 200
    given = flip(right, range(250, 260))
    scores = Scorer(features, given, 2, teaches).score()
    other = given.copy()
    other[200:] = 1 - other[200:]
    np.testing.assert_allclose(Scorer(features, other, 2, teaches).score().classes, scores.classes)
    assert scores.wrong[250:260].mean() > 0.8


def test_copies_lie_in_one_fold_and_classes_in_all():
    random = np.random.default_rng(0)
    groups, labels = np.repeat(np.arange(50), 2), np.repeat(np.arange(50) % 2, 2)
    folds = assign_folds(groups, labels, 5, random)
    assert all(len(set(folds[groups == group])) == 1 for group in range(50))
    assert all(set(labels[folds == fold]) == {0, 1} for fold in range(5))


def test_a_photo_is_judged_by_heads_that_never_saw_it():
    features, right = made_up(num_photos=60)
    lone = features.components.copy()
    lone[0] = 0
    lone[0, -1] = 50  # only this photo has that feature, so nothing about it can be known from the others
    wrong, ok = (np.eye(2)[np.r_[label, right[1:]]] for label in (1 - right[0], right[0]))
    opinions = [
        OutOfFold(lone, features.groups, right, 1e-3).predict(targets, np.ones(60))[0] for targets in (wrong, ok)
    ]
    np.testing.assert_allclose(*opinions)


def test_the_robust_loss_is_pulled_less_by_a_contradiction():
    x = np.array([[1.0]] * 20 + [[-1.0]] * 20, np.float32)
    targets = np.eye(2)[[0] * 20 + [1] * 20]
    targets[:8] = [0, 1]  # 40 % of one side contradict the rest
    plain, robust = (fit_softmax(x, targets, np.ones(40), 1e-3, 60, robustness=q) for q in (0.0, 0.7))

    def confidence(parameters: np.ndarray) -> float:
        return float(softmax(np.array([[1.0, 1.0]]) @ parameters, axis=1)[0, 0])

    assert confidence(robust) > confidence(plain) + 0.1


def embed_made_up(dataset, strength: float = 3.0) -> None:
    """Fills the caches as if networks had looked at the photos, by what their file names say."""
    table = dataset.usable.drop_duplicates("sha256")
    for number, name in enumerate(VIEWS):
        known = {}
        for path, sha256 in zip(table["path"], table["sha256"], strict=True):
            random = np.random.default_rng([number, int(sha256[:8], 16)])
            values = np.abs(random.normal(size=1 if name == COLOURS else 1280)).astype(np.float32)
            if name != COLOURS:
                values[: 200 if "African" in path else 400] += strength * 0.2
            known[sha256] = values
        remember(dataset, name, known)


@pytest.fixture
def looked_at(paths):
    """A dataset of 40 training photos with one in the wrong folder, an unreadable file, and filled caches."""
    folder = draw_world(paths.data_dir / "elephants", num_train=20)
    dataset = index_dataset(folder, paths)
    embed_made_up(dataset)
    wrong = folder / "train/Asian/wrong.png"
    (folder / "train/African/train_000.png").rename(wrong)
    (folder / "train/African/broken.jpg").write_bytes(b"nothing")
    return index_dataset(folder, paths)


def test_every_training_photo_gets_a_score_a_suggestion_and_a_reason(looked_at, paths):
    ranking = find_suspects(looked_at, paths)
    trained = looked_at.table[looked_at.table["split"] == "train"]
    assert sorted(ranking["path"]) == sorted(trained["path"])
    assert ranking["score"].is_monotonic_decreasing and ranking["score"].between(0, 1).all()
    assert set(ranking["kind"]) <= set(ISSUE_KINDS)
    assert (ranking["reason"] != "").all()
    assert ranking.iloc[0][["path", "kind", "reason"]].tolist() == [
        "train/African/broken.jpg",
        "unreadable",
        "unreadable",
    ]
    top = ranking[ranking["path"] == "train/Asian/wrong.png"].iloc[0]
    assert top.name <= 3 and top["suggested_label"] in ("African", "")


def test_the_ranking_is_kept_until_something_changes(looked_at, paths):
    first = find_suspects(looked_at, paths)
    written = (looked_at.cache_dir / "ranking.parquet").stat()
    pd.testing.assert_frame_equal(find_suspects(looked_at, paths), first, check_like=True)
    again = (looked_at.cache_dir / "ranking.parquet").stat()
    assert (again.st_ino, again.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    decide(looked_at, "train/Asian/wrong.png", "relabel", "African")
    after = find_suspects(looked_at, paths).set_index("path").loc["train/Asian/wrong.png"]
    assert (after["score"], after["kind"], after["decision"]) == (0, "decided", "relabel")
    assert after["suggested_label"] == "African" and after["model_score"] > 0


@pytest.mark.parametrize("name", ["ranking.parquet", "review-features.npz"])
def test_a_damaged_cache_is_rebuilt(looked_at, paths, name):
    before = find_suspects(looked_at, paths)
    (looked_at.cache_dir / "ranking.parquet").unlink()
    (looked_at.cache_dir / name).write_bytes(b"damaged")
    pd.testing.assert_frame_equal(find_suspects(looked_at, paths), before)


def test_test_photos_are_ranked_only_when_asked_for(looked_at, paths):
    assert "test" not in set(find_suspects(looked_at, paths)["split"])
    assert "test" in set(find_suspects(looked_at, paths, include_test=True)["split"])


def test_one_class_is_nothing_to_compare(paths):
    dataset = index_dataset(draw_world(paths.data_dir / "one", classes={"Only": (9, 9, 9)}), paths)
    with pytest.raises(DatasetError, match="at least two classes"):
        find_suspects(dataset, paths)


def test_features_follow_the_photos_not_the_cache(looked_at, paths):
    table = looked_at.usable[looked_at.usable["split"] == "train"].reset_index(drop=True)
    whole = read_features(looked_at, table, paths)
    part = read_features(looked_at, table.iloc[:10], paths)
    assert len(whole.components) == len(table) and len(part.components) == 10
    again = read_features(looked_at, table, paths)
    np.testing.assert_array_equal(again.groups, whole.groups)


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("elephants", "does not show an elephant"),
        ("field-dogs", "does not show a dog"),
        ("photos", "does not show African or Asian"),
        ("glass", "does not show African or Asian"),
        ("sample", "does not show African or Asian"),
    ],
)
def test_the_reason_for_out_of_distribution_photos_uses_the_datasets_name(world, name, phrase):
    from dataclasses import replace

    assert subject_phrase(replace(world, name=name)) == phrase


def test_the_queue_leaves_out_what_is_decided_and_puts_off_what_was_skipped(looked_at, paths):
    ranking = find_suspects(looked_at, paths)
    first, second = ranking.loc[ranking["sha256"] != "", "path"].iloc[1:3]
    decide(looked_at, first, "keep")
    made = looked_at.decisions()
    queue = review_queue(ranking, made, QueueFilter(skipped=(second,)))
    assert first not in set(queue["path"]) and queue["path"].iloc[-1] == second
    assert first in set(review_queue(ranking, made, QueueFilter(decided=True))["path"])
    asian = review_queue(ranking, made, QueueFilter(labels=("Asian",), splits=("train",), min_score=0.1, max_score=0.9))
    assert set(asian["given_label"]) <= {"Asian"} and asian["score"].between(0.1, 0.9).all()


def test_suspicious_photos_are_counted_by_todays_decisions(looked_at, paths):
    assert suspicious_left(looked_at) is None
    ranking = find_suspects(looked_at, paths)
    faults = ranking[[ISSUE_KINDS[kind].is_fault for kind in ranking["kind"]]]
    assert suspicious_left(looked_at) == len(faults) > 0
    decide(looked_at, faults["path"].iloc[0], "keep")
    assert suspicious_left(looked_at) == len(faults) - 1
    decide(looked_at, faults["path"].iloc[0], "undo")
    assert suspicious_left(looked_at) == len(faults)


def test_every_kind_has_words_and_only_faults_have_to_be_decided():
    for kind in ISSUE_KINDS.values():
        assert kind.title and kind.reason
        assert kind.is_offered or not kind.is_fault
        assert bool(kind.advice) or not kind.is_fault


def test_neighbours_are_other_training_photos_with_reviewed_labels(looked_at, paths):
    find_suspects(looked_at, paths)
    path = "train/Asian/wrong.png"
    near = neighbours(looked_at, path, k=4)
    assert len(near) == 4 and path not in set(near["path"]) and set(near["split"]) == {"train"}
    assert near["similarity"].is_monotonic_decreasing
    decide(looked_at, near["path"].iloc[0], "relabel", "Asian")
    decide(looked_at, near["path"].iloc[1], "exclude")
    after = neighbours(looked_at, path, k=4)
    assert after["path"].iloc[0] == near["path"].iloc[0] and after["label"].iloc[0] == "Asian"
    assert near["path"].iloc[1] not in set(after["path"])


def test_neighbours_are_empty_before_anything_was_embedded(world):
    assert neighbours(world, "train/African/train_000.png").empty


def test_looking_again_after_a_photo_came_keeps_what_was_seen(looked_at, paths):
    find_suspects(looked_at, paths)
    assert set(cached(looked_at, CLOSE)) == set(cached(looked_at, WHOLE[0]))


def estimate_world(num_photos: int, seed: int):
    """A ranking whose probabilities are true."""
    random = np.random.default_rng(seed)
    probability = random.beta(0.4, 2.0, num_photos)
    ranking = pd.DataFrame(
        {
            "path": [str(number) for number in range(num_photos)],
            "sha256": [f"{number:064d}" for number in range(num_photos)],
            "given_label": "African",
            "wrong_probability": probability,
            "not_subject_probability": 0.0,
        }
    )
    ranking["bad"] = random.random(num_photos) < chance_of_being_wrong(ranking)
    return ranking.sort_values("wrong_probability", ascending=False, ignore_index=True)


def perfect(ranking: pd.DataFrame) -> dict:
    from core.dataset.overlay import Decision

    rows = ranking.itertuples()
    return {row.sha256: Decision(row.sha256, row.path, "exclude" if row.bad else "keep") for row in rows}


def test_the_estimate_of_wrong_photos_left_holds_the_truth_in_its_interval():
    held = []
    for seed in range(60):
        ranking = estimate_world(400, seed)
        made = perfect(ranking.iloc[: [0, 50, 100][seed % 3]])
        left = ranking.loc[~ranking["sha256"].isin(made), "bad"].sum()
        estimate = estimate_remaining(ranking, made)
        held.append(estimate.low <= left <= estimate.high)
    assert np.mean(held) >= 0.93


def test_a_reviewer_who_finds_nothing_wrong_lowers_the_estimate():
    ranking = estimate_world(400, 1)
    fine = perfect(ranking.iloc[:80].assign(bad=False))
    before, after = estimate_remaining(ranking, {}), estimate_remaining(ranking, fine)
    true_left = chance_of_being_wrong(ranking)[80:].sum()
    assert after.value < true_left < before.value
    done = review_progress(ranking, fine)
    assert (done.num_photos, done.reviewed, done.fixed) == (400, 80, 0)
    everything = review_progress(ranking, perfect(ranking))
    assert everything.remaining.value == 0 and everything.fixed == ranking["bad"].sum()


def test_the_command_line_writes_the_ranking(looked_at, paths, monkeypatch, tmp_path):
    from click.testing import CliRunner

    monkeypatch.setenv("TUSKSCOPE_DATA", str(paths.data_dir))
    file = tmp_path / "out.csv"
    done = CliRunner().invoke(suspects_command, [str(looked_at.folder), "--csv", str(file)])
    assert done.exit_code == 0, done.output
    table = pd.read_csv(file, keep_default_na=False)
    assert list(table.columns) == ["path", "given_label", "suggested_label", "score", "reason"]
    assert len(table) == 41


@pytest.mark.parametrize("rare", [1, 2])
def test_of_a_class_of_one_or_two_photos_nobody_can_tell(rare):
    features, right = made_up(num_photos=60)
    given = right.copy()
    given[:rare] = 2
    scores = Scorer(features, given, 3).score()
    assert scores.unknown[:rare].all() and not scores.unknown[rare:].any()
    np.testing.assert_allclose(scores.classes[:rare], 1 / 3)
    assert (scores.not_subject[:rare] == 0).all()
    assert np.argsort(-scores.suspicion())[0] >= rare


def test_frames_of_one_video_are_one_picture():
    features, right = made_up(num_photos=60)
    features = replace(features, groups=np.where(right == 0, 0, features.groups))
    scores = Scorer(features, right, 2).score()
    assert (scores.unknown == (right == 0)).all()


def test_decisions_can_make_a_class_known():
    features, right = made_up(num_photos=60)
    given, trusted = right.copy(), np.full(60, UNDECIDED)
    given[0] = 2
    trusted[1:6] = 2
    assert not Scorer(features, given, 3).score(trusted).unknown.any()


def test_a_lone_photo_is_called_cannot_tell_and_is_not_suspicious(paths):
    folder = draw_world(paths.data_dir / "lone", num_train=6)
    draw_photo(folder / "train" / "Mammoth" / "only.png", (70, 170, 70), 1, (128, 96))
    dataset = index_dataset(folder, paths)
    embed_made_up(dataset)
    row = find_suspects(dataset, paths).set_index("path").loc["train/Mammoth/only.png"]
    assert (row["kind"], row["reason"], row["suggested_label"]) == ("unclear", "cannot tell", "")
