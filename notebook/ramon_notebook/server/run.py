"""Starting Jupyter Server with the agent, and what it is allowed to do."""

# Jupyter's own subclasses are partly untyped and change their parents' signatures.
# mypy: allow-untyped-calls, disable-error-code="override"

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from pathlib import Path
from typing import Any, cast

from jupyter_server.serverapp import ServerApp
from traitlets.config import Config

from ramon_notebook.clusters.socket import serve as serve_clusters
from ramon_notebook.execution.documents import SESSIONS_SECONDS, Documents, KernelSession
from ramon_notebook.execution.handlers import EXECUTIONS
from ramon_notebook.execution.kernels import RecordingKernelManager
from ramon_notebook.execution.pages import PRINTED_BYTES, PageConnection
from ramon_notebook.execution.recorder import Recorder
from ramon_notebook.execution.saver import OutputSaver
from ramon_notebook.execution.watch import KernelWatch
from ramon_notebook.kernels.client import ForkServer
from ramon_notebook.kernels.provisioner import ForkingProvisioner
from ramon_notebook.server.activity import Use
from ramon_notebook.server.agent import Agent
from ramon_notebook.server.contents import WorkspaceContents
from ramon_notebook.server.dask_panel import CLUSTERS
from ramon_notebook.server.identity import EnterHandler, TicketIdentityProvider
from ramon_notebook.server.later import load_later
from ramon_notebook.server.terminals import busy_terminals
from ramon_notebook.settings import PORT, Settings
from ramon_notebook.startup import Startup

log = logging.getLogger(__name__)

UPLOAD_BYTES = 512 << 20
"""Bytes that the server reads at once: Jupyter Server's own default."""

FRAME_BYTES = 1 << 10
"""Bytes that the WebSocket protocol adds to a message, at most, rounded up."""

LABEXTENSIONS = Path(__file__).parents[1] / "labextensions"
"""What we add to the page."""


class NotebookServer(ServerApp):
    """Jupyter Server, configured by us alone, that saves everything before it ends."""

    agent: Agent
    saver: OutputSaver

    def load_config_file(self, suppress_errors: bool = True) -> None:
        """No files: what runs here is decided here."""

    async def _post_start(self) -> None:
        await super()._post_start()
        self.agent.begin()
        self._later = asyncio.gather(self.saver.run(), load_later(self))

    def stop(self, from_signal: bool = False) -> None:
        """Stop once, however often it is asked for."""
        if not self._stopping:
            super().stop(from_signal)

    def _signal_stop(self, *_signal: Any) -> None:
        """Stop, from the loop: nothing can be written to the log while a line is being written."""
        self.io_loop.add_callback_from_signal(self.stop)

    def use(self) -> Use:
        """What goes on now."""
        manager: Any = self.kernel_manager
        watch: KernelWatch = manager.watch
        watch.ask()
        return Use(
            kernels=len(manager.list_kernel_ids()),
            busy_kernels=len(watch.busy_kernels()),
            busy_terminals=busy_terminals(self.web_app),
            last_execution=watch.running.last_change,
            death=watch.last_death,
            problem=next(iter(self.saver.problems.values()), None),
        )

    async def _cleanup(self) -> None:
        jupyters_own = super()._cleanup
        first = self._save_outputs, self.cleanup_kernels
        for step in (*first, *self.agent.last_steps, jupyters_own):
            try:
                await step()
            except Exception:  # whatever it was: the files must be saved, and the server must end
                log.exception("Stopping goes on without %s.", step.__name__)

    async def _save_outputs(self) -> None:
        """Write what the cells have put out into their notebooks."""
        manager: Any = self.kernel_manager
        for kernel_id in manager.list_kernel_ids():
            manager.watch.stopped(kernel_id)
        await self.saver.save_everything()


def run(settings: Settings, startup: Startup, fork_server: ForkServer) -> int:
    """Serve until stopped; the exit code: 0 saved, 70 not booted, 75 not saved completely."""
    settings.workspace.mkdir(parents=True, exist_ok=True)
    os.chdir(settings.workspace)
    ForkingProvisioner.fork_server = fork_server
    with tempfile.TemporaryDirectory(prefix="ramon-") as runtime:
        # Sockets of kernels lie here, and the path of a socket must be short.
        os.environ["JUPYTER_RUNTIME_DIR"] = runtime
        asked_at = Path(runtime, "agent.sock")
        os.environ["RAMON_SOCKET"] = str(asked_at)
        server = NotebookServer.instance(config=configuration(settings))
        server.initialize(argv=[], find_extensions=False)
        server.saver = _saver(server)
        _watch(server, settings)
        server.agent = _agent(settings, startup, server)
        serve_clusters(asked_at, server.agent.started_clusters)
        server.log.info("Clusters are asked for at %s", asked_at)
        server.start()
        return server.agent.exit_code


def configuration(settings: Settings) -> Config:
    """The whole configuration of Jupyter Server."""
    config = Config()
    config.ServerApp.update(
        ip=settings.bind_address,
        port=PORT,
        port_retries=0,
        open_browser=False,
        root_dir=str(settings.workspace),
        default_url="/lab",
        allow_root=True,
        allow_remote_access=True,
        quit_button=False,
        identity_provider_class=TicketIdentityProvider,
        contents_manager_class=WorkspaceContents,
        kernel_manager_class=RecordingKernelManager,
        kernel_websocket_connection_class=PageConnection,
        jpserver_extensions={
            "ramon_notebook.server.lab": True,
            "ramon_notebook.server.terminals": True,
        },
        extra_log_scrub_param_keys=["ticket"],
        tornado_settings=_tornado_settings(settings),
        max_buffer_size=max(UPLOAD_BYTES, settings.max_message_bytes + FRAME_BYTES),
        # Jupyter's default is a login shell: that begins by setting PATH, without the overlay.
        terminado_settings={"shell_command": [os.environ.get("SHELL") or "bash"]},
    )
    config.RecordingKernelManager.kernel_manager_class = "ramon_notebook.kernels.manager.OneKernel"
    config.KernelManager.transport = "ipc"
    # Sockets need no other names for another try, and whoever listens would not hear of them.
    config.KernelRestarter.random_ports_until_alive = False
    config.PageConnection.iopub_data_rate_limit = PRINTED_BYTES
    config.KernelProvisionerFactory.default_provisioner_name = "ramon-fork"
    config.WorkspaceContents.update(allow_hidden=True, delete_to_trash=False)
    config.ResourceUseDisplay.update(
        mem_limit=settings.memory_bytes or 0, enable_prometheus_metrics=False
    )
    config.NotebookLab.extra_labextensions_path = [str(LABEXTENSIONS)]
    config.NotebookLab.user_settings_dir = str(settings.workspace / ".jupyter/lab/user-settings")
    # What is open, and where on the screen: a file of the workspace, so that a stop keeps it.
    config.NotebookLab.workspaces_dir = str(settings.workspace / ".jupyter/lab/workspaces")
    return config


def _tornado_settings(settings: Settings) -> dict[str, Any]:
    return {
        "xsrf_cookie_kwargs": {"secure": True, "samesite": "Lax", "path": "/"},
        # Tornado's own limit is 10 MiB; beyond its limit it drops the connection without a word.
        "websocket_max_message_size": settings.max_message_bytes,
        "page_config_data": {"ramonMaxMessageBytes": str(settings.max_message_bytes)},
    }


def _saver(server: NotebookServer) -> OutputSaver:
    contents = cast("WorkspaceContents", server.contents_manager)
    kernels: Any = server.kernel_manager

    async def sessions() -> list[KernelSession]:
        return [
            KernelSession(
                session["id"],
                session["kernel"]["id"],
                contents.file(session["path"]) if session["type"] == "notebook" else None,
            )
            for session in await server.session_manager.list_sessions()
        ]

    async def moved(places: dict[Path, Path]) -> None:
        """Let Jupyter's sessions follow: a kernel whose page is gone stays its notebook's."""
        try:
            async with asyncio.timeout(SESSIONS_SECONDS):
                for session in await server.session_manager.list_sessions():
                    path = contents.path_after_move(session["path"], places)
                    if path != session["path"]:
                        await server.session_manager.update_session(session["id"], path=path)
        except TimeoutError:
            log.warning("Jupyter's sessions do not follow what was moved: %s", places)

    contents.on_move = moved
    root = Path(contents.root_dir)
    saver = OutputSaver(
        Recorder(), Documents(sessions, root), contents.unnoticed.writing, contents.notary, moved
    )
    kernels.saver = server.web_app.settings["ramon_saver"] = saver
    server.web_app.add_handlers(".*$", [EXECUTIONS])
    return saver


def _watch(server: NotebookServer, settings: Settings) -> None:
    kernels: Any = server.kernel_manager

    async def notebook_of(kernel_id: str) -> str | None:
        for session in await server.session_manager.list_sessions():
            if session["kernel"]["id"] == kernel_id:
                return str(session["path"])
        return None

    kernels.watch = KernelWatch(kernels, server.saver.recorder, notebook_of, settings.memory_bytes)
    kernels.watch.waits_for_nobody = server.saver.waits_for_nobody


def _agent(settings: Settings, startup: Startup, server: NotebookServer) -> Agent:
    identity: Any = server.identity_provider
    identity.host = settings.notebook_host
    contents = cast("WorkspaceContents", server.contents_manager)
    agent = Agent(
        settings,
        startup,
        identity,
        stop=server.stop,
        sign_with=lambda key: contents.notary.use(key, settings.workspace),
        use=server.use,
    )
    contents.connect(agent.activity, server.saver, lambda: agent.keeper)
    server.web_app.settings["ramon_agent"] = agent
    server.web_app.add_handlers(".*$", [(r"/ramon/enter", EnterHandler), CLUSTERS])
    return agent
