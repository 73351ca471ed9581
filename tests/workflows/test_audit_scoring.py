"""The audit of a scored folder, as a person does it: draw, check, read the sentence."""

import pytest

from core.errors import DatasetError, UnknownClassError
from core.prediction.scoring.chunk import score_chunk
from core.prediction.scoring.planning import make_plan
from core.workflows.audit_scoring import audit_scoring, check_photo


@pytest.fixture
def scored(quick_run, trained_paths, tmp_path):
    """The colour world (24 photos) and a broken one, scored in three chunks."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "0.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "photos" / "world").symlink_to(trained_paths.data_dir / "world")
    plan = make_plan(tmp_path / "photos", quick_run, tmp_path / "plan", 10)
    for number in range(plan.num_chunks):
        score_chunk(tmp_path / "plan", number, trained_paths)
    return tmp_path / "plan", plan


def test_checks_become_a_sentence_about_the_whole_folder(scored):
    target, plan = scored
    begun = audit_scoring(target, plan, 30)
    assert begun.found is None and len(begun.next) == 24  # not the broken one
    assert begun.sentence() == "0 photos checked; after 20 there is an answer."
    for photo in begun.next:
        check_photo(target, plan, photo.path, photo.path.split("/")[2], "ann")
    done = audit_scoring(target, plan)
    assert done.found.accuracy.value == pytest.approx(sum(p.truth == p.answer for p in done.checked) / 24)
    assert done.found.shares["African"].value == pytest.approx(0.5)
    assert "50 % African ± 0, 50 % Asian ± 0" in done.sentence()
    assert done.sentence().endswith("after 24 checks. Accuracy is known to ± 5 points: enough.")
    assert [photo.path for photo in done.checked] == [photo.path for photo in begun.next]  # the order stays


def test_the_last_check_of_a_photo_counts_and_can_be_taken_back(scored):
    target, plan = scored
    photo = audit_scoring(target, plan).next[0]
    check_photo(target, plan, photo.path, "Asian")
    check_photo(target, plan, photo.path, None)
    assert [found.truth for found in audit_scoring(target, plan).checked] == ["none of them"]
    check_photo(target, plan, photo.path, None, undo=True)
    assert [found.truth for found in audit_scoring(target, plan).checked] == ["Asian"]


def test_what_cannot_be_checked_is_said(scored):
    target, plan = scored
    with pytest.raises(UnknownClassError, match="Expected one of African, Asian as the label, but got 'Lion'"):
        check_photo(target, plan, "x", "Lion")
    with pytest.raises(DatasetError, match="no photo 'x' among the results"):
        check_photo(target, plan, "x", "Asian")
    (target / "results" / "000001.parquet").unlink()
    with pytest.raises(DatasetError, match="the result of chunk 1 is missing"):
        audit_scoring(target, plan)
