"""Against others: the run beside guessing, the presets, published results; and against another run photo by photo."""

import streamlit as st

from core.dataset.index import Dataset
from core.errors import TuskscopeError
from core.evaluation.measure import judged_by
from core.metrics import EvaluationResult, Measured, compare
from core.metrics.intervals import proportion
from core.runs.folder import Run
from core.sample.published import PEERS, measured_presets
from streamlit_app import resources
from streamlit_app.charts.standing import Dot, dots, learning
from streamlit_app.parts.dataset.filters import with_predictions
from streamlit_app.parts.evaluation import judged
from streamlit_app.parts.shared import photos
from streamlit_app.parts.shared.run_picker import caption, preset_title
from streamlit_app.words import counted, plain

PLAIN = {"displayModeBar": False}
SHOWN = 8  # other runs in the chart: more are on the Models page


def show(data: Dataset, runs: list[Run], run: Run, result: EvaluationResult) -> None:
    """The dot plot, the learning curve where one was drawn, and the comparison with another run.

    Args:
        data: The data set.
        runs: Measured ones of the data set, the newest first.
        run: The chosen one.
        result: Of it, by the labels that the page shows.
    """
    rows = standings(data, runs, run, result)
    st.plotly_chart(dots(rows, result.majority_baseline), config=PLAIN, key="others", alt="Accuracies side by side")
    hollow = " Hollow: published by others for these photos, without intervals." if _is_known(data, result) else ""
    st.caption(
        f"Right on {result.split}, {result.labels} labels. Lines are 95 % intervals; dotted: always answering "
        f"the most frequent class.{hollow}"
    )
    curve = resources.learning_curve(data, run.config.preset)
    if curve:
        st.markdown(f"**More photos, or cleaner labels?** {plain(curve.verdict)}")
        st.plotly_chart(learning(curve), config=PLAIN, key="learning", alt="Accuracy by photos learned from")
        st.caption(
            f"Preset {plain(preset_title(run))}, cross-validated on the photos outside test; lines are 95 % intervals."
        )
    others = [other for other in runs if other.run_id != run.run_id and result.split in other.evaluation]
    if others:
        _against(data, run, others, result)


def standings(data: Dataset, runs: list[Run], run: Run, result: EvaluationResult) -> list[Dot]:
    """The rows of the dot plot, the best first: guessing, runs, presets as measured, published peers."""
    guess = proportion(round(result.majority_baseline * result.n), result.n)
    rows = [
        Dot("Always the most frequent", guess.value, guess, f"n = {guess.n}"),
        _dot(run.run_id, result.accuracy, True),
    ]
    for other in [other for other in runs if other.run_id != run.run_id and result.split in other.evaluation][:SHOWN]:
        try:
            measured, _ = judged.measured(data, other, result.split, result.labels)
        except TuskscopeError:
            continue
        rows.append(_dot(other.run_id, measured.accuracy))
    if _is_known(data, result):
        for name, found in measured_presets(_test_photos(data))["presets"].items():
            accuracy = Measured(**{key: found["test"][key] for key in ("value", "low", "high", "n")})
            note = f"n = {accuracy.n}, mean of {counted(found['seeds'], 'seed')}"
            rows.append(Dot(f"Preset {name}", accuracy.value, accuracy, note))
        rows += [Dot(peer.name, peer.accuracy, note="as published") for peer in PEERS]
    return sorted(rows, key=lambda row: -row.value)


def _is_known(data: Dataset, result: EvaluationResult) -> bool:
    return result.split == "test" and result.labels == "given" and measured_presets(_test_photos(data)) is not None


def _test_photos(data: Dataset) -> set[str]:
    rows = data.usable
    return {sha256[:10] for sha256 in rows.loc[rows["split"] == "test", "sha256"]}


def _dot(name: str, accuracy: Measured, is_strong: bool = False) -> Dot:
    return Dot(name, accuracy.value, accuracy, f"n = {accuracy.n}", is_strong)


def _against(data: Dataset, run: Run, others: list[Run], result: EvaluationResult) -> None:
    by_id = {other.run_id: other for other in others}
    chosen = st.selectbox(
        "Photo by photo against",
        list(by_id),
        format_func=lambda name: caption(by_id[name]),
        key=f"against-{run.run_id}",
    )
    used = resources.decisions(data)
    try:
        sides = [judged_by(one.predictions, data, result.labels, used) for one in (by_id[chosen], run)]
        found = compare(*sides, split=result.split, labels=result.labels)
    except (TuskscopeError, KeyError) as error:
        st.info(plain(error))
        return
    st.markdown(plain(found.sentence()))
    for name, table in (("fixed", found.fixed), ("broken", found.broken)):
        if len(table):
            st.caption(f"{counted(len(table), 'photo')} {name}: the answer of {plain(run.run_id)} is shown.")
            shown = table.rename(columns={"predicted_label_b": "predicted_label", "probability_b": "probability"})
            known = with_predictions(data.table, None).drop(columns=["predicted_label", "probability"])
            shown = shown[["path", "predicted_label", "probability"]].merge(known, on="path", how="inner")
            photos.gallery(data, shown, key=f"{name}-{plain(chosen)}", page_size=8, columns=4, run=run)
