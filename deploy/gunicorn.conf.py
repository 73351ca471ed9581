"""gunicorn for Linux servers: `gunicorn -c deploy/gunicorn.conf.py 'api.app:create_app()'` from the project's folder.

One process, many threads: the network runs outside Python's lock, a second process would hold the weights twice and
count its own rate limits. More machines or replicas: deploy/nginx.conf.
"""

import os

from api.settings import Settings
from core.memory import limit_arenas

_settings = Settings.from_env()

bind = os.environ.get("TUSKSCOPE_BIND", "127.0.0.1:8000")  # another address than this machine's needs TUSKSCOPE_API_KEY
workers = 1
worker_class = "gthread"
threads = max(24, _settings.predict_slots + _settings.queue + 6)  # one is always left to say 503 and to answer health
preload_app = False  # a process that forks after LiteRT is loaded may hang, without a word in the log
timeout = 60
graceful_timeout = 15  # requests that have begun are answered after SIGTERM
keepalive = 15
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # a heartbeat on a slow disk kills workers
backlog = 500


def on_starting(server):
    """Refuses an address at which everybody on the network could start trainings."""
    host = bind.rpartition(":")[0]
    if not _settings.key and not host.startswith(("127.", "localhost", "unix:")):
        raise SystemExit(f"{host} can be reached from other machines. Set TUSKSCOPE_API_KEY first.")


def post_fork(server, worker):
    """Before the worker starts its threads."""
    limit_arenas()


def post_worker_init(worker):
    """Loads and warms up the served run in the worker; loading takes a moment: not the first caller's."""
    from core.errors import NoActiveRunError, RunInvalidError

    try:
        worker.wsgi.extensions["predictor"].get()
    except (NoActiveRunError, RunInvalidError) as error:
        worker.log.warning("%s", error)  # /health/ready says so too
