"""The command about single photos: explain."""

import io
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.output import AS_JSON, PATH, SERVED_RUN, print_json
from core.cli.predictions import chosen_predictor
from core.paths import Paths

if TYPE_CHECKING:
    import numpy as np

    from core.explanation.faithfulness import Faithfulness


@click.command()
@click.argument("image", type=PATH)
@click.option("--class", "class_name", help="The class to explain; the predicted one by default.")
@click.option(
    "--method",
    "methods",
    multiple=True,
    help="class_map, grad_cam, grad_cam_plus_plus, score_cam, smooth_grad, occlusion or rise; the run's best "
    "by default. Of several, each file carries the method's name: map-grad_cam.npy.",
)
@click.option("--out", type=PATH, help="Write the overlay as PNG.")
@click.option("--raw", type=PATH, help="Write the float32 map as npy.")
@SERVED_RUN
@click.option("--opacity", default=0.5, show_default=True, type=click.FloatRange(0, 1))
@click.option("--signed", is_flag=True, help="Also show evidence against the class; the map is then -1 to 1.")
@click.option("--trust", "with_trust", is_flag=True, help="Measure whether to believe the map.")
@click.option(
    "--sanity",
    "with_sanity",
    is_flag=True,
    help="Check that the run's maps depend on what it learned; once a run, then stored.",
)
@AS_JSON
def explain(
    image: Path,
    class_name: str | None,
    methods: tuple[str, ...],
    out: Path | None,
    raw: Path | None,
    run_id: str | None,
    opacity: float,
    signed: bool,
    with_trust: bool,
    with_sanity: bool,
    as_json: bool,
) -> None:
    """Show which pixels of IMAGE are evidence for a class, and whether to believe it."""
    from core.dataset.images import decode
    from core.explanation.faithfulness import measure_faithfulness
    from core.explanation.heatmap import explain as compute
    from core.explanation.overlay import encode_png, overlay
    from core.explanation.sanity import check_sanity
    from core.files import write_atomic

    if not (out or raw or with_trust or with_sanity):
        raise click.UsageError("Expected --out overlay.png, --raw map.npy, --trust, or several of them.")
    pixels, predictor = decode(image), chosen_predictor(run_id)
    sanity = check_sanity(predictor.run, Paths.from_env()) if with_sanity else None
    records, prediction = [], None
    for method in methods or (None,):
        explanation = compute(pixels, class_name, method, predictor, prediction, signed)
        prediction = explanation.prediction
        if out:
            picture = encode_png(overlay(pixels, explanation.heatmap, opacity, signed))
            write_atomic(_named(out, method, methods), picture)
        if raw:
            write_atomic(_named(raw, method, methods), _npy(explanation.heatmap))
        trust = measure_faithfulness(pixels, explanation, predictor, stability=True) if with_trust else None
        records.append(
            {
                "path": str(image),
                "run_id": prediction.run_id,
                "label": prediction.label,
                "probabilities": prediction.probabilities,
                "class": explanation.class_name,
                "method": explanation.method,
                "trust": trust and trust.as_dict(),
                "sanity": sanity and asdict(sanity),
            }
        )
        if not as_json:
            probability = prediction.probabilities[explanation.class_name]
            click.echo(f"{explanation.method} for {explanation.class_name} ({probability:.1%})")
            for line in _trust_lines(trust):
                click.echo(line)
    if as_json:
        print_json(records if len(methods) > 1 else records[0])
    elif sanity:
        click.echo(sanity.sentence)


def _named(file: Path, method: str | None, methods: tuple[str, ...]) -> Path:
    """The file as asked for, or one for each of several methods."""
    return file if len(methods) < 2 else file.with_name(f"{file.stem}-{method}{file.suffix}")


def _npy(heatmap: "np.ndarray") -> bytes:
    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, heatmap)
    return buffer.getvalue()


def _trust_lines(trust: "Faithfulness | None") -> list[str]:
    if trust is None:
        return []
    return [
        trust.sentence,
        f"deletion {trust.deletion:.3f} (low is good), insertion {trust.insertion:.3f} (high is good)",
        f"faithfulness {trust.gain:+.3f}, random maps {trust.random_gain:+.3f} ± {trust.random_deviation:.3f}, "
        f"blob in the middle {trust.centre_gain:+.3f}",
        f"stays when mirrored {trust.flip_stability:.2f}, when moved a little {trust.shift_stability:.2f} (1 is best)",
    ]
