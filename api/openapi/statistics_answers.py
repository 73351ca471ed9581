"""The shape of a dataset's statistics; a test holds it to the dataclass of core, whose import costs 100 MiB."""

from pydantic import BaseModel, Field


class Range(BaseModel):
    """Smallest, middle and largest value; all null without photos."""

    min: float | None
    median: float | None
    max: float | None


class Brightness(BaseModel):
    """Mean pixel value, 0-255, of a class's photos."""

    mean: float
    lower_quartile: float
    median: float
    upper_quartile: float


class DuplicateCounts(BaseModel):
    """Pairs of copies among the usable photos."""

    exact_pairs: int = Field(description="Equal bytes.")
    near_pairs: int = Field(description="Nearly equal pictures, mirrored ones included.")
    across_classes: int = Field(description="Pairs with two labels; at least one of them is wrong.")
    across_splits: int = Field(description="Pairs in two splits: leaks.")
    leaked_test_photos: int = Field(description="Photos of test that have a copy in train or validation.")


class Shortcut(BaseModel):
    """How well one plain number predicts the class without a look at the picture."""

    feature: str
    balanced_accuracy: float | None
    chance: float | None
    verdict: str
    sentence: str


class DatasetStatistics(BaseModel):
    """Describes the usable photos of a dataset, and names the files that are not usable."""

    name: str
    counts: dict[str, dict[str, int]] = Field(description="Split, class, number of photos.")
    total: int
    width: Range
    height: Range
    aspect_ratio: dict[str, float | None] = Field(description="Quantile, width / height.")
    megapixels: Range
    bytes_total: int
    brightness: dict[str, Brightness] = Field(description="By class.")
    duplicates: DuplicateCounts
    shortcuts: list[Shortcut]
    problems: list[dict[str, str]]
