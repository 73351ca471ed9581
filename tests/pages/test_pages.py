"""Every page, without and with a run: it opens, says something true, and leads on."""

import ast
import io
import os
import re
import subprocess
import sys
import threading
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import draw_photo, draw_world
from pages_fakes import FakePredictor, fake_run
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.dataset.index import index_dataset
from core.jobs import queue as jobs
from core.runs import registry
from core.workflows import first_start
from streamlit_app import navigation, resources

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = navigation.PAGES
HOSTILE = [
    "![x](http:evil.png)",
    "<img src=x onerror=alert(1)>",
    ":red[boo]",
    "$x^2$",
    "**bold**",
    "[a](javascript:b)",
    ":smile:",
    "`code`",
    "\u202eRTL",
]


@pytest.fixture
def app(paths, monkeypatch):
    """Opens a page of an installation whose sample is a world of two colours and whose first start is over."""
    monkeypatch.setenv("TUSKSCOPE_DATA", str(paths.data_dir))
    monkeypatch.setenv("TUSKSCOPE_MODELS", str(paths.models_dir))
    monkeypatch.setattr(resources, "predictor", FakePredictor)
    first_start.claim(paths)

    def open_page(page: str = "overview", **query: str) -> AppTest:
        test = AppTest.from_file(str(ROOT / "streamlit_app" / "app.py"), default_timeout=30)
        test.query_params.update(query)
        if page != "overview":
            test.run()
            test.switch_page(navigation.file_of(page))
        return test.run()

    return open_page


@pytest.fixture
def sample(paths):
    return index_dataset(draw_world(first_start.sample_folder(paths)), paths)


@pytest.fixture
def served(sample, paths):
    run = fake_run(sample, paths)
    return registry.promote(paths, run.run_id)


def words(test: AppTest) -> str:
    """All text of a page."""
    parts = [
        element.value
        for kind in ("title", "markdown", "caption", "subheader", "text", "error", "warning", "info")
        for element in test.get(kind)
    ]
    return "\n".join(str(part) for part in parts).replace("\\", "").replace("\u2060", "")


def png(colour: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((60, 80, 3), colour, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_before_there_is_any_run(app, sample, page):
    test = app(page)
    assert not test.exception
    assert test.title[0].value.endswith("?")
    assert len(test.button) > 0 or page == "dataset"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_a_served_run(app, served, page):
    test = app(page)
    assert not test.exception
    assert not test.error
    if page not in ("dataset", "label", "review", "training", "prove"):
        assert "87.5 % accuracy (52.9–97.8, n = 8, given labels, test)" in words(test)


@pytest.mark.parametrize("page", [page for page in PAGES if page != "score"])  # which needs no dataset
def test_a_page_says_what_to_do_when_the_folder_is_no_dataset(app, paths, page):
    (paths.data_dir / "sample").mkdir()
    test = app(page)
    assert not test.exception
    assert "found none" in test.error[0].value.replace("\\", "")


@pytest.mark.parametrize("page", ["overview", "evaluation", "predict", "models"])
def test_an_empty_page_has_one_button_and_it_leads_to_training(app, sample, page):
    test = app(page)
    test.button("empty-training").click().run()
    assert test.title[0].value.startswith("What should I train")


def test_the_dataset_page_counts_photos_and_keeps_filters_in_the_address(app, served):
    test = app("dataset", split="test")
    assert "24 photos" in words(test)
    assert "8 of 24 photos" in words(test)
    test.selectbox("class").select("African").run()
    assert "4 of 24 photos" in words(test)
    assert app("dataset", **{"split": "test", "class": "African"}).selectbox("class").value == "African"
    test.selectbox("show").select("wrong").run()
    assert "1 of 24 photos" in words(test)


def test_any_folder_can_be_named_in_the_picker_and_the_address_keeps_it(app, served, tmp_path):
    elsewhere = draw_world(tmp_path / "elsewhere")
    (next((elsewhere / "test" / "Asian").iterdir())).unlink()
    test = app("dataset", data=str(elsewhere))
    assert not test.exception and not test.error
    assert "23 photos" in words(test)
    assert test.selectbox("data").value == "elsewhere"  # known by its name from now on, here and to everybody
    assert "23 photos" in words(app("dataset", data="elsewhere"))
    gone = app("dataset", data="gone")
    assert "there is none at" in gone.error[0].value.replace("\\", "")


def test_the_navigation_has_three_groups_with_every_page():
    assert list(navigation.GROUPS) == ["Data", "Model", "Use"]
    assert {page.stem for page in (ROOT / "streamlit_app" / "views").glob("*.py")} == set(PAGES)


@pytest.mark.parametrize("tab", ["Photos", "Statistics", "Problems", "Add photos"])
def test_every_tab_of_the_dataset_page_opens(app, served, tab):
    assert not app("dataset", tab=tab).exception


def test_a_bad_file_is_listed_with_its_reason(app, sample, paths):
    (sample.folder / "train" / "Asian" / "broken.jpg").write_bytes(b"\xff\xd8 not a photo")
    test = app("dataset", tab="Problems")
    assert "1 file cannot be used" in words(test)
    assert test.dataframe[0].value["path"].tolist() == ["train/Asian/broken.jpg"]


def test_many_clicks_on_train_make_one_job_U6(app, sample, paths):
    first, second = app("training"), app("training")  # two tabs, both drawn before the first click
    for test in (first, second):
        test.button("train").click().run()
        assert test.button("train").disabled
    assert len(jobs.jobs(paths)) == 1


def test_a_trainer_that_dies_while_the_page_is_open_is_a_sentence_and_the_next_one_starts_U8(app, sample, paths):
    test = app("training")
    test.button("train").click().run()
    (job,) = jobs.jobs(paths)
    jobs.finish(paths, job.run_id, "failed", "The training was killed from outside (signal 9).")
    test.session_state["just_finished"] = job.run_id  # as the look of every two seconds notes it in a browser
    test.run()
    assert not test.exception and "failed. The training was killed from outside" in words(test)
    test.button("train").click().run()
    assert len(jobs.jobs(paths)) == 1


def test_a_queued_training_is_shown_and_can_be_cancelled(app, sample, paths):
    test = app("training")
    test.button("train").click().run()
    (job,) = jobs.jobs(paths)
    assert "Queued (position 1)." in words(test)
    assert "Nothing is running the trainings" in words(test)
    test.button(f"cancel-{job.run_id}").click().run()
    assert jobs.jobs(paths) == []


def test_a_finished_training_is_compared_with_the_served_run_and_offered(app, sample, served, paths):
    better = fake_run(sample, paths, "better-run", mistakes=0)
    test = app("training")
    test.session_state["just_finished"] = better.run_id
    test.run()
    assert "1 photo fixed, 0 photos broken" in words(test)
    test.button("promote-finished").click().run()
    assert test.button("confirm-promotion")
    assert registry.active(paths).run_id == served.run_id


def open_dialog(paths, module: str, call: str) -> AppTest:
    """A page that holds nothing but a dialog; `run` and `served` are what the dialog is about."""
    script = f"""
from streamlit_app import resources
from streamlit_app.parts.models import {module}
from core.runs import registry
served = resources.active_run()
run = next((run for run in registry.runs(resources.paths()) if run.run_id != served.run_id), served)
{module}.{call}
"""
    return AppTest.from_string(script, default_timeout=30).run()


def test_a_promotion_is_confirmed_with_what_changes(app, sample, served, paths):
    better = fake_run(sample, paths, "better-run", mistakes=0)
    test = open_dialog(paths, "confirmations", "confirm(run)")
    shown = test.dataframe[0].value
    assert [text.split(" (")[0] for text in shown["Evaluation"]] == ["87.5 % accuracy", "100.0 % accuracy"]
    test.button("confirm-promotion").click().run()
    assert registry.active(paths).run_id == better.run_id


def test_going_back_serves_the_run_before(app, sample, served, paths):
    registry.promote(paths, fake_run(sample, paths, "second-run").run_id)
    open_dialog(paths, "confirmations", "confirm_roll_back(run)").button("confirm-roll-back").click().run()
    assert registry.active(paths).run_id == served.run_id


def test_a_deleted_run_is_gone_and_the_served_one_stays(app, sample, served, paths):
    fake_run(sample, paths, "second-run")
    open_dialog(paths, "confirmations", "confirm_delete(run)").button("confirm-delete").click().run()
    assert [run.run_id for run in registry.runs(paths)] == [served.run_id]


def test_R3_a_damaged_run_is_shown_as_such_and_the_one_before_answers(app, sample, served, paths):
    registry.promote(paths, fake_run(sample, paths, "second-run").run_id)
    (paths.models_dir / "second-run" / "model.tflite").write_text("no tenderness")
    (fake_run(sample, paths, "third-run").folder / "run.json").write_text("{")
    test = app("models")
    assert not test.exception
    states = dict(zip(test.dataframe[0].value["run"], test.dataframe[0].value["state"], strict=True))
    assert states == {"second-run": "damaged", "third-run": "damaged", served.run_id: "in use"}
    (warning,) = [item.value for item in test.sidebar.warning]
    assert "model.tflite" in warning and f"Meanwhile {served.run_id} answers" in warning.replace("\\", "")


def test_R3_where_no_sound_run_is_left_the_page_says_why(app, sample, served, paths):
    (served.folder / "run.json").write_text("[]")
    test = app("models")
    assert not test.exception and list(test.dataframe[0].value["state"]) == ["damaged"]
    assert "No other run can answer" in test.sidebar.warning[0].value


def test_the_models_page_offers_the_way_back(app, sample, served, paths):
    registry.promote(paths, fake_run(sample, paths, "second-run").run_id)
    test = app("models")
    test.button("roll-back").click().run()
    assert test.button("confirm-roll-back")


def test_the_models_page_marks_exactly_one_run_as_in_use(app, sample, served, paths):
    fake_run(sample, paths, "second-run")
    table = app("models").dataframe[0].value
    assert table["state"].tolist().count("in use") == 1


def test_the_runs_of_another_dataset_are_left_out(app, served, paths):
    other = index_dataset(draw_world(paths.data_dir / "other"), paths)
    fake_run(other, paths, "other-run")
    assert app("evaluation").selectbox("run").options == ["fake-run · Quick, given labels · 87.5 % · in use"]


def test_one_photo_is_answered_in_a_sentence(app, served):
    test = app("predict")
    test.file_uploader("uploads").set_value([("a.png", png((200, 90, 60)), "image/png")]).run()
    assert not test.exception
    assert "African, 98 %" in words(test)


def test_an_unsure_answer_says_so(app, served):
    test = app("predict")
    test.file_uploader("uploads").set_value([("a.png", png((130, 120, 123)), "image/png")]).run()
    assert "Not sure: African 55 %" in words(test)


def test_what_the_model_does_not_know_is_not_named(app, served):
    test = app("predict")
    test.file_uploader("uploads").set_value([("a.png", png((120, 120, 120)), "image/png")]).run()
    assert "Probably none of African, Asian" in words(test)


def test_many_photos_become_a_table_with_the_bad_one_explained(app, served):
    test = app("predict")
    files = [("a.png", png((200, 90, 60)), "image/png"), ("bad.png", b"GIF89a no", "image/png")]
    test.file_uploader("uploads").set_value(files).run()
    table = test.dataframe[0].value
    assert table["label"].tolist() == ["African", ""]
    assert "not a JPEG" in table["note"].iloc[1]


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"<svg onload=alert(1)>", b"GIF89a", png((1, 2, 3))[:60]])
@pytest.mark.parametrize(("page", "key"), [("overview", "hero"), ("predict", "uploads")])
def test_a_bad_upload_gives_a_friendly_sentence_U3(app, served, page, key, content):
    test = app(page)
    test.file_uploader(key).set_value(
        [("photo.jpg", content, "image/jpeg")] if key == "uploads" else ("photo.jpg", content, "image/jpeg")
    ).run()
    assert not test.exception
    assert len(test.error) == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_never_reach_markdown_unescaped_U1(app, paths, name):
    folder = paths.data_dir / "sample"
    for number, label in enumerate((name, "Asian")):
        for split, count in (("train", 4), ("test", 2)):
            for index in range(count):
                draw_photo(folder / split / label / f"{index}{name}.png", (90 * number, 90, 60), number * 50 + index)
    data = index_dataset(folder, paths)
    run = fake_run(data, paths)
    registry.promote(paths, run.run_id)
    for page in PAGES:
        test = app(page)
        assert not test.exception
        for kind in ("markdown", "caption", "title", "subheader", "error", "warning", "info", "success", "toast"):
            for element in test.get(kind):
                assert name not in str(element.value), (page, kind)


def test_no_page_uses_raw_html_U2():
    for path in (ROOT / "streamlit_app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword):
                assert node.arg not in ("unsafe_allow_html", "unsafe_allow_javascript"), path
            if isinstance(node, ast.Attribute) and node.attr == "html" and isinstance(node.value, ast.Name):
                assert node.value.id not in ("st", "components"), path


def test_component_scripts_write_text_only_U2():
    for path in (ROOT / "streamlit_app" / "components").glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|eval\(|fetch\(", path.read_text("utf-8")), path


def test_the_configuration_keeps_the_safe_values_U9_U11_U12():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["client"]["showErrorDetails"] == "none"
    assert config["browser"]["gatherUsageStats"] is False
    assert config["server"].get("enableCORS", True)
    assert config["server"].get("enableXsrfProtection", True)
    assert not config["server"].get("enableAgentApi", False)
    assert config["server"]["disconnectedSessionTTL"] == 30


def test_the_first_start_happens_once_however_many_come_at_once(paths, monkeypatch):
    drawn = []

    def draw(folder, progress=None):
        drawn.append(folder)
        return draw_world(folder)

    monkeypatch.setattr(first_start, "draw_sample", draw)
    threads = [threading.Thread(target=first_start.prepare, args=(paths,)) for _ in range(8)]
    draw_world(first_start.sample_folder(paths))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawn == []
    assert [job.state for job in jobs.jobs(paths)] == ["queued"]
    assert first_start.prepare(paths) is None
    assert not first_start.is_needed(paths)


def test_the_first_start_draws_the_sample_and_enqueues_quick(paths, monkeypatch):
    monkeypatch.setattr(first_start, "draw_sample", lambda folder, progress=None: draw_world(folder))
    assert first_start.is_needed(paths)
    run_id = first_start.prepare(paths)
    assert registry.load(paths, run_id).config.preset == "quick"


def test_the_first_start_trains_nothing_when_the_sample_has_a_run(paths, sample):
    fake_run(sample, paths)
    assert first_start.prepare(paths) is None
    assert jobs.jobs(paths) == []


@pytest.mark.slow
def test_no_page_imports_tensorflow(sample, paths):
    run = fake_run(sample, paths)
    registry.promote(paths, run.run_id)
    first_start.claim(paths)
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        "from streamlit_app import navigation\n"
        "test = AppTest.from_file('streamlit_app/app.py', default_timeout=60).run()\n"
        "for page in navigation.PAGES:\n"
        "    test.switch_page(navigation.file_of(page)).run()\n"
        "    assert not test.exception, page\n"
        "assert not {'tensorflow', 'keras', 'flask'} & set(sys.modules)\n"
    )
    environment = {"TUSKSCOPE_DATA": str(paths.data_dir), "TUSKSCOPE_MODELS": str(paths.models_dir), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("page", PAGES)
def test_no_page_breaks_on_photos_without_labels(app, sample, paths, page):
    for number in range(3):
        draw_photo(paths.data_dir / "flat" / f"{number}.jpg", (180, 90, 60), number)
    assert not app(page, data="flat").exception


@pytest.mark.skipif(os.name != "posix", reason="needs names of any bytes")
def test_a_folder_whose_name_is_no_text_is_left_out_with_a_word(app, sample, paths):
    os.mkdir(os.fsencode(paths.data_dir) + b"/caf\xe9")
    test = app("dataset")
    assert not test.exception
    assert any("not valid Unicode" in caption.value for caption in test.sidebar.caption)


def test_photos_are_added_out_of_a_zip_that_is_reported_on_first(app, sample, paths):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("train/African/new.png", png((181, 91, 62)))
        archive.writestr("train/African/old.png", (sample.folder / sample.usable["path"].iloc[0]).read_bytes())
        archive.writestr("test/African/t.png", png((182, 91, 62)))
    test = app("dataset", tab="Add photos")
    test.file_uploader("add-zip").set_value(("more.zip", memory.getvalue(), "application/zip")).run()
    assert "exact copies of photos that are there already" in words(test)
    assert len(index_dataset(sample.folder, paths).usable) == len(sample.usable)
    test.button("add-add").click().run()
    assert not test.exception
    assert f"{len(sample.usable) + 1} photos" in words(test)


def test_a_folder_opened_by_its_path_is_copied_before_photos_are_added(app, sample, paths, tmp_path):
    outside = draw_world(tmp_path / "my photos")
    test = app("dataset", tab="Add photos", data=str(outside))
    assert "belongs to its owner" in words(test)
    assert [uploader.key for uploader in test.file_uploader] == ["zip"]
    test.button("add-copy").click().run()
    assert not test.exception and (paths.data_dir / "my-photos" / "train" / "Asian").is_dir()


def test_predicted_photos_become_training_photos_with_their_answer(app, served, sample, paths):
    test = app("predict")
    files = [(f"{name}.png", png(colour), "image/png") for name, colour in [("a", (200, 90, 60)), ("b", (60, 90, 200))]]
    files.append(("grey.png", png((120, 120, 120)), "image/png"))
    test.file_uploader("uploads").set_value(files).run()
    test.session_state["add-popover"] = True
    test.run()
    assert "1 photo left out: the answer is none of the classes" in words(test)
    test.button("predicted-add").click().run()
    assert not test.exception
    added = set(index_dataset(sample.folder, paths).table["path"]) - set(sample.table["path"])
    assert added == {"train/African/a.png", "train/Asian/b.png"}


def test_a_zip_promises_as_many_photos_as_the_dataset_then_has(app, sample, paths):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, colour in (("African", (181, 91, 62)), ("Asian", (60, 91, 182))):
            archive.writestr(f"{name}/a.png", png(colour))
            archive.writestr(f"{name}/cut.png", png(colour)[:90])
    test = app("dataset", tab="Add photos")
    test.file_uploader("zip").set_value(("other.zip", memory.getvalue(), "application/zip")).run()
    assert "This zip holds 2 photos** and 2 files that cannot be used" in words(test)
    test.text_input("import-name").set_value("other").run()
    assert test.button("accept").label == "Import 2 photos"
    test.button("accept").click().run()
    assert "2 photos**: 1 African and 1 Asian" in words(test) and "2 files cannot be used" in words(test)


def test_where_the_dataset_is_gone_another_one_can_be_opened(app, sample, tmp_path):
    outside = draw_world(tmp_path / "photos")
    test = app("dataset", data="gone")
    assert "there is none at" in words(test)
    test.text_input("import-folder").set_value(str(outside)).run()
    test.button("open-folder").click().run()
    assert not test.exception and "24 photos" in words(test)
