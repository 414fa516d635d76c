"""Packages that a user installs land in a layer of their own, and kernels see them."""

from pathlib import Path

from tests.support import eventually
from tests.unit.notebook.conftest import Start
from tests.unit.notebook.fake_batch import outside
from tests.unit.notebook.parts import BIN, Browser, Notebook

SMALL = "cowsay==6.1"
"""A package of pure Python without dependencies that the image doesn't have."""

IMAGE = BIN.parent / "lib" / "python3.11" / "site-packages"


def python_of(browser: Browser, kernel_id: str) -> list[str]:
    """Where a kernel's interpreter and packages are, and by whom it was started."""
    code = (
        "import os, pathlib, sys; print(sys.executable, sys.prefix, os.environ['VIRTUAL_ENV'],"
        " 'template' in pathlib.Path(f'/proc/{os.getppid()}/cmdline').read_text())"
    )
    return browser.run(kernel_id, code).text.split()


def test_a_package_installed_in_a_cell_is_in_the_overlay_alone(start: Start) -> None:
    before = set(IMAGE.iterdir())
    notebook = start(**outside())
    env = notebook.home / ".ramon" / "env"
    browser = notebook.browser()
    first = browser.open_kernel("a.ipynb")
    assert python_of(browser, first) == [str(env / "bin/python"), str(env), str(env), "True"]
    installed = browser.run(first, f"%pip install --quiet {SMALL}")
    assert installed.error is None
    code = "import cowsay, numpy; print(cowsay.__file__); print(numpy.__file__)"
    cowsay, numpy = browser.run(first, code).text.split()
    assert Path(cowsay).is_relative_to(env)
    assert Path(numpy).is_relative_to(IMAGE)
    assert set(IMAGE.iterdir()) == before
    # What a fresh interpreter would find the template may not have seen.
    second = browser.open_kernel("b.ipynb")
    assert python_of(browser, second) == [str(env / "bin/python"), str(env), str(env), "False"]
    shell = browser.run(second, "!pip uninstall --quiet --yes cowsay; uv pip freeze; which python")
    assert shell.text.split()[-1] == str(env / "bin/python")
    assert "cowsay==" not in shell.text
    assert browser.run(browser.open_kernel("c.ipynb"), "import cowsay").error


def test_a_terminal_uses_the_overlay(shared_notebook: Notebook) -> None:
    browser = shared_notebook.browser()
    name = browser.request("POST", "/api/terminals", {}, Accept="*/*").json["name"]
    file = shared_notebook.workspace / "which"
    command = "which python pip > which.half; echo $VIRTUAL_ENV >> which.half; mv which.half which"
    browser.type_into_terminal(name, f"{command}\r")
    eventually(file.exists)
    env = shared_notebook.home / ".ramon" / "env"
    assert file.read_text().split() == [str(env / "bin/python"), str(env / "bin/pip"), str(env)]
    browser.request("DELETE", f"/api/terminals/{name}", Accept="*/*")
    file.unlink()


def test_the_launcher_shows_the_logo_of_the_kernel(shared_notebook: Notebook) -> None:
    browser = shared_notebook.browser()
    spec = browser.request("GET", "/api/kernelspecs", Accept="*/*").json["kernelspecs"]["python3"]
    assert spec["resources"]
    for path in spec["resources"].values():
        picture = browser.request("GET", path, Accept="image/*")
        assert (picture.status, bool(picture.body)) == (200, True), path
