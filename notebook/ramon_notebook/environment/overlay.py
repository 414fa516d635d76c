"""The overlay: a virtual environment over the image's, written by hand in a millisecond or two.

`python -m venv` and `uv venv` take longer than all of it may, and neither lets the image's own
packages (themselves in a virtual environment) shine through.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VERSION = "{}.{}".format(*sys.version_info)

PIP = """\
#!/bin/sh
exec "$(dirname "$0")/python" -m pip "$@"
"""

WAITING_PTH = "_ramon_waiting.pth"
WAITING = """\
import os, sys; os.path.exists(os.path.join(os.path.dirname(sys.prefix), "packages.json")) and \
__import__("ramon_notebook.environment.waiting", fromlist=["install"]).install()
"""
"""Lets imports wait for packages that are being installed again. Read after IMAGE_PTH."""

IMAGE_PTH = "_image.pth"
"""The file by which the overlay's interpreter finds the image's packages, after its own."""


@dataclass(frozen=True)
class Overlay:
    """A virtual environment that holds only what was installed over the image."""

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter to start; `sys.executable` in what it runs."""
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """Its own site-packages, empty at first."""
        return self.folder / "lib" / f"python{VERSION}" / "site-packages"

    @classmethod
    def make(cls, folder: Path) -> Overlay:
        """The overlay in `folder`, made there unless it is there already.

        To be called in the image's interpreter. One that was made over another interpreter
        is made anew. Raises OSError.
        """
        overlay = cls(folder)
        settings = _settings()
        marker = folder / "pyvenv.cfg"
        if not (marker.exists() and marker.read_text() == settings):
            shutil.rmtree(folder, ignore_errors=True)
            overlay._write()
            marker.write_text(settings)  # last: it says that all the rest is there
        return overlay

    def environ(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The variables that make programs, pip, uv and Jupyter use it, beside those given."""
        jupyter = [str(self.folder / "share" / "jupyter"), environ.get("JUPYTER_PATH", "")]
        return {
            "PATH": os.pathsep.join([str(self.python.parent), environ.get("PATH", os.defpath)]),
            "VIRTUAL_ENV": str(self.folder),
            "JUPYTER_PATH": os.pathsep.join(filter(None, jupyter)),
        }

    def _write(self) -> None:
        self.packages.mkdir(parents=True)
        image = Path(sys.prefix, "lib", f"python{VERSION}", "site-packages")
        pth = self.packages / IMAGE_PTH
        pth.write_text(f"import site; site.addsitedir({str(image)!r})\n")
        (self.packages / WAITING_PTH).write_text(WAITING)
        self.python.parent.mkdir()
        self.python.symlink_to(Path(sys.prefix, "bin", "python"))
        for name in ("python3", f"python{VERSION}"):
            self.python.with_name(name).symlink_to("python")
        for name in ("pip", "pip3"):
            pip = self.python.with_name(name)
            pip.write_text(PIP)
            pip.chmod(0o755)
        self._write_kernelspec()

    def _write_kernelspec(self) -> None:
        """What starts kernels here: `jupyter execute` in a terminal finds the overlay by it."""
        place = Path("share", "jupyter", "kernels", "python3")
        ours, image = self.folder / place, Path(sys.prefix) / place
        ours.mkdir(parents=True)
        spec = json.loads((image / "kernel.json").read_text())
        spec["argv"][0] = str(self.python)
        (ours / "kernel.json").write_text(json.dumps(spec))
        for picture in image.glob("logo*"):
            # A copy: the launcher's pictures are served from this folder, and a link that leads
            # out of it is refused.
            shutil.copyfile(picture, ours / picture.name)


def _settings() -> str:
    """What pyvenv.cfg says: which interpreter this is of."""
    home = Path(sys.executable).resolve().parent
    return (
        f"home = {home}\n"
        "include-system-site-packages = false\n"
        f"version = {'.'.join(map(str, sys.version_info[:3]))}\n"
        f"image = {sys.prefix}\n"
    )
