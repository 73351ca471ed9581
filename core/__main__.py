"""`python -m core …`: the command line of Tuskscope."""

import sys
import tomllib

import click

from core.cli import (
    datasets,
    evaluation,
    explanations,
    exports,
    label,
    predictions,
    review,
    runs,
    score,
    services,
    training,
)
from core.errors import TuskscopeError
from core.files import storage_error
from core.processes import PROJECT

COMMANDS = (
    datasets.sample,
    datasets.download,
    datasets.import_archive,
    datasets.index,
    review.suspects,
    review.decide,
    review.decisions,
    label.label,
    label.draw_map,
    training.train,
    training.work_on,
    services.worker,
    services.app,
    evaluation.evaluate,
    predictions.predict,
    explanations.explain,
    score.score,
    runs.list_runs,
    runs.promote,
    runs.rollback,
    runs.delete,
    exports.export,
    exports.work_on_export,
    runs.card,
)


def _show_version(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        click.echo(f"Tuskscope {project['version']}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help="Show it.")
def main() -> None:
    """Tuskscope: browse, review, train, prove, explain and serve an image classifier."""


for command in COMMANDS:
    main.add_command(command)


def run() -> int:
    """Runs the command line: exit status 0, 1 (a problem, in one sentence) or 2 (wrong usage)."""
    try:
        main(standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        print("error: Interrupted.", file=sys.stderr)
        return 1
    except (TuskscopeError, click.ClickException) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of a pipe went away
        sys.stderr.close()
        return 1
    except OSError as error:
        if found := storage_error(error):
            print(f"error: {found}", file=sys.stderr)
            return 1
        print(f"error: {error.strerror or 'The system refused an operation'}: {error.filename or ''}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run())
