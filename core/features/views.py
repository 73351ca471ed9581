"""What is looked at of a photo: the whole as a backbone sees it, its middle from close up, its colours."""

import numpy as np

from core.dataset.images import resize
from core.networks.catalogue import BACKBONES

# The close-up shows what is small in the whole picture. One of the larger backbone ranks nearly as well as one of
# each (docs/review.md) and costs 840 photos twelve seconds instead of twenty.
WHOLE = ("efficientnet-lite0", "efficientnet-lite2")
CLOSE = "efficientnet-lite2-close"
COLOURS = "colours"
VIEWS = (*WHOLE, CLOSE, COLOURS)  # what the review looks at

_CLOSE_SIDE = 0.75  # of the shorter side; the square lies in the middle, a little above the centre
_CLOSE_HEIGHT = 0.4
_COLOUR_SIDE = 128


def close_up(image: np.ndarray) -> np.ndarray:
    """The middle of a picture: a square of three quarters of the shorter side, where photographers put the subject."""
    height, width = image.shape[:2]
    side = max(1, int(min(height, width) * _CLOSE_SIDE))
    top, left = int((height - side) * _CLOSE_HEIGHT), (width - side) // 2
    return np.ascontiguousarray(image[top : top + side, left : left + side])


def colour_entropy(image: np.ndarray) -> float:
    """How evenly a picture spreads over 4,096 colours, in nats (0 to 8.3): low for maps, drawings and cut-outs."""
    small = resize(image, (_COLOUR_SIDE, _COLOUR_SIDE)).astype(np.int64) // 16
    shares = np.bincount((small @ (256, 16, 1)).ravel(), minlength=4096) / _COLOUR_SIDE**2
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def backbone_of(view: str) -> str:
    """The backbone that looks; "" if none does: colours, or embeddings that a run's own network made."""
    if view == CLOSE:
        return WHOLE[1]
    return view if view in BACKBONES else ""
