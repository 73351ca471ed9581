"""What a scoring has found so far: counts, and the rows one chunk after another."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from core.errors import DatasetError
from core.prediction.scoring.chunk import result
from core.prediction.scoring.plan import RESULTS, Plan, chunk_file

_FEW = 5


@dataclass(frozen=True)
class Status:
    """How far a scoring is.

    Attributes:
        photos, chunks: What was planned.
        photos_done, chunks_done: What has a sound result.
        damaged: Numbers of the chunks whose result is damaged; `score work` does them again.
        answers: Photos by answer: a class, `not sure` or `not the subject`.
        failed: Photos that could not be read; each has its sentence.
        changed: Photos that were changed or removed since the plan was made.
        is_done: Whether nothing is left to do.
    """

    photos: int
    chunks: int
    photos_done: int
    chunks_done: int
    damaged: tuple[int, ...]
    answers: dict[str, int]
    failed: int
    changed: int

    @property
    def is_done(self) -> bool:
        return self.chunks_done == self.chunks

    def sentences(self) -> list[str]:
        """The same for a person."""
        said = [f"{self.photos_done:,} of {self.photos:,} photos scored, {self.chunks_done} of {self.chunks} chunks."]
        if self.answers:
            counts = sorted(self.answers.items(), key=lambda item: (-item[1], item[0]))
            said.append(f"Answers: {', '.join(f'{name} {count:,}' for name, count in counts)}.")
        if self.failed:
            said.append(f"{self.failed:,} could not be read; the column error says why.")
        if self.changed:
            said.append(f"{self.changed:,} were changed or removed since the plan was made; they are marked.")
        if self.damaged:
            said.append(f"{_chunks(self.damaged)} damaged; `score work` does that again.")
        return said


def status(target: Path, plan: Plan) -> Status:
    """Reads all results there are."""
    answers: Counter[str] = Counter()
    damaged, photos, chunks, failed, changed = [], 0, 0, 0, 0
    for number in range(plan.num_chunks):
        if (table := result(target, plan, number)) is None:
            damaged += [number] if chunk_file(target, RESULTS, number).exists() else []
            continue
        found = Counter(table["answer"].to_pylist())
        failed += found.pop(None, 0)
        answers.update(found)
        changed += sum(table["changed"].to_pylist())
        photos, chunks = photos + table.num_rows, chunks + 1
    return Status(plan.num_photos, plan.num_chunks, photos, chunks, tuple(damaged), dict(answers), failed, changed)


def tables(target: Path, plan: Plan, partial: bool = False) -> Iterator[pa.Table]:
    """The results in the order of the plan, one chunk at a time.

    Args:
        target: The plan's folder.
        plan: What lies in it.
        partial: Whether to leave out chunks without a result.

    Raises:
        DatasetError: Before the first one, if a chunk has no result and `partial` is not set; later, if one is damaged.
    """
    absent = [number for number in range(plan.num_chunks) if not chunk_file(target, RESULTS, number).exists()]
    if absent and not partial:
        raise DatasetError(
            f"Expected the results of {plan.num_chunks} chunks, but {_chunks(absent)} missing. Go on with `score work` "
            "or ask for what there is (--partial)."
        )
    for number in sorted(set(range(plan.num_chunks)) - set(absent)):
        if (table := result(target, plan, number)) is None:
            raise DatasetError(f"{_chunks([number])} damaged. `score work` does that again; then join.")
        yield table


def _chunks(numbers: tuple[int, ...] | list[int]) -> str:
    """`The result of chunk 3 is`, `those of 12 chunks (0, 1, 2, 3, 4, …) are`."""
    if len(numbers) == 1:
        return f"the result of chunk {numbers[0]} is"
    named = ", ".join(map(str, numbers[:_FEW])) + (", …" if len(numbers) > _FEW else "")
    return f"the results of {len(numbers)} chunks ({named}) are"
