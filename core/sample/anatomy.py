"""The shapes in which African and Asian elephants differ, and the poses both share.

All points are for an elephant that faces right, feet at y = 0, shoulder height about 1, y upwards. Head
points are relative to the neck, before the head is pitched up or down.
"""

from dataclasses import dataclass

import numpy as np

AFRICAN, ASIAN = "African", "Asian"

# Both outlines list the same landmarks in the same order, so that individuals can vary between and beyond.
BACK_POINTS = 7  # the first points of a body run along the back, from the neck to the rump
BODY = {
    AFRICAN: [
        (0.44, 0.93),
        (0.28, 1.02),
        (0.05, 0.92),
        (-0.18, 0.88),
        (-0.42, 0.98),
        (-0.62, 0.92),
        (-0.75, 0.72),
        (-0.75, 0.50),
        (-0.62, 0.36),
        (-0.35, 0.35),
        (0.0, 0.40),
        (0.30, 0.43),
        (0.48, 0.50),
        (0.56, 0.70),
    ],
    ASIAN: [
        (0.44, 0.86),
        (0.28, 0.94),
        (0.05, 1.03),
        (-0.18, 1.07),
        (-0.42, 1.00),
        (-0.62, 0.84),
        (-0.75, 0.64),
        (-0.74, 0.46),
        (-0.62, 0.36),
        (-0.35, 0.37),
        (0.0, 0.35),
        (0.30, 0.39),
        (0.48, 0.49),
        (0.56, 0.68),
    ],
}
HEAD = {
    AFRICAN: [
        (-0.10, 0.02),
        (-0.07, 0.12),
        (0.00, 0.19),
        (0.07, 0.215),
        (0.14, 0.21),
        (0.20, 0.18),
        (0.27, 0.11),
        (0.325, 0.0),
        (0.34, -0.14),
        (0.26, -0.22),
        (0.12, -0.27),
        (-0.04, -0.19),
    ],
    ASIAN: [
        (-0.12, 0.02),
        (-0.09, 0.15),
        (-0.04, 0.245),
        (0.03, 0.27),
        (0.09, 0.222),
        (0.15, 0.262),
        (0.23, 0.20),
        (0.285, 0.03),
        (0.33, -0.13),
        (0.25, -0.22),
        (0.12, -0.27),
        (-0.04, -0.19),
    ],
}
EAR = {
    AFRICAN: [
        (0.07, 0.10),
        (0.00, 0.21),
        (-0.14, 0.27),
        (-0.30, 0.23),
        (-0.40, 0.09),
        (-0.40, -0.10),
        (-0.31, -0.26),
        (-0.19, -0.41),
        (-0.09, -0.37),
        (0.00, -0.23),
        (0.06, -0.08),
    ],
    ASIAN: [
        (0.06, 0.02),
        (0.02, 0.08),
        (-0.06, 0.10),
        (-0.13, 0.07),
        (-0.17, 0.00),
        (-0.16, -0.09),
        (-0.12, -0.18),
        (-0.07, -0.28),
        (-0.01, -0.23),
        (0.03, -0.13),
        (0.05, -0.06),
    ],
}
NECK = {AFRICAN: (0.50, 0.79), ASIAN: (0.50, 0.83)}
TUSK_LENGTH = {AFRICAN: (0.24, 0.46), ASIAN: (0.12, 0.24)}
TUSKED = {AFRICAN: 0.75, ASIAN: 0.4}  # share of adults with visible tusks
WRINKLES = {AFRICAN: (9, 14), ASIAN: (5, 10)}  # rings on a trunk
FRECKLED = {AFRICAN: 0.0, ASIAN: 0.45}  # share of adults with pink freckles on trunk and ear

TRUNK_POSES = {
    "straight": [(0.26, -0.06), (0.34, -0.28), (0.35, -0.50), (0.37, -0.66)],
    "curled": [(0.26, -0.06), (0.37, -0.28), (0.40, -0.50), (0.33, -0.66), (0.22, -0.62), (0.23, -0.52)],
    "to mouth": [(0.26, -0.06), (0.39, -0.26), (0.42, -0.44), (0.34, -0.52), (0.25, -0.42), (0.22, -0.28)],
    "raised": [(0.26, -0.06), (0.42, -0.15), (0.55, -0.07), (0.60, 0.12), (0.57, 0.28), (0.63, 0.38)],
    "reaching": [(0.26, -0.06), (0.38, -0.26), (0.51, -0.36), (0.64, -0.33), (0.73, -0.22)],
    "on ground": [(0.26, -0.06), (0.33, -0.30), (0.34, -0.52), (0.41, -0.70), (0.53, -0.74)],
}
CLEARNESS = (0.9, 1.15)  # 1 is a textbook animal, 0.5 would be halfway between the species


@dataclass(frozen=True)
class Animal:
    """One individual and its pose; all shapes are `(n, 2)` control points.

    Attributes:
        species: "African" or "Asian".
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
        calf: Whether it is a baby.
    """

    species: str
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
    calf: bool


def random_animal(rng: np.random.Generator, species: str, calf: bool = False) -> Animal:
    """Returns an individual of a species in a random pose; only shape tells the species.

    Args:
        rng: Source of chance.
        species: "African" or "Asian".
        calf: Babies have larger heads, shorter trunks and no tusks.
    """
    other = ASIAN if species == AFRICAN else AFRICAN
    clearness = rng.uniform(*CLEARNESS)

    def individual(shapes, wobble):
        mine, theirs = np.array(shapes[species]), np.array(shapes[other])
        return mine * clearness + theirs * (1 - clearness) + rng.normal(0, wobble, mine.shape)

    pose = str(rng.choice(list(TRUNK_POSES)))
    trunk = np.array(TRUNK_POSES[pose]) + rng.normal(0, 0.012, (len(TRUNK_POSES[pose]), 2))
    flap = rng.uniform(0.75, 1.12), rng.uniform(0.92, 1.08)  # a flapping ear looks narrower
    ear = individual(EAR, 0.006) * flap
    head, pitch = individual(HEAD, 0.004), rng.uniform(-0.28, 0.2) + (0.12 if pose == "raised" else 0)
    tusk = 0.0 if calf or rng.random() > TUSKED[species] else rng.uniform(*TUSK_LENGTH[species])
    if calf:
        head, ear, trunk = head * 1.15, ear * 1.1, trunk * (1.05, 0.85)
    return Animal(
        species=species,
        body=individual(BODY, 0.008) * (1, rng.uniform(0.98, 1.03)),
        head=head,
        ear=ear,
        trunk=trunk,
        neck=individual(NECK, 0.01),
        pitch=pitch,
        turn=float(rng.choice([0, rng.uniform(0.2, 1)])),
        stride=float(rng.choice([rng.uniform(0.0, 0.03), rng.uniform(0.08, 0.17)])),
        tusk=tusk,
        wrinkles=int(rng.integers(*WRINKLES[species])),
        freckled=bool(not calf and rng.random() < FRECKLED[species]),
        calf=calf,
    )
