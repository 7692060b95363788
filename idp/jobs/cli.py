"""`manyou worker`: deliver the outbox and run the timers until told to stop."""

import signal
import threading
from types import FrameType

import click
from flask import current_app

from idp.jobs.worker import Worker

KEY = "manyou.worker"  # in app.extensions: a function without arguments that builds the Worker


@click.command("worker")
@click.option("--once", is_flag=True, help="Empty what is due now, and leave.")
def worker(*, once: bool) -> None:
    """Deliver the outbox and run the timers; SIGTERM and Ctrl-C let it finish its jobs."""
    at_work: Worker = current_app.extensions[KEY]()
    if once:
        at_work.run_timers()
        while at_work.run_once():
            pass
        return
    stop = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    click.echo("worker ready", err=True)
    at_work.run_forever(stop)


COMMANDS = (worker,)
