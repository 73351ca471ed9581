"""Ranks photos by how likely their label is wrong, each with a suggestion and a reason in plain words."""

import hashlib
import json
import re
from dataclasses import asdict

import numpy as np
import pandas as pd

from core import cache
from core.dataset.index import Dataset
from core.dataset.labels import class_indices
from core.dataset.overlay import Decision
from core.errors import DatasetError
from core.features.photo_features import read_features
from core.features.views import Progress
from core.paths import Paths
from core.review.checks import unusable
from core.review.scoring import EXCLUDED, UNDECIDED, Scorer, Scores
from core.review.stored import ranking_file

KINDS = ("class", "subject", "copy", "unreadable", "poor", "unclear", "fits", "decided")
COLUMNS = [
    "path",
    "given_label",
    "suggested_label",
    "score",
    "reason",
    "kind",
    "split",
    "sha256",
    "wrong_probability",
    "not_subject_probability",
    "model_score",
    "group",
    "decision",
]

_VERSION = 2
_POOR_SCORE = 0.9
_STRANGE_FROM, _STRANGE_SHARE = 0.07, 0.25  # generous: whoever goes through this reason wants them all
_UNCLEAR_MARGIN = 0.2  # between the two most likely classes
_NO_NOUN = {"images", "photos", "pictures", "classes", "files", "datasets", "samples", "species"}


def find_suspects(
    dataset: Dataset, paths: Paths, progress: Progress | None = None, include_test: bool = False
) -> pd.DataFrame:
    """Ranks every photo of `train` and `validation`; the result is kept until a photo or a decision changes.

    Args:
        dataset: Whose photos.
        paths: Where the caches lie.
        progress: Called with (photos done, photos to look at).
        include_test: Rank the test photos too. They teach nothing; who changes them changes what figures mean.

    Returns:
        One row a photo, the most suspicious first: `COLUMNS` and `probability_<class>`. `score` is 0-1 and
        comparable across reasons; decided photos have 0, and `model_score` is what they would have.

    Raises:
        DatasetError: If there are fewer than two classes to compare.
    """
    used = dataset.decisions()
    return cache.cached(
        cache.as_table(ranking_file(dataset, include_test)),
        _key(dataset, used),
        lambda: _rank_all(dataset, paths, used, progress, include_test),
    )


def _rank_all(
    dataset: Dataset, paths: Paths, used: dict[str, Decision], progress: Progress | None, include_test: bool
) -> pd.DataFrame:
    table = dataset.usable
    table = table if include_test else table[table["split"] != "test"]
    table = table.reset_index(drop=True)
    given, teaches = class_indices(table, dataset.class_names), (table["split"] != "test").to_numpy()
    if len(np.unique(given[teaches])) < 2:
        raise DatasetError(
            f"Expected photos of at least two classes in {dataset.name} to compare, but there are not. "
            "Add a folder with photos of another class."
        )
    features = read_features(dataset, table, paths, progress)
    trusted = trusted_classes(table, used, dataset.class_names)
    scores = Scorer(features, given, len(dataset.class_names), teaches).score(trusted)
    ranking = rank(table, scores, dataset.class_names, used, subject_phrase(dataset), unusable(table))
    ranking["group"] = pd.Series(features.groups, index=table["path"]).reindex(ranking["path"]).to_numpy()
    return with_unreadable(ranking, dataset.table, include_test)


def rank(
    table: pd.DataFrame,
    scores: Scores,
    class_names: tuple[str, ...],
    used: dict[str, Decision],
    phrase: str,
    poor: set[str],
) -> pd.DataFrame:
    """Words for scores: a row a photo in the table's order of suspicion, as `find_suspects` describes."""
    names = np.array(class_names)
    given = table["label"].to_numpy()
    model = scores.suspicion()
    best, ordered = scores.classes.argmax(axis=1), np.sort(scores.classes, axis=1)
    unclear = ordered[:, -1] - ordered[:, -2] < _UNCLEAR_MARGIN
    is_poor = table["path"].isin(poor).to_numpy()
    model = np.where(is_poor, np.maximum(model, _POOR_SCORE), model)
    strange = scores.not_subject > np.maximum(_STRANGE_FROM, _STRANGE_SHARE * (1 - scores.not_subject) * scores.wrong)
    decided = [used.get(sha256) for sha256 in table["sha256"]]
    suggested = [_suggest(*item) for item in zip(names[best], strange | is_poor, given, decided, strict=True)]
    words = []
    for row in range(len(table)):
        copy = "" if scores.copies[row] < 0 else given[scores.copies[row]]
        words.append(
            _reason(decided[row], is_poor[row], strange[row], copy, unclear[row], given[row], names[best[row]], phrase)
        )
    is_decided = np.array([item is not None for item in decided], bool)
    ranking = pd.DataFrame(
        {
            "path": table["path"],
            "given_label": given,
            "suggested_label": suggested,
            "score": np.where(is_decided, 0.0, model),
            "reason": [item[1] for item in words],
            "kind": [item[0] for item in words],
            "split": table["split"],
            "sha256": table["sha256"],
            "wrong_probability": scores.wrong,
            "not_subject_probability": scores.not_subject,
            "model_score": model,
            "group": -1,
            "decision": ["" if item is None else item.action for item in decided],
        }
    )[COLUMNS]
    for number, name in enumerate(class_names):
        ranking[f"probability_{name}"] = scores.classes[:, number]
    return ranking.sort_values(["score", "path"], ascending=[False, True], ignore_index=True)


def with_unreadable(ranking: pd.DataFrame, table: pd.DataFrame, include_test: bool = False) -> pd.DataFrame:
    """Puts the files that are no readable pictures on top."""
    broken = table[~table["problem"].isin(["", "empty-class", "outside-class"])]
    broken = broken if include_test else broken[broken["split"] != "test"]
    if broken.empty:
        return ranking
    rows = pd.DataFrame(
        {
            "path": broken["path"],
            "given_label": broken["label"],
            "suggested_label": "",
            "score": 1.0,
            "reason": "unreadable",
            "kind": "unreadable",
            "split": broken["split"],
            "sha256": broken["sha256"],
            "wrong_probability": 0.0,
            "not_subject_probability": 1.0,
            "model_score": 1.0,
            "group": -1,
            "decision": "",
        }
    )
    return pd.concat([rows, ranking], ignore_index=True)


def trusted_classes(table: pd.DataFrame, used: dict[str, Decision], class_names: tuple[str, ...]) -> np.ndarray:
    """What was decided, for `Scorer.score`: class index, `EXCLUDED` or `UNDECIDED`; shape `(rows,)`."""
    position = {name: index for index, name in enumerate(class_names)}
    trusted = np.full(len(table), UNDECIDED)
    for row, (sha256, label) in enumerate(zip(table["sha256"], table["label"], strict=True)):
        if (decision := used.get(sha256)) is not None:
            decided = {"keep": label, "relabel": decision.label}.get(decision.action)
            trusted[row] = position.get(decided, UNDECIDED) if decided else EXCLUDED
    return trusted


def subject_phrase(dataset: Dataset) -> str:
    """`does not show an elephant` where the folder's name ends in a plural, else with the classes' names."""
    noun = re.split(r"[^a-z]+", dataset.name.lower())[-1]
    if len(noun) > 3 and noun.endswith("s") and not noun.endswith("ss") and noun not in _NO_NOUN:
        noun = noun[:-1]
        return f"does not show {'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    names = dataset.class_names
    return f"does not show {' or '.join(names)}" if len(names) <= 3 else "does not show the subject"


def _suggest(best: str, unusable_photo: bool, given: str, decision: Decision | None) -> str:
    if decision is not None:
        return {"relabel": decision.label, "keep": given}.get(decision.action, "")
    return "" if unusable_photo else best


def _reason(
    decision: Decision | None, poor: bool, strange: bool, copy: str, unclear: bool, given: str, best: str, phrase: str
) -> tuple[str, str]:
    """Kind and words; the first that holds."""
    if decision is not None:
        return "decided", f"decided: {decision.action} {decision.label}".rstrip()
    if poor:
        return "poor", "too small or blank"
    if strange:
        return "subject", phrase
    if copy:
        return "copy", f"same photo is labelled {copy}"
    if unclear:
        return "unclear", "cannot tell"
    if best != given:
        return "class", f"looks like {best}, labelled {given}"
    return "fits", f"looks like {best}, as labelled"


def _key(dataset: Dataset, used: dict[str, Decision]) -> str:
    content = json.dumps([asdict(item) for _, item in sorted(used.items())])
    problems = dataset.table.loc[dataset.table["problem"] != "", ["path", "problem"]].to_csv()
    text = f"{_VERSION} {dataset.fingerprint} {dataset.name} {content} {problems}"
    return hashlib.sha256(text.encode()).hexdigest()
