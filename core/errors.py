"""The errors of Tuskscope: each carries one sentence a person can act on; front ends translate them once."""


class TuskscopeError(Exception):
    """Something a person can correct: the message says what was expected, what came and what to do."""


class ImageError(TuskscopeError):
    """Bytes that cannot become a picture.

    Attributes:
        code: One of `empty-file`, `file-too-large`, `not-an-image`, `corrupt-image`, `too-many-pixels`.
    """

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


class DatasetError(TuskscopeError):
    """A folder or archive that is not a usable dataset."""


class ConfigError(TuskscopeError):
    """A training setting that cannot work."""


class UnknownClassError(TuskscopeError):
    """A class name that the run does not know."""


class MethodUnavailableError(TuskscopeError):
    """An explanation method that this run or this process cannot give."""


class RunNotFoundError(TuskscopeError):
    """No run has this id."""


class RunInvalidError(TuskscopeError):
    """A run folder that is damaged, incomplete or written by another version."""


class NoActiveRunError(TuskscopeError):
    """Nothing is served yet."""


class TrainingError(TuskscopeError):
    """A training that could not start or did not finish."""


class ProcessFailedError(TuskscopeError):
    """Another process of Tuskscope ended without its result."""


class StorageError(TuskscopeError):
    """A disk that takes nothing: it is full, or may not be written to."""


class BusyError(TuskscopeError):
    """All slots are taken; try again later."""
