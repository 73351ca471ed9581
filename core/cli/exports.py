"""Commands about a run in other formats: export, and its inner command."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.cli.output import AS_JSON, PATH, RUN, print_json
from core.export.formats import FORMATS, FormatName
from core.paths import Paths
from core.runs import registry

if TYPE_CHECKING:
    from core.export.check import ExportCheck


@click.command()
@RUN
@click.argument("folder", metavar="DIR", required=False, type=PATH)
@click.option("--format", "names", multiple=True, type=click.Choice(list(FORMATS)), help="With --check: repeatable.")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; compare the formats (all by default) anew.")
@click.option(
    "--photos",
    multiple=True,
    type=PATH,
    help="Photos to compare on; the run's own train and validation photos by default.",
)
@AS_JSON
def export(
    run_id: str,
    folder: Path | None,
    names: tuple[FormatName, ...],
    only_check: bool,
    photos: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Write RUN's model into DIR in another format, after comparing it with the served file on real photos."""
    from core.export.exports import export_run, prepare_export

    if only_check == (folder is not None) or (folder is not None and len(names) != 1):
        raise click.UsageError("Expected --format FORMAT DIR, or --check without a folder.")
    paths = Paths.from_env()
    run = registry.load(paths, run_id)
    if folder is not None:
        exports = [export_run(run, names[0], folder, paths, photos)]
    else:
        exports = [prepare_export(run, name, paths, photos) for name in names or FORMATS]
    checks = [export.check for export in exports]
    if as_json:
        found = [asdict(check) | {"within_limit": check.is_within_limit} for check in checks]
        print_json(found if folder is None else {"path": str(exports[0].path), **found[0]})
        return
    if folder is not None:
        click.echo(f"Written: {exports[0].path}")
    _print_checks(checks)


@click.command("work-on-export", hidden=True)
@RUN
@click.argument("format_name", type=click.Choice(list(FORMATS)))
@click.argument("photos", nargs=-1, type=PATH)
def work_on_export(run_id: str, format_name: FormatName, photos: tuple[Path, ...]) -> None:
    """Make and check one export; called by `export` and the pages."""
    from core.export.exports import work_on_export as work

    paths = Paths.from_env()
    work(registry.load(paths, run_id), format_name, paths, photos)


def _print_checks(checks: "list[ExportCheck]") -> None:
    click.echo(f"{'format':<15} {'size':>9} {'one photo':>10}   largest difference   changed decisions")
    for check in checks:
        title, size = FORMATS[check.format_name].title, check.num_bytes / 1e6
        click.echo(
            f"{title:<15} {size:6.1f} MB {check.milliseconds:7.1f} ms   {check.difference_text:>18}   "
            f"{check.changed_text}"
        )
    click.echo(f"Compared with the served file on {checks[0].photos}.")
    for check in checks:
        if not check.is_within_limit:
            click.echo(f"Warning: {check.sentence}")
