"""Names from outside: which paths, classes and dataset names are let in, and how to print the others."""

import re
import unicodedata

DATASET_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
MAX_CLASS_NAME = 64  # characters
MAX_LISTED = 5
_DRIVE = re.compile(r"[A-Za-z]:")
_INVISIBLE = ("Cc", "Cf", "Cs")  # control, formatting (such as right-to-left override), broken surrogates
JOINERS = "\u200c\u200d\u2060\u00ad\u200e\u200f\ufeff"  # invisible too, but parts of words in many scripts
_PUNCTUATION = " ._-()&',+"


def shown(name: str) -> str:
    """A name from outside, safe to print: control characters escaped, long ones cut."""
    short = name if len(name) <= 80 else f"{name[:60]}…{name[-15:]}"
    return ascii(short) if _has_invisible(name) else f"“{short}”"


def some(names: list[str], what: str = "file") -> str:
    """Counts files, or what else, and gives the first few by name."""
    more = ", …" if len(names) > MAX_LISTED else ""
    return f"{len(names):,} {what if len(names) == 1 else what + 's'} ({', '.join(names[:MAX_LISTED])}{more})"


def suggested_name(text: str) -> str:
    """Turns any text into a valid dataset name."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].rstrip("-") or "dataset"


def path_problem(path: str) -> str:
    """Says why a path out of an archive is dangerous or cannot be stored; "" if it is harmless.

    Args:
        path: As written in the archive, `/` between folders.
    """
    parts = path.split("/")
    if _has_invisible(path):
        return "has an invisible or control character in its name"
    if "\\" in path:
        return "has a backslash in its name; folders in an archive are separated by /"
    if path.startswith("/") or any(_DRIVE.match(part) for part in parts):
        return "is an absolute path; an archive of photos has relative ones"
    if ".." in parts:
        return "leads out of its folder (..)"
    if any(len(part.encode()) > 255 for part in parts) or len(path.encode()) > 1000:
        return "has too long a name; a name may have 255 bytes"
    return ""


def class_name_problem(name: str) -> str:
    """Says why a folder name cannot be a class name; "" if it can.

    A class name goes into pages, tables, file names and spreadsheets, so it has letters and digits of any
    script, spaces and `. _ - ( ) & ' , +`, at most 64 characters, and starts with a letter or digit.
    """
    if len(name) > MAX_CLASS_NAME:
        return f"is too long for a class; {MAX_CLASS_NAME} characters are the limit"
    if not name or unicodedata.category(name[0])[0] not in "LN":
        return "cannot be a class; a class name starts with a letter or a digit"
    if name[-1] in " .":
        return "cannot be a class; a class name does not end with a space or a dot"
    if any(unicodedata.category(c)[0] not in "LMN" and c not in _PUNCTUATION + JOINERS for c in name):
        allowed = " ".join(_PUNCTUATION.strip())
        return f"cannot be a class; a class name has letters, digits, spaces and {allowed}"
    return ""


def clash(parts: tuple[str, ...], is_folder: bool, seen: dict[tuple[str, ...], tuple[str, bool]]) -> str:
    """Finds two paths that are one on another computer, where case and Unicode spelling do not count.

    Args:
        parts: Folder names and last name of a path.
        is_folder: Whether the path is a folder.
        seen: What earlier calls saw; is added to.

    Returns:
        What is wrong, or "".
    """
    for depth, part in enumerate(parts, start=1):
        key = tuple(folded(name) for name in parts[:depth])
        entry = (part, is_folder or depth < len(parts))
        if key not in seen:
            seen[key] = entry
        elif seen[key] != entry or not entry[1]:
            return "is there twice, or differs from another name only in upper case or the way of accents"
    return ""


def folded(name: str) -> str:
    """Equal for names that are one where case, Unicode spelling and invisible joiners do not count."""
    visible = name.translate(dict.fromkeys(map(ord, JOINERS)))
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())


def _has_invisible(name: str) -> bool:
    return any(unicodedata.category(character) in _INVISIBLE and character not in JOINERS for character in name)
