"""The notebook file is its person's: the recorder adds outputs, and nothing else."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support import eventually
from tests.unit.notebook.conftest import OpenPage
from tests.unit.notebook.page import Connection, Loop, Page, shown_text
from tests.unit.notebook.parts import Browser, Notebook, execute_request
from tests.unit.notebook.waiting_cells import (
    begin,
    cells,
    let_end,
    put,
    said,
    shows,
    source,
    waiting,
)


def test_what_is_edited_and_saved_while_a_cell_runs_stays(
    workspace: Path, open_page: OpenPage
) -> None:
    file = put(workspace, "edited.ipynb", waiting("edited"))
    opened = open_page("edited.ipynb")
    begin(opened, "edited")
    opened.cell("c0")["source"] += "\n# an hour of new thoughts"
    assert opened.save()
    opened.close()
    let_end(workspace, "edited")
    eventually(lambda: shows(file, said("edited")))
    assert source(cells(file)["c0"]).endswith("# an hour of new thoughts")


def test_a_cell_that_is_deleted_and_saved_while_it_runs_stays_deleted(
    workspace: Path, open_page: OpenPage
) -> None:
    file = put(workspace, "deleted.ipynb", waiting("deleted"), waiting("kept"))
    opened = open_page("deleted.ipynb")
    begin(opened, "deleted")
    opened.run("c1")
    opened.cells.pop(0)
    assert opened.save()
    opened.close()
    let_end(workspace, "deleted")
    let_end(workspace, "kept")
    eventually(lambda: shows(file, said("kept"), "c1"))
    assert list(cells(file)) == ["c1"]


def test_a_cell_that_was_never_saved_is_not_added(workspace: Path, open_page: OpenPage) -> None:
    file = put(workspace, "unsaved.ipynb", waiting("unsaved"))
    opened = open_page("unsaved.ipynb")
    new = {**opened.cell("c0"), "id": "new", "source": waiting("new"), "outputs": []}
    opened.cells.append(new)
    begin(opened, "new", "new")
    opened.run("c0")
    opened.close()
    let_end(workspace, "new")
    let_end(workspace, "unsaved")
    eventually(lambda: shows(file, said("unsaved")))
    assert list(cells(file)) == ["c0"]


def test_outputs_that_are_cleared_and_saved_while_a_cell_runs_stay_cleared(
    workspace: Path, open_page: OpenPage
) -> None:
    file = put(workspace, "cleared.ipynb", waiting("cleared"))
    opened = open_page("cleared.ipynb")
    begin(opened, "cleared")
    opened.clear("c0")
    assert opened.save()
    opened.close()
    let_end(workspace, "cleared")
    eventually(lambda: shows(file, "cleared ended\n"))


@pytest.mark.parametrize("pasted", [False, True])
@pytest.mark.parametrize("saves_before", [False, True])
def test_a_cell_that_was_cleared_to_run_again_stays_so_although_the_kernel_refused(
    workspace: Path, open_page: OpenPage, pasted: bool, saves_before: bool
) -> None:
    name = f"again{pasted}{saves_before}"
    file = put(workspace, f"{name}.ipynb", "print('first')", waiting(name) + "\n1/0")
    opened = open_page(f"{name}.ipynb")
    opened.run("c0")
    eventually(lambda: opened.text("c0") == "first\n" and not opened.runs("c0"))
    if pasted:
        opened.cut_and_paste("c0")
    if saves_before:
        assert opened.save()
    begin(opened, name, "c1")
    opened.run("c0")
    let_end(workspace, name)
    eventually(lambda: not opened.runs("c0"))
    assert opened.text("c0") == ""
    assert opened.save()
    opened.close()

    # Whoever opens it has what the recorder still has to add.
    assert open_page(f"{name}.ipynb").text("c0") == ""
    assert "ZeroDivisionError" in file.read_text()


def test_a_cell_that_was_cleared_to_run_again_shows_what_the_page_had_not_heard(
    workspace: Path, open_page: OpenPage
) -> None:
    file = put(workspace, "refused.ipynb", waiting("refused") + "\n1/0")
    opened = open_page("refused.ipynb")
    begin(opened, "refused")
    opened.run("c0")
    assert opened.save()
    opened.close()
    let_end(workspace, "refused")
    eventually(lambda: "division by zero" in file.read_text())
    text = shown_text(cells(file)["c0"])
    assert text.startswith("refused ended\n")
    assert "began" not in text


@pytest.mark.parametrize("cleared", [False, True])
def test_a_save_right_after_an_answer_of_the_servers_own_doubles_nothing(
    workspace: Path, open_page: OpenPage, cleared: bool
) -> None:
    name = f"answered{cleared}"
    file = put(workspace, f"{name}.ipynb", waiting(name))
    opened = open_page(f"{name}.ipynb")
    begin(opened, name)
    heard: list[str] = []
    hear = opened.connection.hear

    def note(message: dict[str, Any]) -> None:
        hear(message)
        heard.append(message["parent_header"].get("msg_id", ""))

    opened.connection.hear = note
    # The kernel is busy, so the server answers: with messages that no recorder has heard.
    request = execute_request("", None, opened.connection.session)
    request["header"]["msg_type"] = "kernel_info_request"
    request["content"] = {}
    opened.connection.send(request)
    eventually(lambda: request["header"]["msg_id"] in heard)
    if cleared:
        opened.clear("c0")
    assert opened.save()
    opened.close()
    let_end(workspace, name)
    eventually(lambda: shows(file, f"{name} ended\n" if cleared else said(name)))


def test_a_save_just_before_a_page_knows_the_number_of_a_cell_loses_no_number(
    workspace: Path, open_page: OpenPage
) -> None:
    file = put(workspace, "number.ipynb", "print('shown')", waiting("later"))
    opened = open_page("number.ipynb")
    opened.run("c0")
    eventually(lambda: opened.text("c0") == "shown\n" and not opened.runs("c0"))
    opened.cell("c0")["execution_count"] = None
    begin(opened, "later", "c1")
    assert opened.save()
    opened.close()
    eventually(lambda: cells(file)["c0"]["execution_count"] == 1)
    let_end(workspace, "later")
    eventually(lambda: shows(file, said("later"), "c1"))
    assert shows(file, "shown\n")


def test_outputs_that_are_cleared_just_after_the_end_stay_cleared(
    workspace: Path, open_page: OpenPage
) -> None:
    file = put(workspace, "cleared2.ipynb", "print('old')", waiting("after"))
    opened = open_page("cleared2.ipynb")
    opened.run("c0")
    eventually(lambda: opened.text("c0") == "old\n" and not opened.runs("c0"))
    opened.clear("c0")
    begin(opened, "after", "c1")
    assert opened.save()
    opened.close()
    let_end(workspace, "after")
    eventually(lambda: shows(file, said("after"), "c1"))
    assert shows(file, "")


def pasted_and_saved(page: Page, workspace: Path, name: str) -> None:
    """Cut the running cell c0 and paste it, let it print on, save as it is, and leave."""
    page.cut_and_paste("c0")
    heard = workspace / f"{name}.heard"
    page.run("c1")  # its end shows that the page has been told what came before
    eventually(heard.exists)
    eventually(lambda: not page.runs("c1"))
    assert page.save()
    page.close()


@pytest.mark.parametrize("tells", [True, False])
def test_a_cell_that_is_cut_and_pasted_while_it_runs_keeps_all_its_outputs(
    workspace: Path, open_page: OpenPage, tells: bool
) -> None:
    name = f"pasted{tells}"
    file = put(workspace, f"{name}.ipynb", waiting(name), f"open('{name}.heard', 'w').close()")
    opened = open_page(f"{name}.ipynb")
    opened.tells_what_it_shows = tells
    begin(opened, name)
    let_end(workspace, name)
    pasted_and_saved(opened, workspace, name)
    eventually(lambda: shows(file, said(name)))
    assert list(cells(file)) == ["c0", "c1"]


def test_a_cell_that_was_pasted_shows_its_outputs_when_it_is_opened_again_while_it_runs(
    workspace: Path, open_page: OpenPage
) -> None:
    file = put(workspace, "pasted.ipynb", waiting("pasted"), "1")
    opened = open_page("pasted.ipynb")
    begin(opened, "pasted")
    opened.cut_and_paste("c0", at=1)
    assert opened.save()
    opened.close()
    again = open_page("pasted.ipynb")
    assert again.runs("c0")
    let_end(workspace, "pasted")
    eventually(lambda: again.text("c0") == said("pasted"))
    assert again.save()
    assert shows(file, said("pasted"))
    assert list(cells(file)) == ["c1", "c0"]


def test_outputs_of_a_pasted_cell_that_are_cleared_by_a_later_run_are_not_brought_back(
    workspace: Path, open_page: OpenPage
) -> None:
    file = put(workspace, "again.ipynb", waiting("again"))
    opened = open_page("again.ipynb")
    begin(opened, "again")
    opened.cut_and_paste("c0")
    assert opened.save()
    let_end(workspace, "again")
    opened.cell("c0")["source"] = "print('the second run')"
    opened.run("c0")
    eventually(lambda: "second" in opened.text("c0"))
    assert opened.save()
    opened.close()
    eventually(lambda: shows(file, "the second run\n"))


def test_a_save_that_began_before_a_cell_was_run_does_not_take_the_cell_from_its_page(
    workspace: Path, open_page: OpenPage, shared_browser: Browser
) -> None:
    file = put(workspace, "begun.ipynb", waiting("begun"))
    opened = open_page("begun.ipynb")
    draft = opened.draft()
    begin(opened, "begun")
    assert opened.save(draft)  # it arrives when the cell runs already
    url = f"/ramon/executions/{opened.kernel_id}?session=another&path=begun.ipynb"
    taken = shared_browser.request("POST", url, Accept="*/*").json["executions"]
    assert not taken
    opened.close()
    let_end(workspace, "begun")
    eventually(lambda: shows(file, said("begun")))


def test_notebooks_that_share_a_kernel_get_their_own_outputs(
    workspace: Path, open_page: OpenPage
) -> None:
    """Also if they are copies, whose cells have the same ids."""
    one = put(workspace, "shared/one.ipynb", waiting("shared"))
    two = put(workspace, "shared/two.ipynb", waiting("shared"))
    first = open_page("shared/one.ipynb")
    second = open_page("shared/two.ipynb", first.kernel_id)
    begin(second, "shared")
    second.close()
    let_end(workspace / "shared", "shared")
    eventually(lambda: shows(two, said("shared")))
    assert shows(one, "")
    assert not first.text("c0")
    first.run("c0")
    eventually(lambda: first.text("c0") == said("shared"))
    first.close()
    eventually(lambda: shows(one, said("shared")))


def test_a_page_takes_over_the_cells_of_its_own_notebook_only(
    workspace: Path, open_page: OpenPage
) -> None:
    one = put(workspace, "own/one.ipynb", waiting("own"))
    put(workspace, "own/two.ipynb", waiting("own"))
    first = open_page("own/one.ipynb")
    begin(first, "own")
    first.close()
    second = open_page("own/two.ipynb", first.kernel_id)
    let_end(workspace / "own", "own")
    eventually(lambda: shows(one, said("own")))
    assert not second.text("c0")


def test_what_a_console_an_extension_or_a_debugger_runs_is_in_no_notebook(
    workspace: Path, open_page: OpenPage, shared_browser: Browser
) -> None:
    file = put(workspace, "console.ipynb", waiting("console"))
    opened = open_page("console.ipynb")
    with Loop() as loop:
        console = Connection(loop, shared_browser, opened.kernel_id)
        console.connect()
        console.execute("print('of a console')", "a-cell-of-the-console")
        console.execute("print('of an extension')", None)
        console.execute("print('of a debugger')", None, store_history=False)
        begin(opened, "console")
        opened.close()
        console.close()
    let_end(workspace, "console")
    eventually(lambda: shows(file, said("console")))
    assert list(cells(file)) == ["c0"]


def test_outputs_follow_a_notebook_that_is_moved_while_its_cell_runs(
    workspace: Path, open_page: OpenPage, shared_browser: Browser
) -> None:
    put(workspace, "moved/a.ipynb", waiting("moved"))
    opened = open_page("moved/a.ipynb")
    begin(opened, "moved")
    opened.close()
    answer = shared_browser.request("PATCH", "/api/contents/moved", {"path": "gone"}, Accept="*/*")
    assert answer.status == 200
    let_end(workspace / "gone", "moved")
    eventually(lambda: shows(workspace / "gone/a.ipynb", said("moved")))
    assert open_page("gone/a.ipynb").kernel_id == opened.kernel_id
    assert not (workspace / "moved").exists()


def test_a_notebook_that_is_deleted_while_its_cell_runs_stays_deleted(
    workspace: Path, open_page: OpenPage, shared_browser: Browser
) -> None:
    file = put(workspace, "removed.ipynb", waiting("removed"))
    other = put(workspace, "other.ipynb", waiting("other"))
    opened, second = open_page("removed.ipynb"), open_page("other.ipynb")
    begin(opened, "removed")
    begin(second, "other")
    opened.close()
    second.close()
    shared_browser.request("DELETE", "/api/contents/removed.ipynb", Accept="*/*")
    let_end(workspace, "removed")
    let_end(workspace, "other")
    eventually(lambda: shows(other, said("other")))
    assert not file.exists()


def test_a_notebook_that_comes_after_a_deleted_one_gets_nothing_of_it(
    workspace: Path, open_page: OpenPage, shared_browser: Browser
) -> None:
    """Whatever its cells' ids are; also if the deleted one was in a folder that was deleted."""
    put(workspace, "gone2/removed.ipynb", waiting("gone2"))
    other = put(workspace, "watch.ipynb", waiting("watch"))
    opened, second = open_page("gone2/removed.ipynb"), open_page("watch.ipynb")
    begin(opened, "gone2")
    begin(second, "watch")
    opened.close()
    second.close()
    shared_browser.request("DELETE", "/api/contents/gone2/removed.ipynb", Accept="*/*")
    file = put(workspace, "gone2/removed.ipynb", "'another'")
    let_end(workspace / "gone2", "gone2")
    let_end(workspace, "watch")
    eventually(lambda: shows(other, said("watch")))
    shared_browser.request("DELETE", f"/api/kernels/{opened.kernel_id}", Accept="*/*")
    assert shows(file, "")
    assert source(cells(file)["c0"]) == "'another'"


def running_alone(workspace: Path, open_page: OpenPage, path: str, name: str) -> Page:
    """Run the first cell of a notebook and leave; what it has put out so far is in the file."""
    file = put(workspace, path, waiting(name))
    opened = open_page(path)
    begin(opened, name)
    opened.close()
    eventually(lambda: shows(file, f"{name} began\n"))
    return opened


def test_outputs_follow_a_notebook_that_is_moved_in_a_terminal(
    workspace: Path, open_page: OpenPage
) -> None:
    opened = running_alone(workspace, open_page, "term/a.ipynb", "term")
    (workspace / "elsewhere/deep").mkdir(parents=True)
    moved = (workspace / "term/a.ipynb").rename(workspace / "elsewhere/deep/b.ipynb")
    again = open_page("elsewhere/deep/b.ipynb")
    assert again.kernel_id == opened.kernel_id
    assert again.runs("c0")
    again.close()
    let_end(workspace / "term", "term")
    eventually(lambda: shows(moved, said("term")))
    assert not (workspace / "term/a.ipynb").exists()


def test_outputs_follow_a_notebook_whose_folder_is_moved_in_a_terminal(
    workspace: Path, open_page: OpenPage
) -> None:
    running_alone(workspace, open_page, "folder/in/a.ipynb", "folder")
    (workspace / "folder").rename(workspace / "renamed")
    let_end(workspace / "renamed/in", "folder")
    eventually(lambda: shows(workspace / "renamed/in/a.ipynb", said("folder")))


def test_outputs_follow_a_notebook_that_git_writes_under_another_name(
    workspace: Path, open_page: OpenPage
) -> None:
    running_alone(workspace, open_page, "git/a.ipynb", "git")
    content = (workspace / "git/a.ipynb").read_bytes()
    (workspace / "git/a.ipynb").unlink()
    (workspace / "git/b.ipynb").write_bytes(content)
    let_end(workspace / "git", "git")
    eventually(lambda: shows(workspace / "git/b.ipynb", said("git")))
    assert not (workspace / "git/a.ipynb").exists()


def test_outputs_follow_both_of_two_notebooks_that_change_places(
    workspace: Path, open_page: OpenPage
) -> None:
    folder = workspace / "places"
    for file, name in (("a", "first"), ("b", "second")):
        path = put(workspace, f"places/{file}.ipynb", waiting(name))
        path.write_text(path.read_text().replace('"c0"', f'"{name}"'))
        opened = open_page(f"places/{file}.ipynb")
        begin(opened, name, name)
        opened.close()
        eventually(partial(shows, path, f"{name} began\n", name))
    for old, new in (("a", "c"), ("b", "a"), ("c", "b")):
        (folder / f"{old}.ipynb").rename(folder / f"{new}.ipynb")
    let_end(folder, "first")
    let_end(folder, "second")
    for file, name in (("b", "first"), ("a", "second")):
        path = folder / f"{file}.ipynb"
        eventually(partial(shows, path, said(name), name))


def test_a_copy_of_a_notebook_that_runs_gets_nothing(workspace: Path, open_page: OpenPage) -> None:
    running_alone(workspace, open_page, "copied/a.ipynb", "copied")
    copy = workspace / "copied/b.ipynb"
    copy.write_bytes((workspace / "copied/a.ipynb").read_bytes())
    let_end(workspace / "copied", "copied")
    eventually(lambda: shows(workspace / "copied/a.ipynb", said("copied")))
    assert shows(copy, "copied began\n")


def test_outputs_of_a_notebook_that_nobody_finds_are_told_and_kept_for_it(
    workspace: Path, open_page: OpenPage, shared_notebook: Notebook
) -> None:
    running_alone(workspace, open_page, "lost/a.ipynb", "lost")
    content = (workspace / "lost/a.ipynb").read_bytes()
    copies = workspace / "lost/.copies"
    copies.mkdir()
    for name in ("b.ipynb", "c.ipynb"):  # which of them is it?
        (copies / name).write_bytes(content)
    (workspace / "lost/a.ipynb").unlink()
    copies = copies.rename(workspace / "lost/copies")
    let_end(workspace / "lost", "lost")
    beats = shared_notebook.service.heartbeats
    eventually(lambda: "a.ipynb is gone. Put it back" in str(beats[-1]["workspace"]["error"]))
    assert shows(copies / "b.ipynb", "lost began\n")
    assert shows(copies / "c.ipynb", "lost began\n")
    (workspace / "lost/a.ipynb").write_bytes(content)
    eventually(lambda: shows(workspace / "lost/a.ipynb", said("lost")))
    eventually(lambda: beats[-1]["workspace"]["error"] is None)


def test_outputs_wait_for_a_notebook_that_is_away_for_a_moment(
    workspace: Path, open_page: OpenPage
) -> None:
    file = put(workspace, "away.ipynb", waiting("away"))
    other = put(workspace, "beside.ipynb", waiting("beside"))
    opened, second = open_page("away.ipynb"), open_page("beside.ipynb")
    begin(opened, "away")
    begin(second, "beside")
    opened.close()
    second.close()
    file.rename(workspace / "stashed")  # as `git stash` does
    let_end(workspace, "away")
    let_end(workspace, "beside")
    eventually(lambda: shows(other, said("beside")))
    (workspace / "stashed").rename(file)
    eventually(lambda: shows(file, said("away")))


def test_links_stay_links_and_modes_stay(workspace: Path, open_page: OpenPage) -> None:
    real = put(workspace, "links/real.ipynb", waiting("linked"))
    real.chmod(0o640)
    (workspace / "links/soft.ipynb").symlink_to("real.ipynb")
    os.link(real, workspace / "links/hard.ipynb")
    opened = open_page("links/soft.ipynb")
    begin(opened, "linked")
    opened.cell("c0")["source"] += "\n# through the link"
    assert opened.save()
    opened.close()
    let_end(workspace / "links", "linked")
    eventually(lambda: shows(real, said("linked")))
    assert (workspace / "links/soft.ipynb").is_symlink()
    assert (workspace / "links/hard.ipynb").samefile(real)
    assert real.stat().st_mode & 0o777 == 0o640
    assert source(cells(real)["c0"]).endswith("# through the link")


def test_a_file_whose_name_is_as_long_as_can_be_is_saved_and_gets_its_outputs(
    workspace: Path, open_page: OpenPage
) -> None:
    name = f"{'l' * 249}.ipynb"
    file = put(workspace, name, waiting("long"))
    opened = open_page(name)
    begin(opened, "long")
    assert opened.save()
    opened.close()
    let_end(workspace, "long")
    eventually(lambda: shows(file, said("long")))


@pytest.mark.parametrize("name", ["x" * 300, "no/such.ipynb"])
def test_what_is_not_there_is_not_found(name: str, shared_browser: Browser) -> None:
    answer = shared_browser.request("GET", f"/api/contents/{name}", Accept="*/*")
    assert answer.status == 404


def test_outputs_that_cannot_be_written_are_told_and_written_later(
    workspace: Path, open_page: OpenPage, shared_browser: Browser, shared_notebook: Notebook
) -> None:
    file = put(workspace, "broken.ipynb", waiting("broken"))
    content = file.read_bytes()
    opened = open_page("broken.ipynb")
    begin(opened, "broken")
    opened.close()
    file.write_text("<<<<<<< HEAD\n{}")
    let_end(workspace, "broken")
    url = f"/ramon/executions/{opened.kernel_id}?session=none&path=other.ipynb"

    def problem() -> str:
        told = shared_browser.request("POST", url.replace("other", "broken"), Accept="*/*").json
        return str(told["problem"])

    eventually(lambda: "conflict markers of Git, the first in line 1" in problem())
    assert file.read_text() == "<<<<<<< HEAD\n{}"
    beats = shared_notebook.service.heartbeats
    eventually(lambda: "The outputs of broken.ipynb" in str(beats[-1]["workspace"]["error"]))
    answer = shared_browser.request("GET", "/api/contents/broken.ipynb", Accept="*/*")
    assert answer.status == 400
    assert "conflict markers of Git" in answer.json["message"]
    file.write_bytes(content)
    eventually(lambda: shows(file, said("broken")))


def test_none_of_many_outputs_in_a_row_is_lost(workspace: Path, open_page: OpenPage) -> None:
    shown = [str(number) for number in range(2500)]
    code = waiting("many") + "\nfor number in range(2500): display(number)"
    file = put(workspace, "many.ipynb", code)
    opened = open_page("many.ipynb")
    begin(opened, "many")
    opened.close()
    let_end(workspace, "many")
    eventually(lambda: shows(file, said("many") + "".join(shown)), within=120)
