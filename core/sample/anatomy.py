"""The shapes in which African and Asian elephants differ, and the poses both share."""

from dataclasses import dataclass

import numpy as np

from core.sample.painter import shapes, table

AFRICAN, ASIAN = "African", "Asian"
BACK_POINTS = 7  # the first points of a body run along the back, from the neck to the rump
CLEARNESS = (0.9, 1.15)  # 1 is a textbook animal, 0.5 would be halfway between the species


@dataclass(frozen=True)
class Animal:
    """One individual and its pose; all shapes are `(n, 2)` control points.

    Attributes:
        body: Outline whose first `BACK_POINTS` points are the back line.
        head: Outline relative to `neck`.
        ear: Outline relative to `neck`.
        trunk: Centre line relative to `neck`.
        neck: Where the head hangs on the body.
        pitch: Head turned up, in radians.
        turn: 0 seen from the side, 1 three quarters from the front.
        stride: How far the feet swing, in shoulder heights.
        tusk: Length, 0 for none.
        wrinkles: Rings on the trunk.
        freckled: Whether it has lost pigment on trunk and ear.
    """

    body: np.ndarray
    head: np.ndarray
    ear: np.ndarray
    trunk: np.ndarray
    neck: np.ndarray
    pitch: float
    turn: float
    stride: float
    tusk: float
    wrinkles: int
    freckled: bool


def random_animal(rng: np.random.Generator, species: str, calf: bool = False) -> Animal:
    """Returns an individual of a species in a random pose; only shape tells the species.

    Args:
        rng: Source of chance.
        species: "African" or "Asian".
        calf: Babies have larger heads, shorter trunks and no tusks.
    """
    other, kind = ASIAN if species == AFRICAN else AFRICAN, table("species")[species]
    clearness = rng.uniform(*CLEARNESS)

    def individual(name: str, wobble: float) -> np.ndarray:
        mine, theirs = shapes(name)[species], shapes(name)[other]
        return mine * clearness + theirs * (1 - clearness) + rng.normal(0, wobble, mine.shape)

    pose = str(rng.choice(list(shapes("trunk"))))
    trunk = shapes("trunk")[pose]
    trunk = trunk + rng.normal(0, 0.012, trunk.shape)
    flap = rng.uniform(0.75, 1.12), rng.uniform(0.92, 1.08)  # a flapping ear looks narrower
    ear = individual("ear", 0.006) * flap
    head, pitch = individual("head", 0.004), rng.uniform(-0.28, 0.2) + (0.12 if pose == "raised" else 0)
    tusk = 0.0 if calf or rng.random() > kind["tusked"] else rng.uniform(*kind["tusk_length"])
    if calf:
        head, ear, trunk = head * 1.15, ear * 1.1, trunk * (1.05, 0.85)
    return Animal(
        body=individual("body", 0.008) * (1, rng.uniform(0.98, 1.03)),
        head=head,
        ear=ear,
        trunk=trunk,
        neck=individual("neck", 0.01)[0],
        pitch=pitch,
        turn=float(rng.choice([0, rng.uniform(0.2, 1)])),
        stride=float(rng.choice([rng.uniform(0.0, 0.03), rng.uniform(0.08, 0.17)])),
        tusk=tusk,
        wrinkles=int(rng.integers(*kind["wrinkles"])),
        freckled=bool(not calf and rng.random() < kind["freckled"]),
    )
