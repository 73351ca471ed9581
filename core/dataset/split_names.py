"""Which folder names mean a split, and which class names of two splits are one."""

import re
import unicodedata

from core.dataset.names import folded

SPLITS = ("train", "validation", "test")
_SPLIT_WORDS = {
    "train": ("train", "training", "trainset", "trainingset", "traindata", "trainingdata"),
    "validation": ("validation", "valid", "val", "dev", "validationset", "validset", "valset", "devset"),
    "test": ("test", "testing", "eval", "evaluation", "holdout", "heldout", "testset", "testingset", "testdata"),
}
_SPLIT_OF = {word: split for split, words in _SPLIT_WORDS.items() for word in words}
_PLAIN = {"train", "training", "test", "val", "valid", "validation"}  # these need no other split beside them
WRAPPINGS = {"images", "image", "imgs", "img", "photos", "pictures", "data", "dataset"}


def split_of(name: str) -> str:
    """The split that a folder name means ("Training", "seg_train", "test2017", "hold-out"), "" if it means none."""
    lower = name.lower()
    words = [re.sub(r"[^a-z]+", "", lower), *re.split(r"[^a-z]+", lower)]
    return next((_SPLIT_OF[word] for word in words if word in _SPLIT_OF), "")


def is_plain_split(name: str) -> bool:
    """Whether a folder name means a split wherever it has class folders, whatever lies beside it."""
    return name.lower() in _PLAIN


def is_wrapping(name: str, split: str) -> bool:
    """Whether a folder inside a split folder is only a wrapping: `seg_train/seg_train`, `train/images`."""
    return name.lower() in WRAPPINGS or split_of(name) == split


def class_name(folder: str) -> str:
    """The class of a folder: its name, accents composed, as keyboards write them."""
    return unicodedata.normalize("NFC", folder)


def same_class(name: str) -> str:
    """Equal for class names that differ only in case, spaces, underscores or the way of accents."""
    return re.sub(r"[\s_]+", " ", folded(name)).strip()
