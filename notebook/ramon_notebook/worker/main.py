"""The worker's second interpreter, in its overlay: boot, be given the environment, join.

Dask is imported while the service is being asked. Only when packages came that Dask itself may
depend on does the interpreter start once more, and import what is there now.
"""

from __future__ import annotations

import importlib
import io
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn

from ramon_notebook.environment.overlay import Overlay
from ramon_notebook.environment.versions import Versions
from ramon_notebook.errors import AgentError, Gone
from ramon_notebook.worker.api import Blob, Boot, WorkerApi
from ramon_notebook.worker.cli import EXIT_NOT_BOOTED
from ramon_notebook.worker.install import (
    NotTheSame,
    check_python,
    install_packages,
    unpack_site,
)
from ramon_notebook.worker.settings import Settings, hand_over, receive

log = logging.getLogger("ramon-worker")

EXIT_LOST = 71
"""The exit code of one that lost its scheduler; the service knows it (`clusters/crew_ends.py`)."""

EXIT_TOLD = 143
"""That of one that SIGTERM has ended, as a shell has it. Batch starts a worker anew whose host was
taken away, but none that succeeded."""

LOST = (
    "A worker lost its connection to the cluster's scheduler, and ended. What it held is computed "
    "again."
)

BOOT_PATIENCE = 180
"""Seconds for which the first call is repeated before the worker has failed.

A job whose submission was cut off is found and recorded by the service within that time.
"""


def main() -> None:
    """Work until the job is to end.

    Exits 0 when the cluster let it go, 143 after SIGTERM, 71 when it lost its scheduler, and 70 if
    it can't begin.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    settings, prepared = receive(int(sys.argv[1]))
    os.chdir(settings.home)  # a worker that begins anew was in the folder that is replaced now
    api = WorkerApi(settings.api_url, settings.worker_token)
    importing = Thread(target=importlib.import_module, args=["ramon_notebook.worker.nanny"])
    try:
        if prepared is None:
            importing.start()
            prepared = _prepared(settings, api)
            importing.join()
    except Gone as error:
        log.info("Not wanted any more: %s", error)
        _end(0)
    except NotTheSame as error:
        _fail(api, "environment", str(error))
    except (AgentError, OSError) as error:
        _fail(api, "other", f"A worker could not fetch what it needs: {error}")
    _work(settings, prepared, api)


def _prepared(settings: Settings, api: WorkerApi) -> dict[str, Any]:
    """Make the environment the notebook's; starts this interpreter anew if packages came.

    The answer is the service's to the boot, and the version of the notebook's modules.
    """
    answer = api.boot(settings.job_id, patience=BOOT_PATIENCE)
    boot, overlay = Boot.from_json(answer), Overlay(settings.overlay)
    check_python(boot.python)
    for folder in (settings.work, settings.code):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    version = _unpacked(boot.modules, settings, api) if boot.modules else ""
    if boot.lock:
        install_packages(api.blobs.read(boot.lock.url), overlay)
    prepared = {"boot": answer, "version": version}
    if boot.lock:
        _go_on_in(sys.executable, __spec__.name, hand_over(settings, prepared))
    return prepared


def _unpacked(modules: Blob, settings: Settings, api: WorkerApi) -> str:
    """Put the modules where they belong; which version they are."""
    with tempfile.TemporaryDirectory(dir=settings.home) as folder:
        file = Path(folder, "modules.zip")
        api.blobs.download(modules.url, modules.sha256, file)
        archive = file.read_bytes()
    unpack_site(archive, Overlay(settings.overlay))
    try:
        return Versions(settings.code).add(archive)
    except ValueError as error:
        raise NotTheSame(str(error)) from error


def _work(settings: Settings, prepared: dict[str, Any], api: WorkerApi) -> NoReturn:
    from ramon_notebook.worker.forks import start_fork_server
    from ramon_notebook.worker.nanny import End, NotJoined, work
    from ramon_notebook.worker.worker import keep, put_in_place

    _print_at_once()
    os.chdir(settings.work)
    versions = Versions(settings.code)
    keep(versions)
    if prepared["version"]:
        put_in_place(versions, prepared["version"])
    start_fork_server()
    try:
        end = work(settings, Boot.from_json(prepared["boot"]))
    except NotJoined as error:
        _fail(api, "scheduler", str(error))
    if end is End.LOST:
        _fail(api, "scheduler", LOST, EXIT_LOST)
    if end is not End.RENEWED:
        _end(EXIT_TOLD if end is End.TOLD else 0)
    image = str(Path(sys.executable).readlink())
    _go_on_in(image, "ramon_notebook.worker.cli", hand_over(settings))


def _print_at_once() -> None:
    """Let each line that a task prints go to the log when it is printed, whatever is in it.

    So do the programs of Python that tasks start. Python's own way (`-u`) would write a line in
    pieces, between which other threads write theirs.
    """
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(
            io.FileIO(descriptor, "wb", closefd=False),
            encoding="utf-8",
            errors="backslashreplace",
            line_buffering=True,
        )
        for descriptor in (1, 2)
    )
    os.environ["PYTHONUNBUFFERED"] = "1"


def _go_on_in(python: str, module: str, descriptor: int) -> NoReturn:
    """Become another interpreter, in the same process: the job is the same."""
    os.execv(python, [python, "-P", "-m", module, str(descriptor)])  # noqa: S606  # no shell is meant


def _fail(api: WorkerApi, code: str, message: str, exit_code: int = EXIT_NOT_BOOTED) -> NoReturn:
    log.error("%s", message)
    api.failed(code, message)
    _end(exit_code)


def _end(code: int) -> NoReturn:
    """End at once: threads of a half-done import or of a user's code might not end."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
