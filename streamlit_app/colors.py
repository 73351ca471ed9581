"""The colours of the pages: one fixed colour a class everywhere, safe for every kind of colour vision."""

from collections.abc import Sequence

# Okabe & Ito (2008), "Color universal design". Orange is missing: it is kept for what needs a person (config.toml).
CLASS_COLORS = ("#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#F0E442", "#D55E00")


def class_colors(class_names: Sequence[str]) -> dict[str, str]:
    """A colour for every class: by its place among the sorted names, so that it is the same on every page.

    Args:
        class_names: Names of the classes, in any order.

    Returns:
        Class name to `#rrggbb`; more than six classes share colours, so a name always stands beside one.
    """
    return {name: CLASS_COLORS[place % len(CLASS_COLORS)] for place, name in enumerate(sorted(class_names))}
