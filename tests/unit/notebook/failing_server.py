"""The program `ramon-notebook`, where ending the kernels and the clusters fails."""

from importlib import import_module
from typing import Any

# All this is in the notebook's environment, which runs this file.
cli = import_module("ramon_notebook.cli")


async def fails(*_: Any) -> None:
    """Stands for whatever goes wrong."""
    raise RuntimeError("it does not end")


import_module("ramon_notebook.server.run").NotebookServer.cleanup_kernels = fails
import_module("ramon_notebook.clusters.manager").Clusters.finish = fails

if __name__ == "__main__":
    cli.main()
