"""JupyterLab's pages, without what a hosted notebook has no use for.

JupyterLab's own application class also brings its build system, extension manager and news:
they cost a tenth of the start, and reach for the network.
"""

from __future__ import annotations

import json
import sys
from html import escape
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Any

from jupyter_server._version import version_info
from jupyterlab_server import LabServerApp
from jupyterlab_server.handlers import MASTER_URL_PATTERN, LabHandler
from tornado import web
from traitlets import default

from ramon_notebook.server.page_parts import PartsHandler, left_out, tolerate_malformed_parts

HERE = Path(__file__).parent
"""Where JupyterLab finds overrides.json and page_config.json."""

_WAITING = Template((HERE / "waiting.html").read_text())


class NotebookLab(LabServerApp):
    """Serves JupyterLab at /lab; its settings are kept in the workspace."""

    name = "lab"
    app_name = "JupyterLab"
    load_other_extensions = True

    @default("app_version")
    def _default_app_version(self) -> str:
        return version("jupyterlab")

    @default("app_dir")
    def _default_app_dir(self) -> str:
        return str(_lab_folder())

    @default("static_dir")
    def _default_static_dir(self) -> str:
        return str(_lab_folder() / "static")

    @default("templates_dir")
    def _default_templates_dir(self) -> str:
        return str(_lab_folder() / "static")

    @default("schemas_dir")
    def _default_schemas_dir(self) -> str:
        return str(_lab_folder() / "schemas")

    @default("themes_dir")
    def _default_themes_dir(self) -> str:
        return str(_lab_folder() / "themes")

    @default("app_settings_dir")
    def _default_app_settings_dir(self) -> str:
        return str(HERE)

    @default("cache_files")
    def _default_cache_files(self) -> bool:
        return False

    def initialize_handlers(self) -> None:
        """Tell the page what it must know, then register the handlers."""
        server = self.serverapp
        if server is None:
            raise RuntimeError("JupyterLab's pages need a server.")
        page_config = server.web_app.settings.setdefault("page_config_data", {})
        page_config.update(
            buildAvailable=False,
            buildCheck=False,
            devMode=False,
            token="",
            exposeAppInBrowser=False,
            quitButton=False,
            allow_hidden_files=server.contents_manager.allow_hidden,
            delete_to_trash=False,
            notebookVersion=json.dumps(version_info),
            news={"disabled": True},
        )
        # Before JupyterLab's own handler of the same address, which it stands in front of.
        address = MASTER_URL_PATTERN.format(self.app_url.replace("/", ""))
        self.handlers.append((address, PageHandler))
        self.handlers.append(("/ramon/parts", PartsHandler))
        tolerate_malformed_parts()
        server.web_app.settings["page_config_hook"] = _with_ours
        super().initialize_handlers()


class PageHandler(LabHandler):
    """JupyterLab's page, once the parts of it that packages bring are installed again."""

    @web.authenticated
    @web.removeslash
    def get(self, *args: Any, **kwargs: Any) -> None:
        """The page; while parts of it are missing, one that says so and tries again."""
        server: Any = self.serverapp
        missing = server.agent.packages.parts_of_page
        if missing:
            self.set_header("Cache-Control", "no-store")
            self.write(_WAITING.substitute(packages=escape(", ".join(missing))))
        else:
            super().get(*args, **kwargs)


def _with_ours(handler: LabHandler, config: dict[str, Any]) -> dict[str, Any]:
    """What the page must know, with where its notebook is opened, and the parts that it lacks."""
    server: Any = handler.serverapp
    app: Any = handler.extensionapp
    config["ramonOpenUrl"] = server.identity_provider.open_url
    folders = [*app.extra_labextensions_path, *app.labextensions_path]
    config["ramonLeftOut"] = json.dumps(left_out(folders))
    return config


def _lab_folder() -> Path:
    """Where the wheel of jupyterlab keeps the built pages."""
    return Path(sys.prefix, "share", "jupyter", "lab")


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": __name__, "app": NotebookLab}]
