"""A large file given to a widget reaches the kernel; one that is too large is refused aloud."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support import eventually
from tests.unit.notebook.conftest import Chromium, Start
from tests.unit.notebook.fake_service import FakeService
from tests.unit.notebook.lab import enter, prompt, run, shown
from tests.unit.notebook.parts import Notebook, notebook_json

MEMORY = 160 << 20
"""Bytes; so that a message may have 20 MiB."""

UPLOAD = """
import ipywidgets
upload = ipywidgets.FileUpload()
upload
"""


@pytest.fixture
def notebook(service: FakeService, start: Start, chromium: Chromium) -> Notebook:
    service.put_file("a.ipynb", notebook_json(UPLOAD, "[(f.name, f.size) for f in upload.value]"))
    return start(BIND_ADDRESS=chromium.address, RAMON_MEMORY_BYTES=str(MEMORY))


def give(page: Page, file: Path, size: int) -> None:
    """Choose a file of this size in the widget."""
    file.write_bytes(b"x" * size)
    with page.expect_file_chooser() as chooser:
        page.locator(".jupyter-button", has_text="Upload").click()
    chooser.value.set_files(file)


def test_a_file_of_12_mb_reaches_the_kernel_and_one_beyond_the_limit_is_refused_aloud(
    service: FakeService, context: BrowserContext, tmp_path: Path
) -> None:
    page = enter(context, service)
    run(page, 0)
    give(page, tmp_path / "large.bin", 12_000_000)
    run(page, 1)
    eventually(lambda: shown(page, 1) == "[('large.bin', 12000000)]")
    give(page, tmp_path / "huge.bin", 30_000_000)
    told = page.locator(".Toastify__toast")
    expect(told).to_contain_text("29 MB; this notebook's memory allows 20 MB. Upload it as a file")
    run(page, 1)  # over the same connection
    eventually(lambda: prompt(page, 1) == "[3]:")
    assert shown(page, 1) == "[('large.bin', 12000000)]"


def test_the_limit_of_a_message_follows_the_memory(notebook: Notebook) -> None:
    page = notebook.browser().request("GET", "/lab").body.decode()
    config = page.partition('<script id="jupyter-config-data" type="application/json">')[2]
    told = json.loads(config.partition("</script>")[0])["ramonMaxMessageBytes"]
    assert int(told) == MEMORY // 8


def test_a_page_is_sent_long_text_in_one_piece_and_told_when_it_is_too_much(
    shared_notebook: Notebook,
) -> None:
    browser = shared_notebook.browser()
    kernel_id = browser.open_kernel("long.ipynb")
    assert len(browser.run(kernel_id, "print('x' * 12_000_000)").text) == 12_000_001
    flood = "for _ in range(60): print('x' * 1_000_000, flush=True)"
    assert "The page leaves out what comes now" in browser.run(kernel_id, flood).text
