"""Compare: the run beside guessing, the presets and published results, and against another run photo by photo."""

import streamlit as st

from core.dataset.index import Dataset
from core.errors import TuskscopeError
from core.evaluation.learning_curve import stored_curve
from core.evaluation.measure import judged_by
from core.metrics import EvaluationResult, Measured, compare
from core.metrics.intervals import proportion
from core.runs.folder import Run
from core.sample.published import PEERS, measured_presets
from streamlit_app import resources
from streamlit_app.charts.standing import Dot, dots, learning
from streamlit_app.parts.shared import photos
from streamlit_app.parts.shared.labels import measured
from streamlit_app.parts.shared.layout import chart
from streamlit_app.parts.shared.run_picker import caption, preset_title
from streamlit_app.words import counted, plain

SHOWN = 8  # other runs in the chart: more are on the Models page


def show(data: Dataset, runs: list[Run], run: Run, result: EvaluationResult) -> None:
    """The dot plot, the learning curve where one was drawn, and the comparison with another run.

    Args:
        data: The dataset.
        runs: Measured ones of the dataset, the newest first.
        run: The chosen one.
        result: Of it, by the labels that the page shows.
    """
    others = [other for other in runs if other.run_id != run.run_id and result.split in other.evaluation]
    rows = standings(data, others[:SHOWN], run, result)
    chart(dots(rows, result.majority_baseline), "others", alt="Accuracies side by side")
    has_published = any(not isinstance(row.accuracy, Measured) for row in rows)
    hollow = " Hollow: published by others for these photos, without intervals." if has_published else ""
    st.caption(
        f"Accuracy on {result.split}, {result.labels} labels. Lines are 95 % intervals; dotted: always answering "
        f"the most frequent class.{hollow}"
    )
    if curve := stored_curve(data, run.config.preset):
        st.markdown(f"**More photos, or cleaner labels?** {plain(curve.verdict)}")
        chart(learning(curve), "learning", alt="Accuracy by number of training photos")
        st.caption(
            f"Preset {plain(preset_title(run))}, cross-validated on the photos outside test; lines are 95 % intervals."
        )
    if others:
        _photo_by_photo(data, run, others, result)


def standings(data: Dataset, others: list[Run], run: Run, result: EvaluationResult) -> list[Dot]:
    """The rows of the dot plot, the best first: guessing, runs, presets as measured, published peers."""
    guess = proportion(round(result.majority_baseline * result.n), result.n)
    rows = [Dot("Always the most frequent", guess), Dot(run.run_id, result.accuracy, is_strong=True)]
    for other in others:
        try:
            rows.append(Dot(other.run_id, measured(data, other, result.split, result.labels)[0].accuracy))
        except TuskscopeError:
            continue
    tested = data.usable.loc[data.usable["split"] == "test", "sha256"]
    presets = measured_presets({sha256[:10] for sha256 in tested})
    if presets and (result.split, result.labels) == ("test", "given"):
        for name, found in presets["presets"].items():
            accuracy = Measured(**{key: found["test"][key] for key in ("value", "low", "high", "n")})
            rows.append(Dot(f"Preset {name}", accuracy, f"mean of {counted(found['seeds'], 'seed')}"))
        rows += [Dot(peer.name, peer.accuracy, "as published") for peer in PEERS]
    return sorted(rows, key=lambda row: -row.value)


def _photo_by_photo(data: Dataset, run: Run, others: list[Run], result: EvaluationResult) -> None:
    by_id = {other.run_id: other for other in others}
    chosen = st.selectbox(
        "Photo by photo against",
        list(by_id),
        format_func=lambda name: caption(by_id[name]),
        key=f"against-{run.run_id}",
    )
    used = resources.decisions(data)
    try:
        before, after = (judged_by(one.predictions, data, result.labels, used) for one in (by_id[chosen], run))
        found = compare(before, after, result.split, result.labels)
    except (TuskscopeError, KeyError) as error:
        st.info(plain(error))
        return
    st.markdown(plain(found.sentence(with_test=False)), help=found.test)
    for name, table in (("fixed", found.fixed), ("broken", found.broken)):
        if len(table):
            st.caption(f"{counted(len(table), 'photo')} {name}, with the predictions of {plain(run.run_id)}:")
            shown = photos.with_predictions(data, table, "_b")
            photos.gallery(data, shown, key=f"{name}-{plain(chosen)}", page_size=8, columns=4, run=run)
