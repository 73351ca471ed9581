"""What a run records of its dataset, of photos that show something else, and of its doubt."""

from dataclasses import dataclass

from core.dataset.overlay import Decision


@dataclass(frozen=True)
class DatasetReference:
    """Which photos and labels a run was trained on.

    Attributes:
        name: Of the dataset.
        folder: As `Paths.reference` gives it.
        fingerprint: Of its table; "" until the training has read it.
        num_photos: Photos to learn from: all but `test`.
        decisions: The label decisions that were applied.
    """

    name: str
    folder: str
    fingerprint: str = ""
    num_photos: int = 0
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True)
class SubjectThreshold:
    """How to read the out-of-distribution score (`subject_score`, low for photos of something else).

    Attributes:
        threshold: A photo with a lower score, 0-1, does not show the subject.
        share_passing: Share of the training photos that reach it; `None` if nobody counted.
        imagenet_classes: Indices of the ImageNet classes that stand for the subject, by backbone; a plain list in
            runs of the first version.
        num_others: Pictures of other things that it was contrasted with.
    """

    threshold: float
    share_passing: float | None = None
    imagenet_classes: dict[str, list[int]] | list[int] | None = None
    num_others: int = 0


@dataclass(frozen=True)
class Calibration:
    """What was learned from predictions of photos that the predicting model had not seen.

    Attributes:
        temperature: Logits are divided by it; above 1 the network was too sure.
        label_noise: For each class the share of its photos whose given label is another one, as estimated.
        accepted_error: Share of wrong answers that is accepted among those given without a doubt mark.
        uncertain_below: The smallest probability at which that holds.
        coverage: Share of the photos that is answered without a doubt mark.
        curve: Risk against coverage: `coverage`, `errors` (expected share of wrong answers), `threshold`.
        n: Photos it rests on.
    """

    temperature: float
    label_noise: list[float]
    accepted_error: float
    uncertain_below: float
    coverage: float
    curve: dict[str, list[float]]
    n: int
