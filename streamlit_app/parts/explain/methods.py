"""Compare methods: one card each, with its cost, its map, and whether to believe it."""

import time
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import BusyError, MethodUnavailableError
from core.explanation.apart import START_SECONDS, MapsApart
from core.explanation.heatmap import Explanation, available_methods
from core.explanation.methods import ALL, NEEDS_TENSORFLOW
from core.explanation.overlay import legend
from streamlit_app import resources
from streamlit_app.components.explained_photos import explained_photos
from streamlit_app.parts.shared import heat
from streamlit_app.parts.shared.progress import draw_again, progress
from streamlit_app.resources import AnsweredPhoto
from streamlit_app.words import duration, plain

FAILED = "maps-failed"  # why the other process gave no maps, told once


@dataclass(frozen=True)
class _Maps:
    """The maps of one class: those that are made, and the methods whose maps are still wanted, in order."""

    photo: AnsweredPhoto
    class_name: str
    methods: list[str]
    wanted: list[str]

    @property
    def made(self) -> dict[str, Explanation]:
        known = {name: self.photo.known_explanation(self.class_name, name) for name in self.methods}
        return {name: found for name, found in known.items() if found}

    @property
    def missing(self) -> list[str]:
        made = self.made
        return [name for name in self.methods if name not in made]

    def want(self, names: list[str]) -> None:
        self.wanted.extend(name for name in names if name not in self.wanted)

    def give_up_tensorflow(self) -> None:
        self.wanted[:] = [name for name in self.wanted if name not in NEEDS_TENSORFLOW]


def show(photo: AnsweredPhoto) -> None:
    """Shows the cards; wanted maps are made one after the other, the finished ones stay in sight."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        class_name = st.pills(
            "Evidence for",
            photo.ranked,
            default=photo.ranked[0],
            format_func=plain,
            required=True,
            key=f"{photo.key}-methods-class",
        )
        wanted = st.session_state.setdefault(f"{photo.key}-queue-{class_name}", [])
        maps = _Maps(photo, class_name, available_methods(photo.prediction, tensorflow=True), wanted)
        under_way = _under_way(maps)
        missing = maps.missing
        wanted[:] = [name for name in wanted if name in missing]
        maps.want([name for name in maps.methods[:1] if name in missing])  # the run's own method comes unasked
        label = f"Make all heat maps (about {duration(_seconds(missing))})" if missing else "All heat maps are made"
        if st.button(label, key=f"{photo.key}-all", icon=":material/bolt:", disabled=not set(missing) - set(wanted)):
            wanted[:] = missing
    with st.container(height=56, border=False):  # nothing jumps when progress comes and goes
        place = st.empty()
    if failed := st.session_state.pop(FAILED, ""):
        st.warning(plain(failed), icon=":material/hourglass_disabled:")
    asked_for = _cards(maps)
    if asked_for in missing and asked_for not in wanted:
        maps.want([asked_for])
        draw_again()
    _work(maps, under_way, place)
    place.markdown(_summary(maps))
    heat.verdicts_explained(photo.run)


def _cards(maps: _Maps) -> str | None:
    made, cards = maps.made, []
    for name in maps.methods:
        method, seconds = ALL[name], duration(max(1, _seconds([name])))
        cards.append(
            heat.card(
                maps.photo,
                made.get(name),
                name,
                title=method.title,
                note=f"{method.meaning} {method.cost}",
                alt=f"Evidence for {maps.class_name} by {method.title}",
                waiting="Testing this map…" if name in made else "",
                button="In progress…" if name in maps.wanted else f"Make it, about {seconds}",
            )
        )
    return explained_photos(cards, legend(class_name=maps.class_name), key=f"{maps.photo.key}-methods", columns=4)


def _under_way(maps: _Maps) -> MapsApart | None:
    """The process that makes maps, started if one is wanted; after a failure its methods are no longer wanted."""
    try:
        process = resources.maps_under_way(maps.photo, maps.class_name)
        unknown = [name for name in maps.wanted if name in NEEDS_TENSORFLOW and name in maps.missing]
        if process is None and unknown:
            process = resources.start_maps(maps.photo, maps.class_name, unknown)
    except (BusyError, MethodUnavailableError) as error:
        st.warning(plain(error), icon=":material/hourglass_disabled:")
        maps.give_up_tensorflow()
        return None
    maps.want(list(process.methods) if process else [])
    return process


def _work(maps: _Maps, under_way: MapsApart | None, place: DeltaGenerator) -> None:
    """Makes the next thing that is missing and draws anew: a map, a test of a map, or waits for the other process."""
    made = maps.made
    for name in maps.wanted:
        if name not in NEEDS_TENSORFLOW:
            report = progress(place, f"{ALL[name].title} for {maps.class_name}")
            maps.photo.explanation(maps.class_name, name, progress=report)
            draw_again()
    for one in made.values():
        if maps.photo.known_faithfulness(one) is None:
            maps.photo.faithfulness(one, progress(place, f"Testing {ALL[one.method].title}"))
            draw_again()
    while under_way is not None:
        left = f"{duration(under_way.seconds_left)} left" if under_way.seconds_left > 1 else "a moment more"
        doing = f"{under_way.doing} in another process, since it needs TensorFlow: {left}"
        place.progress(under_way.fraction, text=plain(doing))
        time.sleep(0.4)
        try:
            still = resources.maps_under_way(maps.photo, maps.class_name)
        except MethodUnavailableError as error:
            maps.give_up_tensorflow()
            st.session_state[FAILED] = str(error)
            draw_again()
        if still is None or set(maps.made) - set(made):
            draw_again()


def _seconds(names: list[str]) -> float:
    start = START_SECONDS if NEEDS_TENSORFLOW.intersection(names) else 0
    return start + sum(ALL[name].seconds + 2 for name in names)  # and two seconds to test it


def _summary(maps: _Maps) -> str:
    """Which map to believe most."""
    tested = {
        name: faithfulness for name, one in maps.made.items() if (faithfulness := maps.photo.known_faithfulness(one))
    }
    if len(tested) < 2:
        return "The more maps agree and are better than chance, the safer it is to believe what they mark."
    best = max(tested, key=lambda name: tested[name].gain)
    clear = sum(faithfulness.verdict == "clearly" for faithfulness in tested.values())
    return plain(f"{clear} of {len(tested)} maps are clearly better than chance. The strongest: {ALL[best].title}.")
