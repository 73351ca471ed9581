"""The measured presets as Markdown: the table of the README, and all tables of docs/models.md."""

from pathlib import Path

from core.sample.published import PEERS

ROOT = Path(__file__).resolve().parent.parent
BEGIN = "<!-- measured: python -m benchmarks models --readme -->"
END = "<!-- end of measured -->"
# The first ten digits of the sha256 of some official test photos, for which `PEERS` were published: the folder may have
# any name.
OFFICIAL = {
    "155b0547fc",
    "04598df60c",
    "545f5b4b9e",
    "cfc7b76e38",
    "5a83752ad6",
    "db96941305",
    "d6ccb1e83d",
    "fb7860819b",
}


def write_blocks(result: dict, root: Path = ROOT) -> None:
    """Rewrites what stands between the markers in README.md and docs/models.md."""
    for name, text in (("README.md", overview(result)), ("docs/models.md", everything(result))):
        file = root / name
        file.write_text(with_block(file.read_text(encoding="utf-8"), text), encoding="utf-8")


def with_block(page: str, text: str) -> str:
    """The page with the text between its markers.

    Raises:
        ValueError: If the page does not have each marker once.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"Expected the markers {BEGIN} and {END} once each.")
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{text.strip()}\n{END}{rest.split(END)[1]}"


def overview(result: dict) -> str:
    """What it measures, and one row a preset."""
    dataset = result["dataset"]
    lines = [
        f"Measured {result['measured_at']} on {dataset['name']}: {dataset['train_photos']} photos to learn from, "
        f"{len(dataset['test_photos'])} test photos, given labels. Mean over the seeds; in brackets the 95 % interval "
        "(Wilson) that so few photos allow, then the standard deviation over the seeds. One photo: "
        "decode, answer and heat map, on all cores; in brackets as a multiple of a bare pass of efficientnet-lite2.",
        "",
        f"| preset | test accuracy | held out of train | to train, {result['cores']} cores: first · again | "
        "served file | one photo |",
        "|---|---|---|---|---|---|",
    ]
    if result["majority"]:
        lines.append(f"| always the most frequent class | {_share(result['majority'])} | | | | |")
    for name, found in sorted(result["presets"].items(), key=lambda item: item[1].get("test", {}).get("value", 0)):
        lines.append(
            f"| `{name}` | {_seeds(found, 'test')} | {_seeds(found, 'validation')} | {_time(found['seconds_first'])} · "
            f"{_time(found['seconds_again'])} | {found['megabytes']:.0f} MB | {found['milliseconds']:.0f} ms "
            f"({found['times_yardstick']:.2f} ×) |"
        )
    if len(OFFICIAL.intersection(dataset["test_photos"])) >= len(OFFICIAL) / 2:
        peers = ", ".join(f"{peer.name} {100 * peer.accuracy:.0f} %" for peer in PEERS)
        lines += ["", f"As published by others for these test photos, without intervals: {peers}."]
    if result["failed"]:
        lines += ["", "Not measured: " + " ".join(f"{name}: {why}" for name, why in result["failed"].items())]
    return "\n".join(lines)


def everything(result: dict) -> str:
    """The overview and, preset by preset, learning curve, corruptions and groups."""
    parts = [overview(result)]
    for name, found in result["presets"].items():
        parts.append(f"### `{name}`")
        if found.get("ece") is not None:
            parts.append(
                f"Calibration error on test {found['ece']:.3f} (mean over the seeds, "
                f"n = {found['test']['n']}, given labels)."
            )
        if curve := found.get("learning_curve"):
            parts.append(_curve_table(curve))
        if found.get("robustness"):
            parts.append(_robustness_table(found))
        if found["groups"]:
            parts.append(_group_table(found))
    return "\n\n".join(parts)


def _curve_table(curve: dict) -> str:
    lines = [
        f"Learning curve, held-out photos of train (never test), judged by {curve['judged_by']} labels:",
        "",
        "| photos | labels | accuracy | lowest–highest draw |",
        "|---|---|---|---|",
    ]
    for point in curve["points"]:
        low, high = min(point["by_draw"]), max(point["by_draw"])
        lines.append(
            f"| {point['photos']} | {point['labels']} | {_share(point['accuracy'])} | "
            f"{100 * low:.1f}–{100 * high:.1f} % |"
        )
    return "\n".join([*lines, "", curve["verdict"]])


def _robustness_table(found: dict) -> str:
    lines = [
        f"Corrupted test photos (seed 0, n = {found['robustness_photos']}, given labels, shorter side at most 320 "
        "pixels before):",
        "",
        "| corruption | accuracy | predictions changed |",
        "|---|---|---|",
    ]
    for item in found["robustness"]:
        what = f"{item['title']}, {item['strength']}" if item["strength"] else item["title"]
        changed = "" if item["variant"] == "clean" else _share(item["changed"], with_n=False)
        lines.append(f"| {what} | {_share(item['accuracy'], with_n=False)} | {changed} |")
    return "\n".join([*lines, *(["", found["background"]] if found["background"] else [])])


def _group_table(found: dict) -> str:
    lines = [
        "Groups of test photos, given labels, mean over the seeds (size of the subject: seed 0):",
        "",
        "| by | group | accuracy |",
        "|---|---|---|",
    ]
    for item in [*found["groups"], *found.get("subject_groups", [])]:
        lines.append(f"| {item['about']} | {item['group']} | {_share(item['accuracy'])} |")
    return "\n".join(lines)


def _seeds(found: dict, split: str) -> str:
    if split not in found:
        return "–"
    item = found[split]
    spread = "one seed" if item["spread"] is None else f"± {100 * item['spread']:.1f} over {found['seeds']} seeds"
    return f"{_share(item, with_n=False)[:-1]}, n = {item['n']}, {item['labels']} labels, {split}), {spread}"


def _share(item: dict, with_n: bool = True) -> str:
    n = f", n = {item['n']}" if with_n else ""
    return f"{100 * item['value']:.1f} % ({100 * item['low']:.1f}–{100 * item['high']:.1f}{n})"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"
