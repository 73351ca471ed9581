"""Where Tuskscope keeps its files: two folders, settable by the environment."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

CACHE_NAME = ".tuskscope"


@dataclass(frozen=True)
class Paths:
    """The two folders everything lives in.

    Attributes:
        data_dir: Datasets, caches and label decisions.
        models_dir: Run folders and the name of the served run.
    """

    data_dir: Path
    models_dir: Path

    @classmethod
    def from_env(cls) -> "Paths":
        """Reads `TUSKSCOPE_DATA` and `TUSKSCOPE_MODELS`; defaults are `data` and `models` in the project."""
        project = Path(__file__).resolve().parent.parent
        return cls(
            data_dir=Path(os.environ.get("TUSKSCOPE_DATA", project / "data")).resolve(),
            models_dir=Path(os.environ.get("TUSKSCOPE_MODELS", project / "models")).resolve(),
        )

    def cache_dir(self, dataset_folder: Path) -> Path:
        """The folder for what we derive from a dataset; the photos' own folder is never written to.

        Folders outside `data_dir` get a suffix from their full path, so two folders of one name do not mix.
        """
        folder = Path(dataset_folder).resolve()
        path = str(folder).encode("utf-8", "surrogatepass")  # a name may be any bytes
        name = folder.name.encode("utf-8", "ignore").decode() or "root"
        if folder.parent != self.data_dir or name != folder.name:
            name += "-" + hashlib.sha256(path).hexdigest()[:8]
        return self.data_dir / CACHE_NAME / name

    def reference(self, dataset_folder: Path) -> str:
        """How a run remembers its dataset: relative inside `data_dir`, so that both can move together."""
        folder = Path(dataset_folder).resolve()
        return folder.relative_to(self.data_dir).as_posix() if folder.is_relative_to(self.data_dir) else str(folder)

    def dataset_folder(self, reference: str) -> Path:
        """The folder that `reference` named."""
        return self.data_dir / reference

    @property
    def shared_cache_dir(self) -> Path:
        """What belongs to no single dataset: prepared backbones and the job queue."""
        return self.data_dir / CACHE_NAME

    @property
    def queue_file(self) -> Path:
        return self.shared_cache_dir / "queue.sqlite"
