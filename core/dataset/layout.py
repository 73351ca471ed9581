"""Where in a heap of folders the dataset lies, and which split and class each file is in: names decide.

One rule for the index, for imports of folders and for zips.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from core.dataset.names import MAX_LISTED, class_name_problem, shown, some
from core.dataset.split_names import WRAPPINGS, class_name, is_plain_split, is_wrapping, same_class, split_of

Parts = tuple[str, ...]  # folder names and file name of a path


@dataclass(frozen=True)
class Layout:
    """What a heap of photos looks like as a dataset.

    Attributes:
        root: Folder names that lead to the dataset, () for the top.
        splits: Folder that holds the classes -> its split; empty for plain class folders.
        is_unlabelled: There are no class folders; all photos below the root are taken, without a label.
        photos: Paths of the photos to take, as given.
        outside: Paths of the others, which lie beside the class folders.
        spelled: Class as a split other than train spells it -> as train does, where they differ.
        counts: Split -> class -> number of photos.
    """

    root: Parts
    splits: dict[Parts, str]
    is_unlabelled: bool
    photos: tuple[Parts, ...]
    outside: tuple[Parts, ...]
    spelled: dict[str, str]
    counts: dict[str, dict[str, int]]

    def place(self, parts: Parts) -> tuple[str, str] | None:
        """Split and class of a file, by its path; `None` if it lies outside the class folders."""
        found = _place(parts[:-1], self.root, self.splits, self.is_unlabelled)
        return found and _respelled(found, self.spelled)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what is left out, or taken for something else than its name says."""
        found = []
        names = {folder[-1]: split for folder, split in self.splits.items() if folder and folder[-1] != split}
        if odd := [f"{shown(name)} as {split}" for name, split in names.items() if not is_plain_split(name)]:
            found.append(f"Folders are taken for splits: {', '.join(odd)}.")
        if self.spelled:
            pairs = [f"{shown(other)} for {shown(name)}" for other, name in sorted(self.spelled.items())]
            found.append(f"Classes spelled in another way than in train are matched: {', '.join(pairs)}.")
        if self.outside:
            found.append(f"{self._by_folder(self.outside)} not taken: outside the class folders.")
        if self.is_unlabelled:
            found.append("There are no class folders: the photos are unlabelled.")
            return tuple(found)
        train = self.counts.get("train", {})
        for split, counts in self.counts.items():
            if unknown := {name: n for name, n in counts.items() if train and name not in train}:
                listed = ", ".join(f"{shown(name)} ({n:,})" for name, n in list(unknown.items())[:MAX_LISTED])
                found.append(
                    f"The {split} split has classes that train does not have, so nothing learns them: {listed}."
                )
            if missing := [name for name in train if name not in counts]:
                found.append(f"The {split} split has no photos of {', '.join(map(shown, missing[:MAX_LISTED]))}.")
        return tuple(found)

    def _by_folder(self, paths: Collection[Parts]) -> str:
        """How many photos lie where: by the folder beside the class folders, or by name."""
        counts: Counter[str] = Counter()
        for parts in paths:
            ends = range(1, len(parts))
            known = {*self.splits, *(self.root[:end] for end in range(len(self.root) + 1))}
            counts["/".join(parts[: next((end for end in ends if parts[:end] not in known), len(parts))])] += 1
        names = [f"{shown(name)} {n:,}" if n > 1 else shown(name) for name, n in sorted(counts.items())]
        more = ", …" if len(names) > MAX_LISTED else ""
        return f"{len(paths):,} {'file' if len(paths) == 1 else 'files'} ({', '.join(names[:MAX_LISTED])}{more})"

    @property
    def refusals(self) -> tuple[str, ...]:
        """Sentences about why this is no dataset to train on."""
        if not self.photos:
            return ("Expected JPEG, PNG or WebP photos, but there are none; put some into one folder per class.",)
        if self.is_unlabelled:
            return ()
        names = sorted({name for split in self.counts.values() for name in split})
        problems = {name: class_name_problem(name) for name in names}
        refusals = [f"The folder {shown(name)} {problem}." for name, problem in problems.items() if problem]
        if len(names) == 1:
            refusals.append(f"Expected two class folders or more, but found only {shown(names[0])}; add another.")
        if "train" not in self.counts:
            refusals.append("Expected a train folder beside the other splits, but there is none; add one.")
        return tuple(refusals)


def find_layout(photos: Collection[Parts], folders: Collection[Parts] = ()) -> Layout:
    """Finds the dataset among photos, however deep it is wrapped; if it is there twice, the larger one.

    Args:
        photos: As folder names and file name.
        folders: Folders that may be empty, which only matter where a single folder could be a wrapping.
    """
    heads = Counter(parts[:-1] for parts in photos)
    root, splits = _find_splits(heads)
    is_unlabelled = False
    if splits:
        empty = [f for f in folders if f[:-1] == root and is_plain_split(f[-1]) and f not in splits]
        splits |= {f: split_of(f[-1]) for f in empty if not any(head[: len(f)] == f for head in heads)}
    else:
        root = _find_plain_root(heads, folders)
        inside = [head[len(root) :] for head in heads if head[: len(root)] == root]
        is_unlabelled = inside == [()]
        names = {head[0] for head in inside if head}
        roles = {split_of(name) for name in names}
        if {"train"} < roles and "" not in roles and all(len(head) <= 1 for head in inside):
            is_unlabelled, splits = True, {(*root, name): split_of(name) for name in sorted(names)}
    places = {head: _place(head, root, splits, is_unlabelled) for head in heads}
    spelled = _spelled_as_in_train([place for place in places.values() if place])
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for head, place in places.items():
        if place:
            counts[place[0]][_respelled(place, spelled)[1]] += heads[head]
    return Layout(
        root=root,
        splits=splits,
        is_unlabelled=is_unlabelled,
        photos=tuple(parts for parts in photos if places[parts[:-1]]),
        outside=tuple(parts for parts in photos if not places[parts[:-1]]),
        spelled=spelled,
        counts={split: dict(sorted(counts[split].items())) for split in sorted(counts)},
    )


def _spelled_as_in_train(places: Collection[tuple[str, str]]) -> dict[str, str]:
    train = {label for split, label in places if split == "train"}
    by_key: dict[str, list[str]] = defaultdict(list)
    for label in train:
        by_key[same_class(label)].append(label)
    others = {label for split, label in places if split != "train"} - train
    return {label: known[0] for label in others if len(known := by_key.get(same_class(label), [])) == 1}


def _respelled(place: tuple[str, str], spelled: dict[str, str]) -> tuple[str, str]:
    return place if place[0] == "train" else (place[0], spelled.get(place[1], place[1]))


def _place(head: Parts, root: Parts, splits: dict[Parts, str], is_unlabelled: bool) -> tuple[str, str] | None:
    """Split and class of the photos of a folder."""
    depth, split = len(root), "train"
    if splits:
        depth = next((end for end in range(len(head), 0, -1) if head[:end] in splits), 0)
        split = splits.get(head[:depth], "")
    if not split or (not splits and head[:depth] != root):
        return None
    if is_unlabelled:
        return split, ""
    return (split, class_name(head[depth])) if len(head) > depth else None


def _find_splits(heads: Counter[Parts]) -> tuple[Parts, dict[Parts, str]]:
    """The folder that holds the split folders, and these with their splits; none if there are none.

    Args:
        heads: Photos in each folder.
    """
    children: dict[Parts, Counter[str]] = defaultdict(Counter)  # folder -> child folder -> photos in class folders
    for head, num_photos in heads.items():
        for depth in range(len(head)):
            children[head[:depth]][head[depth]] += num_photos * (depth < len(head) - 1)
    best: tuple[Parts, list[str]] = ((), [])
    most = 0
    for root in sorted(children, key=lambda folder: (len(folder), folder)):
        names = [name for name, photos_below in children[root].items() if photos_below and split_of(name)]
        if not all(map(split_of, children[root])) or not {"train"} < set(map(split_of, names)):
            plain = {name for name in names if is_plain_split(name)}
            known = {same_class(label) for name in plain for label in children[(*root, name)]}
            names = [n for n in names if n in plain or known & {same_class(label) for label in children[(*root, n)]}]
        num_photos = sum(children[root][name] for name in names)
        if num_photos > most:
            best, most = (root, names), num_photos
    root, names = best
    tests = sum(split_of(name) == "test" for name in names)
    splits = {}
    for name in sorted(names):
        split = split_of(name)
        if tests > 1 and "eval" in name.lower():  # beside a test folder, it is what choices are made on
            split = "validation"
        folder = (*root, name)
        while len(inner := children[folder]) == 1 and is_wrapping(only := next(iter(inner)), split) and inner[only]:
            folder = (*folder, only)
        splits[folder] = split
    return root, splits


def _find_plain_root(heads: Counter[Parts], folders: Collection[Parts]) -> Parts:
    """The folder that holds the class folders: below the only folder there is, as long as that holds folders itself."""
    children: dict[Parts, set[str]] = defaultdict(set)
    for head in [*heads, *folders]:
        for depth in range(len(head)):
            children[head[:depth]].add(head[depth])
    root: Parts = ()
    while len(children[root]) == 1 and not heads[root]:
        inner = (*root, next(iter(children[root])))
        num_classes = len(children[inner])
        if not num_classes and inner[-1].lower() in WRAPPINGS:
            return inner
        if not num_classes or (num_classes == 1 and heads[inner]) or heads[inner] > heads.total() / 2:
            break  # the only class, with or without folders in it, and no wrapping
        root = inner
    return root


def described(paths: Collection[Parts], why: str) -> list[str]:
    """One sentence about files that are not taken, none if there are none."""
    return [f"{some([shown('/'.join(parts)) for parts in paths])} not taken: {why}."] if paths else []
