"""A service in this process, and real notebook servers that speak to it."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect, sync_playwright

from ops.setup import browser
from tests.support import free_address
from tests.unit.notebook.fake_service import NOTEBOOK_HOST, FakeService
from tests.unit.notebook.page import Loop, Page
from tests.unit.notebook.parts import HOST, Browser, Notebook
from tests.unit.notebook.validator import Validator

Start = Callable[..., Notebook]
OpenPage = Callable[..., Page]

PATIENCE = 90_000
"""Milliseconds that anything may take to appear in a browser."""
STORED = "cookies,indexeddb,local_storage,service_workers"
"""What a browser keeps of a notebook's pages, but for what it has read."""


@pytest.fixture
def service() -> Iterator[FakeService]:
    """What the service keeps of one notebook."""
    started = FakeService()
    yield started
    started.close()


@pytest.fixture
def start(service: FakeService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts a notebook server, in a home of its own unless told; it ends with the test."""
    with ExitStack() as stack:

        def start(*, home: Path | None = None, ready: bool = True, **env: str) -> Notebook:
            home = home or tmp_path_factory.mktemp("home")
            notebook = stack.enter_context(Notebook(service, home, env))
            if ready:
                notebook.wait_until_ready()
            return notebook

        yield start


@pytest.fixture
def notebook(start: Start) -> Notebook:
    """A notebook server that is ready."""
    return start()


@dataclass(frozen=True)
class Chromium:
    """A real browser that finds the notebook server that runs at `address`."""

    address: str
    _context: BrowserContext

    @contextmanager
    def browsing(self) -> Iterator[BrowserContext]:
        """A browser that knows nobody yet. Scripts of a page before it need not be read again."""
        self._forget()
        try:
            yield self._context
        finally:
            for page in self._context.pages:
                page.close()
            self._context.unroute_all()

    def _forget(self) -> None:
        page = self._context.new_page()
        of_the_notebook = {"origin": f"http://{HOST}", "storageTypes": STORED}
        self._context.new_cdp_session(page).send("Storage.clearDataForOrigin", of_the_notebook)
        page.close()
        self._context.clear_cookies()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """A browser for the tests of a module, whose notebooks run at its address one at a time."""
    expect.set_options(timeout=PATIENCE)
    address = free_address()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=browser.find(),
            args=["--no-sandbox", f"--host-resolver-rules=MAP {NOTEBOOK_HOST} {address}"],
        )
        context = started.new_context(reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        yield Chromium(address, context)
        started.close()


@pytest.fixture
def context(notebook: Notebook, chromium: Chromium) -> Iterator[BrowserContext]:
    """A real browser that finds the notebook server, and knows nobody yet."""
    assert notebook.address == chromium.address
    with chromium.browsing() as context:
        yield context


@pytest.fixture(scope="session")
def shared_notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """A notebook server for tests that leave it as they find it; its `service` is its own."""
    service = FakeService()
    with Notebook(service, tmp_path_factory.mktemp("shared"), {}) as shared:
        shared.wait_until_ready()
        yield shared
    service.close()


@pytest.fixture(scope="session")
def notebook_bin() -> Path:
    """Where the programs of the notebook's environment are."""
    return Path(os.environ.get("RAMON_NOTEBOOK_BIN", ".venv/notebook/bin")).absolute()


@pytest.fixture(scope="module")
def shared_browser(shared_notebook: Notebook) -> Browser:
    """Somebody's browser in the shared notebook."""
    return shared_notebook.browser()


@pytest.fixture
def workspace(shared_notebook: Notebook) -> Path:
    """The files of the shared notebook."""
    return shared_notebook.workspace


@pytest.fixture
def open_page(shared_browser: Browser) -> Iterator[OpenPage]:
    """Opens pages; they and their kernels are closed in the end."""
    with Loop() as loop, ExitStack() as stack:

        def opened(path: str, kernel_id: str | None = None) -> Page:
            page = Page(loop, shared_browser, path).open(kernel_id)
            url = f"/api/kernels/{page.kernel_id}"
            stack.callback(shared_browser.request, "DELETE", url, Accept="*/*")
            stack.callback(page.close)
            return page

        yield opened


@pytest.fixture(scope="module")
def validator() -> Iterator[Validator]:
    """Validates notebook files."""
    with Validator() as started:
        yield started
