"""What field tools read and write: boxes, MegaDetector's JSON, events, Camtrap DP, Timelapse. No network is asked."""

import csv
import json
import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from conftest import COLOURS, draw_photo
from PIL import Image

from core.dataset.images import decode
from core.errors import DatasetError
from core.prediction.scoring.chunk import schema, score_chunk
from core.prediction.scoring.detections import Detection, crop, read_detections
from core.prediction.scoring.events import events
from core.prediction.scoring.field_formats import to_camtrap, to_events, to_timelapse
from core.prediction.scoring.megadetector import to_megadetector
from core.prediction.scoring.plan import Plan
from core.prediction.scoring.planning import make_plan
from core.prediction.scoring.results import tables

PLAN = Plan(
    "/photos",
    "run",
    "0" * 64,
    {"uncertain_below": "0.7", "subject_threshold": "0.5"},
    ("African", "Asian"),
    None,
    1000,
    6,
    1,
    0,
    {},
    (),
    "2026-01-02T03:04:05+00:00",
    "d" * 64,
)


def row(path, african=0.9, at="2024-07-01T05:00:00", **changes):
    """A row of a result, of an African one by default."""
    label = "African" if african >= 0.5 else "Asian"
    found = {
        "path": path,
        "answer": label,
        "label": label,
        "probability": max(african, 1 - african),
        "probability_African": african,
        "probability_Asian": 1 - african,
        "subject_score": 0.8,
        "is_subject": True,
        "uncertain": False,
        "run_id": "run",
        "error": None,
        "taken_at": at,
        "changed": False,
    }
    return {**dict.fromkeys(schema(PLAN).names), **found, **changes}


def failed(path, at=None):
    return {**dict.fromkeys(schema(PLAN).names), "path": path, "error": "The file is empty.", "taken_at": at}


def table(*rows):
    return pa.Table.from_pylist(list(rows), schema(PLAN))


def read(file):
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def megadetector_problems(content) -> list[str]:
    """The rules of the format's own validator, as its document states them."""
    found = [] if float(content["info"]["format_version"]) >= 1.3 else ["version"]
    for kind in ("detection_categories", "classification_categories"):
        found += [kind for key, name in content[kind].items() if not key.isdigit() or not name]
    for image in content["images"]:
        detections = image.get("detections")
        if image.get("failure") is not None:
            found += [] if isinstance(image["failure"], str) and detections is None else ["failure"]
            continue
        if not isinstance(detections, list):
            found.append("detections")
            continue
        for item in detections:
            ranked = [share for _, share in item["classifications"]]
            found += [] if isinstance(item["conf"], float) and 0 <= item["conf"] <= 1 else ["conf"]
            found += [] if item["category"] in content["detection_categories"] else ["category"]
            found += [] if ranked == sorted(ranked, reverse=True) else ["order"]
            known = content["classification_categories"]
            found += [] if all(key in known for key, _ in item["classifications"]) else ["classification"]
            found += [] if len(item["bbox"]) == 4 and all(0 <= share <= 1 for share in item["bbox"]) else ["bbox"]
    return found


def test_the_json_of_megadetector_keeps_its_rules_and_every_photo(tmp_path):
    rows = (
        row("a/1.jpg", 0.2),
        row("a/2.jpg", detection=0.7, box=[0.1, 0.2, 0.3, 0.4]),
        row("b/3.jpg", detection=0.05),
        failed("b/4.jpg"),
        row("5.jpg", subject_score=None),
    )
    assert to_megadetector(tmp_path / "md.json", PLAN, [table(*rows[:2]), table(*rows[2:])]) == [tmp_path / "md.json"]
    content = json.loads((tmp_path / "md.json").read_text())
    assert megadetector_problems(content) == []
    whole, boxed, without, broken, plain = content["images"]
    assert whole["detections"][0]["bbox"] == [0, 0, 1, 1] and whole["detections"][0]["conf"] == 0.8
    assert whole["detections"][0]["classifications"] == [["1", 0.8], ["0", 0.2]]
    assert boxed["detections"][0]["bbox"] == [0.1, 0.2, 0.3, 0.4] and boxed["detections"][0]["conf"] == 0.7
    assert without["detections"] == [] and plain["detections"][0]["conf"] == 0.9
    assert broken == {"file": "b/4.jpg", "failure": "The file is empty.", "detections": None}


def test_a_large_plan_gets_a_file_for_each_top_folder(tmp_path):
    rows = table(row("a/1.jpg"), row("a/b/2.jpg"), row("c/3.jpg"), row("z.jpg"))
    files = to_megadetector(tmp_path / "md.json", PLAN, [rows], large=3)
    assert [file.name for file in files] == ["md-a.json", "md-c.json", "md.json"]
    found = [json.loads(file.read_text())["images"] for file in files]
    assert [[image["file"] for image in images] for images in found] == [
        ["a/1.jpg", "a/b/2.jpg"],
        ["c/3.jpg"],
        ["z.jpg"],
    ]


def test_what_is_written_can_be_read_as_boxes(tmp_path):
    rows = table(
        row("a/1.jpg", detection=0.7, box=[0.1, 0.2, 0.3, 0.4]), row("a/2.jpg", detection=0.05), failed("3.jpg")
    )
    to_megadetector(tmp_path / "md.json", PLAN, [rows])
    found = read_detections(tmp_path / "md.json", tmp_path)
    assert found == {"a/1.jpg": Detection(0.7, (0.1, 0.2, 0.3, 0.4)), "a/2.jpg": Detection(0.0, None)}


def test_the_best_animal_counts_and_paths_of_other_systems_are_understood(tmp_path):
    animal = {"category": "1", "conf": 0.4, "bbox": [0, 0, 0.5, 0.5]}
    images = [
        {"file": "a\\1.jpg", "detections": [animal, {**animal, "conf": 0.9}, {**animal, "category": "2", "conf": 1.0}]},
        {"file": f"{tmp_path}/b/2.jpg", "detections": [{**animal, "conf": 0.19}]},
        {"file": "c.jpg", "detections": None, "failure": "no"},
    ]
    content = {"info": {}, "detection_categories": {"1": "animal", "2": "person"}, "images": images}
    (tmp_path / "md.json").write_text(json.dumps(content))
    assert read_detections(tmp_path / "md.json", tmp_path) == {
        "a/1.jpg": Detection(0.9, (0, 0, 0.5, 0.5)),
        "b/2.jpg": Detection(0.19, None),
    }


@pytest.mark.parametrize(
    "content, reason",
    [
        ("[1]", "list indices"),
        ("nonsense", "Expecting value"),
        ('{"images": []}', "'detection_categories' is missing"),
        ('{"detection_categories": {"1": "dog"}, "images": []}', "it knows no category animal"),
        ('{"detection_categories": {"1": "animal"}, "images": [{"file": "a"}]}', "'detections' is missing"),
    ],
)
def test_another_file_is_refused_in_one_sentence(tmp_path, content, reason):
    (tmp_path / "md.json").write_text(content)
    if "'detections'" in reason:  # a photo without an entry is as one that was not read
        assert read_detections(tmp_path / "md.json", tmp_path) == {}
        return
    with pytest.raises(DatasetError, match=f"Expected the JSON of MegaDetector in .*{re.escape(reason)}"):
        read_detections(tmp_path / "md.json", tmp_path)


def test_a_crop_has_a_margin_and_stays_in_the_photo():
    image = np.arange(100 * 200 * 3, dtype=np.uint32).reshape(100, 200, 3)
    assert crop(image, (0.5, 0.5, 0.25, 0.2)).shape == (24, 60, 3)
    assert crop(image, (0.5, 0.5, 0.25, 0.2))[0, 0, 0] == image[48, 95, 0]
    assert crop(image, (0, 0, 1, 1)).shape == image.shape
    assert crop(image, (1, 1, 0.1, 0.1)).size > 0


def test_the_box_is_scored_and_the_frame_is_kept_beside_it(quick_run, trained_paths, predictor, tmp_path):
    """A reddish frame with a bluish, striped animal in it: box and frame answer differently."""
    frame = draw_photo(tmp_path / "photos" / "a.png", COLOURS["African"], 1, (128, 96))
    pixels = decode(frame).copy()
    animal = decode(draw_photo(tmp_path / "animal.png", COLOURS["Asian"], 2, (40, 32)))
    pixels[40:72, 60:100] = animal
    Image.fromarray(pixels).save(frame)
    box = (60 / 128, 40 / 96, 40 / 128, 32 / 96)
    make_plan(tmp_path / "photos", quick_run, tmp_path / "plan", detections={"a.png": Detection(0.8, box)})
    plan = make_plan(tmp_path / "photos", quick_run, tmp_path / "other", detections={"b.png": Detection(0.8, box)})
    assert plan.notes[-1] == "0 of the photos are in the detector's file; 1 of its entries are not here."
    for name in ("plan", "other"):
        score_chunk(tmp_path / name, 0, trained_paths)
    boxed = next(tables(tmp_path / "plan", plan_of(tmp_path / "plan"))).to_pylist()[0]
    plain = next(tables(tmp_path / "other", plan)).to_pylist()[0]
    assert boxed["box"] == pytest.approx(box) and boxed["detection"] == 0.8
    assert (boxed["frame_label"], boxed["frame_probability"]) == (plain["label"], plain["probability"])
    expected = predictor.predict([crop(pixels, box)])[0]
    assert boxed["label"] == expected.label and boxed["probability"] == pytest.approx(expected.probability, abs=1e-5)
    assert plain["box"] is None and plain["frame_label"] is None


def plan_of(target):
    from core.prediction.scoring.plan import read_plan

    return read_plan(target)


def test_events_part_after_a_gap_and_answer_by_the_mean_of_their_photos():
    rows = table(
        row("cam/3.jpg", 0.6, "2024-07-01T05:40:00"),
        row("cam/1.jpg", 0.9, "2024-07-01T05:00:00"),
        row("cam/2.jpg", 0.8, "2024-07-01T05:10:00"),
        row("cam/4.jpg", 0.3, "2024-07-01T06:10:01"),
        row("cam/5.jpg", 0.9, None),
        row("other/6.jpg", 0.9, "2024-07-01T05:00:00", is_subject=False),
        failed("other/7.jpg", "2024-07-01T09:00:00"),
    )
    found = list(events(PLAN, [rows]))
    assert [(event.event_id, len(event.paths), event.answer) for event in found] == [
        ("cam#1", 1, "African"),  # without a time
        ("cam#2", 3, "African"),
        ("cam#3", 1, "Asian"),
        ("other#1", 1, "not the subject"),
        ("other#2", 1, None),
    ]
    odds = np.exp(np.mean(np.log([9, 4, 1.5])))
    assert found[1].probabilities["African"] == pytest.approx(odds / (1 + odds))
    assert (found[1].start, found[1].end) == ("2024-07-01T05:00:00", "2024-07-01T05:40:00")
    assert len(list(events(PLAN, [rows], gap_minutes=5))) == 7
    assert list(events(PLAN, [table(row("a/1.jpg", 0.6))]))[0].answer == "not sure"


def test_a_table_of_events_and_one_for_timelapse(tmp_path):
    rows = [table(row("cam/north/1.jpg"), failed("=2.jpg"))]
    assert to_events(tmp_path / "events.csv", PLAN, events(PLAN, rows)) == 2
    assert [line["photos"] for line in read(tmp_path / "events.csv")] == ["1", "1"]
    to_timelapse(tmp_path / "t.csv", rows)
    first, second = read(tmp_path / "t.csv")
    assert (first["File"], first["RelativePath"]) == ("1.jpg", "cam\\north") and first["Doubtful"] == "false"
    assert first["DateTime"] == "2024-07-01 05:00:00" and first["Probability"] == "0.9000"
    assert (second["File"], second["Problem"], second["Answer"]) == ("'=2.jpg", "The file is empty.", "")


def test_camtrap_tables_keep_their_rules_and_say_what_stays_out(tmp_path):
    rows = [
        table(
            row("cam/1.jpg", detection=0.7, box=[0.1, 0.2, 0.3, 0.4]),
            row("cam/2.png", 0.2, answer="not sure", uncertain=True),
            row("3.webp", is_subject=False, answer="not the subject"),
            failed("cam/4.jpg", "2024-07-01T05:00:00"),
            row("cam/5.jpg", at=None),
            row(".cam/6.jpg"),
        )
    ]
    names = {"African": "Loxodonta africana"}
    written = to_camtrap(tmp_path, PLAN, rows, events(PLAN, rows), "+03:00", names)
    assert written.sentence() == (
        "4 photos written. 1 left out: the camera wrote no date, which Camtrap DP asks for. "
        "1 left out: Camtrap DP takes no path that begins with a dot or ~, or holds two dots."
    )
    media, observations = read(tmp_path / "media.csv"), read(tmp_path / "observations.csv")
    for line in media:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+03:00", line["timestamp"])
        assert re.fullmatch(r"(?=^[^./~])(^((?!\.{2}).)*$).*", line["filePath"]) and line["filePublic"] == "false"
    assert [line["fileMediatype"] for line in media] == ["image/jpeg", "image/png", "image/webp", "image/jpeg"]
    assert {line["mediaID"] for line in media} == {line["mediaID"] for line in observations} and len(media) == 4
    assert all(
        line[name] for line in observations for name in ("observationID", "deploymentID", "eventStart", "eventEnd")
    )
    assert [(line["observationType"], line["scientificName"]) for line in observations] == [
        ("animal", "Loxodonta africana"),
        ("animal", ""),
        ("unknown", ""),
        ("unclassified", ""),
    ]
    assert observations[0]["bboxWidth"] == "0.3" and observations[1]["bboxWidth"] == ""
    for offset, names, sentence in (("3", {}, "Z or [+]03:00"), ("Z", {"Lion": "x"}, "one for Lion")):
        with pytest.raises(DatasetError, match=sentence):
            to_camtrap(tmp_path, PLAN, rows, [], offset, names)


def test_nothing_is_written_when_a_chunk_turns_out_damaged(tmp_path):
    def broken():
        yield table(row("1.jpg"))
        raise DatasetError("damaged")

    for write in (
        lambda: to_timelapse(tmp_path / "t.csv", broken()),
        lambda: to_megadetector(tmp_path / "md.json", replace(PLAN), broken()),
    ):
        with pytest.raises(DatasetError, match="damaged"):
            write()
    assert list(tmp_path.iterdir()) == []
