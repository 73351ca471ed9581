"""Decisions are never lost, taken back one by one, handed on as CSV, and compared between reviewers."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import COLOURS, draw_photo

from core.cli.datasets import index as index_command
from core.cli.review import decide as decide_command
from core.cli.review import decisions as decisions_command
from core.dataset.decisions import append, decide, decide_all
from core.dataset.exchange import export_csv, import_csv
from core.dataset.index import index_dataset
from core.dataset.overlay import current
from core.errors import DatasetError, UnknownClassError
from core.review.agreement import agreements, cohens_kappa

PHOTO = "train/African/train_000.png"
OTHER = "train/Asian/train_001.png"
ROOT = Path(__file__).resolve().parent.parent.parent

WRITER = """
import os, random, signal, sys, time
from pathlib import Path
from core.dataset.index import index_dataset
from core.paths import Paths
from core.dataset.decisions import decide
folder, kills = Path(sys.argv[1]), int(sys.argv[2])
dataset = index_dataset(folder, Paths(folder.parent, folder.parent))
paths = dataset.table["path"].tolist()

def write(name, pipe, count):
    for number in range(count):
        note = f"{name}-{number}"
        decide(dataset, paths[number % len(paths)], "keep", reviewer=name, note=note)
        os.write(pipe, (note + "\\n").encode())  # what a page would show as saved
    os._exit(0)

def start(name, count):
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        write(name, into, count)
    os.close(into)
    return child, os.fdopen(out)

saved, random = set(), random.Random(7)
if kills:
    for round in range(kills):
        child, out = start(f"kill{round}", 10_000)
        out.readline()
        time.sleep(random.random() * 0.02)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        saved |= {f"kill{round}-0"} | {line.strip() for line in out if line.endswith("\\n")}
else:
    children = [start(name, 200) for name in ("ann", "bob")]
    for child, out in children:
        saved |= {line.strip() for line in out}
        os.waitpid(child, 0)
notes = {decision.note for decision in dataset.decision_log()}
print(len(saved), len(saved - notes), len(notes))
"""


def run_writer(world, kills: int) -> tuple[int, int, int]:
    """Runs writers in processes of their own: decisions shown as saved, of these lost, and decisions in the log."""
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(world.folder), str(kills)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return tuple(int(word) for word in done.stdout.split())


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
def test_fifty_kills_lose_no_decision_that_was_reported_as_saved(world):
    saved, lost, _ = run_writer(world, kills=50)
    assert lost == 0
    assert saved >= 50


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
def test_two_people_reviewing_at_once_lose_nothing(world):
    assert run_writer(world, kills=0) == (400, 0, 400)


def test_the_last_decision_counts_and_undo_takes_back_one_at_a_time(world):
    decide(world, PHOTO, "relabel", "Asian")
    decide(world, PHOTO, "exclude")
    image = world.decision_log()[0].image
    assert world.decisions()[image].action == "exclude"
    decide(world, PHOTO, "undo")
    assert world.decisions()[image].label == "Asian"
    decide(world, PHOTO, "undo")
    decide(world, PHOTO, "undo")  # one too many harms nothing
    assert world.decisions() == {}
    assert [decision.action for decision in world.decision_log() if decision.image == image] == [
        "relabel",
        "exclude",
        "undo",
        "undo",
        "undo",
    ]


def test_a_torn_line_costs_only_itself(world):
    decide(world, PHOTO, "exclude")
    with world.decisions_file.open("ab") as file:
        file.write(b'{"image": "abc", "pa')
    decide(world, OTHER, "keep")
    assert [decision.action for decision in world.decision_log()] == ["exclude", "keep"]


@pytest.mark.parametrize("note", ["two\nlines", "sep\u2028arated\x85", "=cmd()", "\udc80", "汉字"])
def test_a_note_comes_back_whatever_it_holds(world, note):
    decide(world, PHOTO, "keep", note=note)
    assert [decision.note for decision in world.decision_log()] == [note]


@pytest.mark.parametrize("line", ["[]", "5", '{"image": 5}', '{"image": 5, "path": "a", "action": "keep"}', "\x00"])
def test_a_strange_line_in_the_log_is_passed_over(world, line):
    world.decisions_file.parent.mkdir(parents=True, exist_ok=True)
    world.decisions_file.write_text(line + "\n", encoding="utf-8")
    decide(world, PHOTO, "keep")
    assert [decision.action for decision in world.decision_log()] == ["keep"]


def test_several_photos_are_decided_together_or_not_at_all(world):
    made = decide_all(world, [PHOTO, OTHER], "exclude", reviewer="ann")
    assert [decision.path for decision in made] == [PHOTO, OTHER]
    with pytest.raises(DatasetError, match="Expected a readable photo"):
        decide_all(world, [PHOTO, "train/African/none.png"], "keep")
    assert len(world.decision_log()) == 2


def test_refuses_an_unknown_action_class_or_photo(world):
    with pytest.raises(DatasetError, match="Expected one of relabel, exclude, keep, undo"):
        decide(world, PHOTO, "burn")
    with pytest.raises(UnknownClassError, match="Expected one of African, Asian"):
        decide(world, PHOTO, "relabel", "Lion")
    with pytest.raises(DatasetError):
        decide(world, "/etc/passwd", "keep")
    assert world.decision_log() == []


def test_keeping_a_photo_that_lies_in_two_classes_settles_both(world, paths):
    (world.folder / OTHER).write_bytes((world.folder / PHOTO).read_bytes())
    dataset = index_dataset(world.folder, paths)
    assert decide(dataset, PHOTO, "keep").action == "relabel"
    labels = dataset.reviewed().set_index("path")["label"]
    assert labels[PHOTO] == labels[OTHER] == "African"


def test_reviewed_labels_leave_the_given_ones_visible(world):
    decide(world, PHOTO, "relabel", "Asian")
    decide(world, OTHER, "exclude")
    table = world.reviewed().set_index("path")
    assert table.loc[PHOTO, ["label", "given_label"]].tolist() == ["Asian", "African"]
    assert OTHER not in table.index


def test_exported_decisions_come_back_in_another_copy_of_the_photos(world, paths):
    decide(world, PHOTO, "relabel", "Asian", reviewer="=ann", note="-1")
    decide(world, OTHER, "exclude")
    text = export_csv(world)
    assert "'=ann" in text and "'-1" in text  # a spreadsheet would run them
    world.decisions_file.unlink()
    done = import_csv(world, "\ufeff" + text)
    assert (done.added, done.unchanged, done.refused) == (2, 0, ())
    assert [(item.action, item.reviewer, item.note) for item in world.decision_log()] == [
        ("relabel", "=ann", "-1"),
        ("exclude", "", ""),
    ]
    assert import_csv(world, text).unchanged == 2
    assert len(world.decision_log()) == 2


def test_an_import_names_the_rows_that_do_not_fit(world):
    text = (
        f"path,action,label\n{PHOTO},relabel,Lion\n{PHOTO},burn,\nnone.png,keep,\n{OTHER},relabel,African\n"
        f"{OTHER},undo,\n"
    )
    done = import_csv(world, text, reviewer="bob")
    assert done.added == 1
    assert [sentence.split(":")[0] for sentence in done.refused] == ["Line 2", "Line 3", "Line 4", "Line 6"]
    assert world.decision_log()[0].reviewer == "bob"


def test_refuses_a_table_that_holds_no_decisions(world):
    with pytest.raises(DatasetError, match="Expected a CSV file with the columns"):
        import_csv(world, "a,b\n1,2\n")


def test_the_whole_log_can_be_exported(world):
    decide(world, PHOTO, "exclude")
    decide(world, PHOTO, "undo")
    assert len(export_csv(world).splitlines()) == 1
    assert len(export_csv(world, whole_log=True).splitlines()) == 3


def test_cohens_kappa_of_the_textbook():
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    kappa = cohens_kappa(pairs)
    assert kappa.value == pytest.approx(0.4)
    assert kappa.low < 0.4 < kappa.high
    assert cohens_kappa([("yes", "yes")] * 3) is None


def test_two_reviewers_are_compared_by_outcome(world):
    third = "train/African/train_002.png"
    decide(world, PHOTO, "keep", reviewer="ann")
    decide(world, PHOTO, "relabel", "African", reviewer="bob")  # the same outcome in other words
    decide(world, OTHER, "exclude", reviewer="ann")
    decide(world, OTHER, "keep", reviewer="bob")
    decide(world, third, "keep", reviewer="ann")
    (found,) = agreements(world, world.decision_log())
    assert (found.reviewer_a, found.reviewer_b, found.n, found.agreed) == ("ann", "bob", 2, 1)
    assert found.disagreements.to_dict("records") == [
        {"path": OTHER, "given_label": "Asian", "outcome_a": "exclude", "outcome_b": "Asian"}
    ]


def test_the_command_line_decides_exports_and_imports(world, paths, monkeypatch, tmp_path):
    monkeypatch.setenv("TUSKSCOPE_DATA", str(paths.data_dir))
    runner, file = CliRunner(), tmp_path / "out.csv"
    done = runner.invoke(decide_command, [str(world.folder), PHOTO, "--label", "Asian", "--reviewer", "ann"])
    assert done.exit_code == 0 and done.output == f"{PHOTO}: relabel Asian\n"
    assert runner.invoke(decisions_command, ["export", str(world.folder), str(file)]).exit_code == 0
    world.decisions_file.unlink()
    done = runner.invoke(decisions_command, ["import", str(world.folder), str(file)])
    assert done.output == "1 added, 0 unchanged, 0 refused\n"
    assert runner.invoke(decide_command, [str(world.folder), PHOTO, "--keep", "--exclude"]).exit_code == 2


def test_the_log_is_plain_json_lines(world):
    decide(world, PHOTO, "keep", reviewer="ann")
    append(world, world.decision_log())
    lines = world.decisions_file.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["reviewer"] for line in lines] == ["ann", "ann"]


def renamed(world, paths, old: str, new: str):
    for split in ("train", "test"):
        (world.folder / split / old).rename(world.folder / split / new)
    return index_dataset(world.folder, paths)


def test_a_renamed_class_never_comes_back_as_a_ghost(world, paths):
    decide(world, OTHER, "relabel", "African")
    dataset = renamed(world, paths, "African", "Forest")
    assert set(dataset.reviewed()["label"]) == {"Asian", "Forest"}
    assert dataset.decisions() == {} and len(dataset.decision_log()) == 1
    (unfit,) = dataset.unfit_decisions()
    assert "relabelled to “African”, which is no class here" in unfit.why
    assert set(dataset.reviewed(current(dataset.decision_log()))["label"]) == {"Asian", "Forest"}  # as a run kept them
    dataset = renamed(dataset, paths, "Forest", "African")
    assert len(dataset.decisions()) == 1 and dataset.unfit_decisions() == ()


def test_keep_remembers_the_label_that_it_kept(world, paths):
    assert decide(world, PHOTO, "keep").label == "African"
    (world.folder / PHOTO).rename(world.folder / "train" / "Asian" / "moved.png")
    dataset = index_dataset(world.folder, paths)
    assert dataset.decisions() == {}
    assert "kept as “African”, but the photo lies under “Asian” now" in dataset.unfit_decisions()[0].why
    decide(dataset, "train/Asian/moved.png", "keep")
    assert [item.label for item in dataset.decisions().values()] == ["Asian"] and dataset.unfit_decisions() == ()


def test_a_kept_photo_settles_a_copy_that_came_later_under_another_class(world, paths):
    decide(world, PHOTO, "keep")
    copy = world.folder / "train" / "Asian" / "copy.png"
    copy.write_bytes((world.folder / PHOTO).read_bytes())
    labels = index_dataset(world.folder, paths).reviewed().set_index("path")["label"]
    assert labels[PHOTO] == labels["train/Asian/copy.png"] == "African"


def test_keep_of_an_old_log_without_a_label_still_counts(world):
    decide(world, PHOTO, "exclude")
    append(world, [replace(world.decision_log()[0], action="keep", label="")])
    assert [item.action for item in world.decisions().values()] == ["keep"] and world.unfit_decisions() == ()


@pytest.mark.parametrize("change", ["removed", "edited"])
def test_a_decision_about_a_photo_that_is_gone_is_counted_and_kept(world, paths, change):
    decide(world, PHOTO, "exclude")
    if change == "removed":
        (world.folder / PHOTO).unlink()
    else:
        draw_photo(world.folder / PHOTO, COLOURS["African"], 4711)
    dataset = index_dataset(world.folder, paths)
    assert dataset.decisions() == {} and len(dataset.unfit_decisions()) == 1
    assert len(export_csv(dataset).splitlines()) == 2  # whoever has the photo can still use it


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quote", ["", '"', "'"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_of_decisions_is_read_as_spreadsheets_save_it(world, separator, quote, encoding):
    rows = [("Path", " ACTION ", "label"), (PHOTO, "Relabel", "Asian"), (OTHER.replace("/", "\\"), "exclude", "")]
    text = "\r\n".join(separator.join(f"{quote}{cell}{quote}" for cell in row) for row in rows)
    done = import_csv(world, (text + f"\r\n{2 * separator}\r\n").encode(encoding))
    assert (done.added, done.refused) == (2, ())
    assert [item.action for item in world.decision_log()] == ["relabel", "exclude"]


def test_the_separator_that_excel_names_in_a_first_line_is_passed_over(world):
    done = import_csv(world, f"sep=;\npath;action;note\n{PHOTO};keep;a, b\n{OTHER};burn;\n")
    assert done.added == 1 and done.refused[0].startswith("Line 4")
    assert world.decision_log()[0].note == "a, b"


def test_a_row_with_too_many_cells_is_refused_by_its_line(world):
    done = import_csv(world, f"path,action,note\n{PHOTO},keep,one, two\n{OTHER},keep,\n")
    assert done.added == 1 and done.refused == (
        "Line 2: It has more cells than the header; put quotes around those that hold a separator.",
    )


def test_quotes_escaped_by_backslashes_are_read(world):
    import_csv(world, f'path,action,note\n"{PHOTO}","keep","so \\"sure\\", really"\n')
    assert world.decision_log()[0].note == 'so "sure", really'


def test_a_row_that_keeps_another_label_than_the_folder_has_is_refused(world):
    done = import_csv(world, f"path,action,label\n{PHOTO},keep,Asian\n{OTHER},keep,Asian\n")
    assert done.added == 1 and "Expected African as the label that is kept" in done.refused[0]


def test_a_table_in_another_encoding_is_refused_in_a_sentence(world):
    with pytest.raises(DatasetError, match="Save it as “CSV UTF-8”"):
        import_csv(world, "path,action\nÄ.png,keep\n".encode("latin-1"))


def test_index_and_decisions_report_what_does_not_fit(world, paths, monkeypatch):
    monkeypatch.setenv("TUSKSCOPE_DATA", str(paths.data_dir))
    decide(world, PHOTO, "exclude")
    (world.folder / PHOTO).unlink()
    runner = CliRunner()
    assert "decision that does not fit: “" + PHOTO in runner.invoke(index_command, [str(world.folder)]).output
    found = json.loads(runner.invoke(index_command, [str(world.folder), "--json"]).output)
    assert found["unfit_decisions"][0]["decision"]["path"] == PHOTO
    assert "0 decisions count, 1 do not fit" in runner.invoke(decisions_command, ["check", str(world.folder)]).output
    assert "1 of them do not fit" in runner.invoke(decisions_command, ["export", str(world.folder)]).output
