"""Commands about single photos: predict and explain."""

from pathlib import Path

import click

from core.cli.output import print_json, progress, write_csv
from core.paths import Paths
from core.runs import registry

_CSV_COLUMNS = ["path", "label", "probability", "subject_score", "is_subject", "uncertain", "run_id", "error"]


@click.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--run", "run_id", help="Id of the run; the served one by default.")
@click.option("--json", "as_json", is_flag=True, help="Print one record an image as a JSON list.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write the records to a CSV file.")
def predict(photos: tuple[Path, ...], run_id: str | None, as_json: bool, csv_file: Path | None) -> None:
    """Predict PHOTOS; folders are walked."""
    from core.prediction.folder import predict_paths

    predictor = _predictor(run_id)
    records = list(predict_paths(photos, predictor, progress("predicting")))
    if csv_file:
        names = list(predictor.run.class_names)
        rows = [{**record, **{f"probability_{name}": value for name, value in (record["probabilities"] or {}).items()}}
                for record in records]  # fmt: skip
        write_csv(csv_file, _CSV_COLUMNS + [f"probability_{name}" for name in names], rows)
    if as_json:
        print_json(records)
    elif not csv_file:
        for record in records:
            click.echo(f"{record['path']}: {record['error'] or _answer(record)}")


@click.command()
@click.argument("image", type=click.Path(path_type=Path))
@click.option("--class", "class_name", help="The class to explain; the predicted one by default.")
@click.option("--method", help="class_map, grad_cam, grad_cam_plus_plus, score_cam, smooth_grad, occlusion or rise; "
              "by default the run's best.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), help="Write the overlay as PNG.")
@click.option("--raw", type=click.Path(path_type=Path), help="Write the float32 map as npy.")
@click.option("--run", "run_id", help="Id of the run; the served one by default.")
@click.option("--opacity", default=0.5, show_default=True, type=click.FloatRange(0, 1))
@click.option("--signed", is_flag=True, help="Also show what speaks against the class; the map is then -1 to 1.")
@click.option("--trust", "with_trust", is_flag=True, help="Measure whether to believe the map.")
@click.option("--sanity", "with_sanity", is_flag=True,
              help="Check that the run's maps depend on what it learned; once a run, then stored.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def explain(
    image: Path, class_name: str | None, method: str | None, out: Path | None, raw: Path | None, run_id: str | None,
    opacity: float, signed: bool, with_trust: bool, with_sanity: bool, as_json: bool,
) -> None:  # fmt: skip
    """Show which pixels of IMAGE spoke for a class, and whether to believe it."""
    from dataclasses import asdict

    from core.dataset.images import decode
    from core.explanation.heatmap import explain as compute
    from core.explanation.overlay import encode_png, overlay
    from core.explanation.sanity import check_sanity
    from core.explanation.trust import measure_trust
    from core.files import write_atomic

    if not (out or raw or with_trust or with_sanity):
        raise click.UsageError("Expected --out overlay.png, --raw map.npy, --trust, or several of them.")
    pixels, predictor = decode(image), _predictor(run_id)
    explanation = compute(pixels, class_name, method, predictor, signed=signed)
    if out:
        write_atomic(out, encode_png(overlay(pixels, explanation.heatmap, opacity, signed)))
    if raw:
        write_atomic(raw, _npy(explanation.heatmap))
    trust = measure_trust(pixels, explanation, predictor, stability=True) if with_trust else None
    sanity = check_sanity(predictor.run, Paths.from_env()) if with_sanity else None
    prediction = explanation.prediction
    if as_json:
        print_json({
            "path": str(image), "run_id": prediction.run_id, "label": prediction.label,
            "probabilities": prediction.probabilities, "class": explanation.class_name, "method": explanation.method,
            "trust": trust and trust.as_dict(), "sanity": sanity and asdict(sanity),
        })  # fmt: skip
        return
    probability = prediction.probabilities[explanation.class_name]
    click.echo(f"{explanation.method} for {explanation.class_name} ({probability:.1%})")
    for line in _trust_lines(trust) + ([sanity.sentence] if sanity else []):
        click.echo(line)


def _npy(heatmap) -> bytes:
    import io

    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, heatmap)
    return buffer.getvalue()


def _trust_lines(trust) -> list[str]:
    if trust is None:
        return []
    return [
        trust.sentence,
        f"deletion {trust.deletion:.3f} (low is good), insertion {trust.insertion:.3f} (high is good)",
        f"gain {trust.gain:+.3f}, random maps {trust.random_gain:+.3f} ± {trust.random_deviation:.3f}, "
        f"blob in the middle {trust.centre_gain:+.3f}",
        f"stays when mirrored {trust.flip_stability:.2f}, when moved a little {trust.shift_stability:.2f} (1 is best)",
    ]


def _predictor(run_id: str | None):
    from core.prediction.predictor import Predictor

    paths = Paths.from_env()
    return Predictor(registry.load(paths, run_id) if run_id else registry.active(paths))


def _answer(record: dict) -> str:
    doubts = [text for key, text in (("uncertain", "not sure"),) if record[key]]
    doubts += ["does not seem to show the subject"] if record["is_subject"] is False else []
    return f"{record['label']} {record['probability']:.1%}" + (f" ({', '.join(doubts)})" if doubts else "")
