"""JupyterLab's pages, without what a hosted notebook has no use for.

JupyterLab's own application class also brings its build system, extension manager and news:
they cost a tenth of the start, and reach for the network.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jupyter_server._version import version_info
from jupyterlab_server import LabServerApp
from traitlets import default

HERE = Path(__file__).parent
"""Where JupyterLab finds overrides.json and page_config.json."""


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
        super().initialize_handlers()


def _lab_folder() -> Path:
    """Where the wheel of jupyterlab keeps the built pages."""
    return Path(sys.prefix, "share", "jupyter", "lab")


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": __name__, "app": NotebookLab}]
