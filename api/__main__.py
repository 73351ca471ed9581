"""Starts the API: `python -m api`."""

import contextlib
import ipaddress
import logging
import sys
from dataclasses import replace

import click

from api.app import create_app
from api.server import Server
from api.settings import Settings
from core.errors import NoActiveRunError, RunInvalidError, TuskscopeError
from core.memory import limit_arenas


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Another one needs TUSKSCOPE_API_KEY.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="TCP port.")
def main(host: str, port: int) -> None:
    """Serves the JSON API under /api/v1 and the upload page at /."""
    try:
        settings = Settings.from_env()
        check_host(host, settings)
        serve(host, port, replace(settings, hosts=f"{settings.hosts},{host}"))
    except (TuskscopeError, OSError) as error:
        raise click.ClickException(str(error)) from error


def check_host(host: str, settings: Settings) -> None:
    """Refuses an address at which everybody on the network could start trainings.

    Raises:
        click.UsageError: If it can be reached from elsewhere and no key is set, or is not IPv4.
    """
    if not host or ":" in host:
        raise click.UsageError(f"Expected --host to be an IPv4 address or a host name, but got {host!r}.")
    if not settings.key and not _is_loopback(host):
        raise click.UsageError(f"{host} can be reached from other machines. Set TUSKSCOPE_API_KEY first.")


def serve(host: str, port: int, settings: Settings) -> None:
    """Loads the served run, then serves until SIGTERM or Ctrl-C."""
    limit_arenas()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    app = create_app(settings=settings)
    with contextlib.suppress(NoActiveRunError, RunInvalidError):  # /health/ready says so
        app.extensions["predictor"].get()  # loading takes a moment: not the first caller's
    server = Server(app, host, port, settings)
    click.echo(f"Tuskscope API on http://{host}:{port} - upload page at /, JSON under /api/v1", err=True)
    server.run()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    main()
