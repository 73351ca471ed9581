"""Ranks photos by how likely their label is wrong, each with a suggestion and a reason in plain words."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from core import cache
from core.dataset.index import NOT_IN_A_CLASS, Dataset
from core.dataset.labels import class_indices
from core.dataset.overlay import Decision
from core.errors import DatasetError
from core.features.embedding_store import version
from core.features.photo_features import read_features
from core.features.views import VIEWS
from core.networks.interpreter import Progress
from core.paths import Paths
from core.review.checks import unusable
from core.review.issue_kinds import ISSUE_KINDS
from core.review.scoring import EXCLUDED, UNDECIDED, Scorer, Scores
from core.review.stored import ranking_file

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

_VERSION = 3
_POOR_SCORE = 0.9
_NOT_SUBJECT_FROM, _NOT_SUBJECT_SHARE = 0.07, 0.25  # generous: whoever goes through this reason wants them all
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
    dataset: Dataset, paths: Paths, used: Mapping[str, Decision], progress: Progress | None, include_test: bool
) -> pd.DataFrame:
    table = dataset.usable
    table = table if include_test else table[table["split"] != "test"]
    table = table[table["label"] != ""]  # what nobody has labelled yet cannot be labelled wrong
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
    ranking = _in_words(table.assign(group=features.groups), scores, dataset, used)
    broken = dataset.table[~dataset.table["problem"].isin(["", *NOT_IN_A_CLASS])]
    broken = broken if include_test else broken[broken["split"] != "test"]
    return pd.concat([_unreadable(broken), ranking], ignore_index=True) if len(broken) else ranking


def _in_words(table: pd.DataFrame, scores: Scores, dataset: Dataset, used: Mapping[str, Decision]) -> pd.DataFrame:
    """Words for scores: a row a photo, the most suspicious first, as `find_suspects` describes."""
    given, best = table["label"].to_numpy(), np.array(dataset.class_names)[scores.classes.argmax(axis=1)]
    ordered = np.sort(scores.classes, axis=1)
    decided = [used.get(sha256) for sha256 in table["sha256"]]
    is_decided = np.array([item is not None for item in decided], bool)
    is_poor = table["path"].isin(unusable(table)).to_numpy()
    least = np.maximum(_NOT_SUBJECT_FROM, _NOT_SUBJECT_SHARE * (1 - scores.not_subject) * scores.wrong)
    found = {
        "decided": is_decided,
        "poor": is_poor,
        "subject": scores.not_subject > least,
        "copy": scores.copies >= 0,
        "unclear": scores.unknown | (ordered[:, -1] - ordered[:, -2] < _UNCLEAR_MARGIN),
        "class": best != given,
    }
    order = [name for name in ISSUE_KINDS if name in found]
    kinds = np.select([found[name] for name in order], order, "fits")
    has_no_class = found["poor"] | found["subject"] | scores.unknown
    model = np.where(is_poor, np.maximum(scores.suspicion(), _POOR_SCORE), scores.suspicion())
    facts = zip(given, best, given[scores.copies], decided, has_no_class, strict=True)
    subject, suggestions, reasons = subject_phrase(dataset), [], []
    for kind, (label, other, copy, decision, has_none) in zip(kinds, facts, strict=True):
        suggestions.append(decision.outcome(label) if decision else "" if has_none else other)
        words = f"{decision.action} {decision.label}".rstrip() if decision else ""
        template = ISSUE_KINDS[kind].reason
        reasons.append(template.format(given=label, best=other, copy=copy, subject=subject, decision=words))
    ranking = table[["path", "split", "sha256", "group"]].assign(
        given_label=given,
        suggested_label=suggestions,
        score=np.where(is_decided, 0.0, model),
        reason=reasons,
        kind=kinds,
        wrong_probability=scores.wrong,
        not_subject_probability=scores.not_subject,
        model_score=model,
        decision=[item.action if item else "" for item in decided],
    )[COLUMNS]
    for number, name in enumerate(dataset.class_names):
        ranking[f"probability_{name}"] = scores.classes[:, number]
    return ranking.sort_values(["score", "path"], ascending=[False, True], ignore_index=True)


def _unreadable(broken: pd.DataFrame) -> pd.DataFrame:
    """Rows for files that are no readable pictures; they stand on top."""
    kind = ISSUE_KINDS["unreadable"]
    return broken[["path", "split", "sha256"]].assign(
        given_label=broken["label"],
        suggested_label="",
        score=1.0,
        reason=kind.reason,
        kind=kind.name,
        wrong_probability=0.0,
        not_subject_probability=1.0,
        model_score=1.0,
        group=-1,
        decision="",
    )[COLUMNS]


def trusted_classes(table: pd.DataFrame, used: Mapping[str, Decision], class_names: tuple[str, ...]) -> np.ndarray:
    """What was decided, for `Scorer.score`: class index, `EXCLUDED` or `UNDECIDED`; shape `(rows,)`."""
    position: dict[str | None, int] = {"": EXCLUDED, **{name: index for index, name in enumerate(class_names)}}
    pairs = zip(table["sha256"], table["label"], strict=True)
    outcomes = [used[sha256].outcome(label) if sha256 in used else None for sha256, label in pairs]
    return np.array([position.get(outcome, UNDECIDED) for outcome in outcomes], int)


def subject_phrase(dataset: Dataset) -> str:
    """`does not show an elephant` where the folder's name ends in a plural, else with the classes' names."""
    noun = re.split(r"[^a-z]+", dataset.name.lower())[-1]
    if len(noun) > 3 and noun.endswith("s") and not noun.endswith("ss") and noun not in _NO_NOUN:
        noun = noun[:-1]
        return f"does not show {'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    names = dataset.class_names
    return f"does not show {' or '.join(names)}" if len(names) <= 3 else "does not show the subject"


def _key(dataset: Dataset, used: Mapping[str, Decision]) -> str:
    content = json.dumps([asdict(item) for _, item in sorted(used.items())])
    problems = dataset.table.loc[dataset.table["problem"] != "", ["path", "problem"]].to_csv()
    text = f"{_VERSION} {version(*VIEWS)} {dataset.fingerprint} {dataset.name} {content} {problems}"
    return hashlib.sha256(text.encode()).hexdigest()
