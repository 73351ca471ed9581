"""Compare methods: one card each, with its cost, its map, and whether to believe it."""

import time

import numpy as np
import streamlit as st

from core.errors import BusyError, MethodUnavailableError
from core.explanation.apart import START_SECONDS, MapsApart
from core.explanation.heatmap import Explanation, available_methods
from core.explanation.methods import ALL, NEEDS_TENSORFLOW
from core.prediction.predictor import Prediction
from core.runs.folder import Run
from streamlit_app import resources
from streamlit_app.components.explained_photos import explained_photos
from streamlit_app.parts.shared import heat
from streamlit_app.pictures import as_webp
from streamlit_app.words import duration, plain

FAILED = "maps-failed"  # why the other process gave no maps, told once


def show(image: np.ndarray, prediction: Prediction, run: Run, key: str) -> None:
    """Shows the cards; maps that are asked for are made one after the other, the finished ones stay in sight.

    Args:
        image: `uint8`, shape `(height, width, 3)`, as large as it is shown.
        prediction: Of it.
        run: Whose answer.
        key: Of the widgets.
    """
    methods = available_methods(prediction, tensorflow=True)
    ranked = sorted(prediction.probabilities, key=prediction.probabilities.get, reverse=True)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        class_name = st.pills(
            "What speaks for", ranked, default=ranked[0], format_func=plain, required=True, key=f"{key}-methods-class"
        )
        queue = st.session_state.setdefault(f"{key}-queue-{class_name}", [])
        under_way = _under_way(image, run, class_name, queue)
        found = {name: one for name in methods if (one := resources.known_explanation(image, run, class_name, name))}
        queue[:] = [name for name in queue if name not in found]
        missing = [name for name in methods if name not in found]
        if methods[0] in missing and methods[0] not in queue:
            queue.insert(0, methods[0])  # the run's own method is not asked for
        label = f"Make all maps (about {duration(_seconds(missing))})" if missing else "All maps are made"
        if st.button(label, key=f"{key}-all", icon=":material/bolt:", disabled=not set(missing) - set(queue)):
            queue[:] = missing
    with st.container(height=56, border=False):  # nothing jumps when progress comes and goes
        place = st.empty()
    if failed := st.session_state.pop(FAILED, ""):
        st.warning(plain(failed), icon=":material/hourglass_disabled:")
    asked = _cards(image, run, class_name, methods, found, queue, key)
    if asked in missing and asked not in queue:
        queue.append(asked)
        heat.again()
    _work(image, prediction, run, class_name, found, queue, under_way, place)
    place.markdown(_summary(found, image, run))
    heat.numbers_explained(run)


def _cards(
    image: np.ndarray,
    run: Run,
    class_name: str,
    methods: list[str],
    found: dict[str, Explanation],
    queue: list[str],
    key: str,
) -> str | None:
    source, cards = as_webp(image, heat.SHOWN_SIDE), []
    for name in methods:
        method, one = ALL[name], found.get(name)
        seconds = _seconds([name])
        cards.append(
            heat.card(
                image,
                one,
                name,
                source=source,
                title=method.title,
                note=f"{method.meaning} {method.cost}",
                alt=f"What speaks for {class_name} by {method.title}",
                trust=one and resources.known_trust(image, run, one),
                waiting="" if one is None else "Measuring whether to believe it…",
                button="Being made…" if name in queue else f"Make it, about {duration(max(1, seconds))}",
            )
        )
    return explained_photos(cards, heat.colors_of(class_name=class_name), key=f"{key}-methods", columns=4)


def _under_way(image: np.ndarray, run: Run, class_name: str, queue: list[str]) -> MapsApart | None:
    """The process that makes maps, started if one is wanted; a failure is said and empties the queue of its methods."""
    try:
        maps = resources.maps_under_way(image, run, class_name)
        wanted = [name for name in queue if name in NEEDS_TENSORFLOW]
        unknown = [name for name in wanted if resources.known_explanation(image, run, class_name, name) is None]
        if maps is None and unknown:
            maps = resources.start_maps(image, run, class_name, unknown)
    except (BusyError, MethodUnavailableError) as error:
        st.warning(plain(error), icon=":material/hourglass_disabled:")
        queue[:] = [name for name in queue if name not in NEEDS_TENSORFLOW]
        return None
    queue += [name for name in maps.methods if name not in queue] if maps else []
    return maps


def _work(
    image: np.ndarray,
    prediction: Prediction,
    run: Run,
    class_name: str,
    found: dict[str, Explanation],
    queue: list[str],
    under_way: MapsApart | None,
    place,
) -> None:
    """Makes the next thing that is missing and draws anew: a map, a test of a map, or waits for the other process."""
    for name in queue:
        if name not in NEEDS_TENSORFLOW:
            report = heat.progress(place, f"{ALL[name].title} for {class_name}")
            resources.explanation(image, run, class_name, name, prediction=prediction, progress=report)
            heat.again()
    for one in found.values():
        if resources.known_trust(image, run, one) is None:
            resources.trust(image, run, one, heat.progress(place, f"Testing {ALL[one.method].title}"))
            heat.again()
    while under_way is not None:
        left = f"{duration(under_way.seconds_left)} left" if under_way.seconds_left > 1 else "a moment more"
        doing = f"{under_way.doing} in another process, since it needs TensorFlow: {left}"
        place.progress(under_way.fraction, text=plain(doing))
        time.sleep(0.4)
        try:
            still = resources.maps_under_way(image, run, class_name)
        except MethodUnavailableError as error:
            queue[:] = [name for name in queue if name not in NEEDS_TENSORFLOW]
            st.session_state[FAILED] = str(error)
            heat.again()
        now = {name for name in under_way.methods if resources.known_explanation(image, run, class_name, name)}
        if now - set(found) or still is None:
            heat.again()


def _seconds(names: list[str]) -> float:
    start = START_SECONDS if NEEDS_TENSORFLOW.intersection(names) else 0
    return start + sum(ALL[name].seconds + 2 for name in names)  # and two seconds to test it


def _summary(found: dict[str, Explanation], image: np.ndarray, run: Run) -> str:
    """Which map to believe most."""
    tested = {name: trust for name, one in found.items() if (trust := resources.known_trust(image, run, one))}
    if len(tested) < 2:
        return "The more maps agree and beat chance, the safer it is to believe what they mark."
    best = max(tested, key=lambda name: tested[name].gain)
    clear = sum(trust.verdict == "clearly" for trust in tested.values())
    return plain(f"{clear} of {len(tested)} maps beat chance clearly. Strongest: {ALL[best].title}.")
