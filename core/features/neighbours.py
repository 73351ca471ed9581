"""The training photos that look most alike to the network."""

import numpy as np
import pandas as pd

from core.dataset.index import Dataset
from core.runs.folder import Run


def similar(dataset: Dataset, embedding: np.ndarray, run: Run, k: int = 6) -> pd.DataFrame:
    """Finds the nearest training photos by the cosine of their embeddings.

    Args:
        dataset: The run's dataset.
        embedding: Of the photo in question, `float32`, shape `(features,)`.
        run: Whose network made it.
        k: How many, at most.

    Returns:
        `path`, `label`, `split`, `similarity` (-1 to 1), most alike first; empty if the dataset was not embedded.
    """
    from core.features.embeddings import cached

    known = cached(dataset, run.config.backbone or run.run_id)
    rows = dataset.usable
    rows = rows[(rows["split"] != "test") & rows["sha256"].isin(known)]
    if rows.empty:
        return pd.DataFrame(columns=["path", "label", "split", "similarity"])
    matrix = np.stack([known[sha256] for sha256 in rows["sha256"]])
    lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(embedding)
    similarity = matrix @ embedding / np.maximum(lengths, 1e-12)
    order = np.argsort(-similarity)[:k]
    return rows.iloc[order][["path", "label", "split"]].assign(similarity=similarity[order]).reset_index(drop=True)
