"""A notebook that was moved behind Jupyter's back is found; no other is taken for it."""

import asyncio
import os
from itertools import pairwise
from pathlib import Path

import pytest

from ramon_notebook.execution import documents
from ramon_notebook.execution.documents import Documents, KernelSession
from ramon_notebook.execution.execution import Execution
from ramon_notebook.execution.whereabouts import Whereabouts
from tests.support import eventually
from tests.unit.notebook.parts import notebook_json

CELLS = {"c0"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "a.ipynb"
    file.write_bytes(notebook_json("1"))
    return file


@pytest.fixture
def whereabouts(tmp_path: Path, file: Path) -> Whereabouts:
    """Has just seen the notebook where it belongs."""
    whereabouts = Whereabouts(tmp_path)
    assert whereabouts.moved({file: CELLS}, []) == {}
    return whereabouts


def found(whereabouts: Whereabouts, file: Path, *taken: Path) -> Path | None:
    return whereabouts.moved({file: CELLS}, taken).get(file)


@pytest.mark.parametrize("name", ["b.ipynb", "deep/down/a.ipynb", "b.txt", "Ünï 🎉.ipynb"])
def test_a_file_is_found_under_its_new_name(
    whereabouts: Whereabouts, file: Path, name: str
) -> None:
    new = file.parent / name
    new.parent.mkdir(parents=True, exist_ok=True)
    assert found(whereabouts, file) is None
    file.rename(new)
    assert found(whereabouts, file) == new


def test_a_file_is_found_whose_name_another_one_has_now(
    whereabouts: Whereabouts, file: Path
) -> None:
    new = file.rename(file.with_name("b.ipynb"))
    file.write_bytes(notebook_json())
    assert found(whereabouts, file) == new


def test_a_notebook_that_was_written_anew_stays_what_it_is(
    whereabouts: Whereabouts, file: Path
) -> None:
    """As editors do that keep what was there before under another name."""
    file.rename(file.with_name("a.ipynb~"))
    file.write_bytes(notebook_json("2"))
    assert found(whereabouts, file) is None


def test_a_copy_that_appeared_when_it_was_removed_is_taken_for_it(
    whereabouts: Whereabouts, file: Path
) -> None:
    new = file.with_name("b.ipynb")
    new.write_bytes(file.read_bytes())
    file.unlink()
    assert found(whereabouts, file) == new


def test_none_of_several_copies_is_taken_for_it(whereabouts: Whereabouts, file: Path) -> None:
    for name in ("b.ipynb", "c.ipynb"):
        file.with_name(name).write_bytes(file.read_bytes())
    file.unlink()
    assert found(whereabouts, file) is None


def test_a_copy_of_before_is_not_taken_for_it(whereabouts: Whereabouts, file: Path) -> None:
    copy = file.with_name("b.ipynb")
    copy.write_bytes(file.read_bytes())
    written = copy.stat().st_ctime

    def seen_later() -> bool:
        assert found(whereabouts, file) is None
        probe = file.with_name("now")
        probe.write_text("")
        return probe.stat().st_ctime > written + 0.05

    eventually(seen_later)
    assert found(whereabouts, file) is None
    file.unlink()
    assert found(whereabouts, file) is None


def test_a_copy_that_has_a_kernel_of_its_own_is_another_notebook(
    whereabouts: Whereabouts, file: Path
) -> None:
    copy = file.with_name("b.ipynb")
    copy.write_bytes(file.read_bytes())
    file.unlink()
    assert found(whereabouts, file, copy) is None


@pytest.mark.parametrize("name", [".ipynb_checkpoints/a-checkpoint.ipynb", ".git/x.ipynb"])
def test_copies_in_hidden_folders_are_not_taken_for_it(
    whereabouts: Whereabouts, file: Path, name: str
) -> None:
    copy = file.parent / name
    copy.parent.mkdir()
    copy.write_bytes(file.read_bytes())
    file.unlink()
    assert found(whereabouts, file) is None


def test_another_notebook_is_never_taken_for_it_whatever_its_inode(
    whereabouts: Whereabouts, file: Path
) -> None:
    """File systems give the inode of a file that was removed to the next one."""
    new = file.rename(file.with_name("b.ipynb"))
    new.write_text(notebook_json("1").decode().replace('"c0"', '"other"'))
    assert found(whereabouts, file) is None


def test_a_file_with_two_names_is_found_under_the_one_that_is_left(
    whereabouts: Whereabouts, file: Path
) -> None:
    os.link(file, file.with_name("b.ipynb"))
    assert found(whereabouts, file) is None
    file.unlink()
    assert found(whereabouts, file) == file.with_name("b.ipynb")


def test_a_link_to_the_place_where_it_was_is_no_notebook(
    whereabouts: Whereabouts, file: Path
) -> None:
    file.with_name("b.ipynb").symlink_to(file)
    file.unlink()
    assert found(whereabouts, file) is None


def swap(first: Path, second: Path) -> None:
    kept = first.rename(first.with_name("kept"))
    second.rename(first)
    kept.rename(second)


def another(file: Path, name: str) -> Path:
    """A second notebook with the same cell ids, as all have that begin blank."""
    other = file.with_name(name)
    other.write_bytes(notebook_json("2"))
    return other


def test_two_notebooks_whose_names_are_swapped_are_both_followed(tmp_path: Path) -> None:
    one = tmp_path / "a.ipynb"
    one.write_bytes(notebook_json("1"))
    two = another(one, "b.ipynb")
    whereabouts = Whereabouts(tmp_path)
    wanted = {one: CELLS, two: CELLS}
    assert whereabouts.moved(wanted, [one, two]) == {}
    swap(one, two)
    assert whereabouts.moved(wanted, [one, two]) == {one: two, two: one}
    assert whereabouts.moved(wanted, [one, two]) == {}
    swap(one, two)
    assert whereabouts.moved(wanted, [one, two]) == {one: two, two: one}


@pytest.mark.parametrize("has_kernel", [True, False])
def test_a_notebook_that_swaps_its_name_with_a_quiet_one_is_followed(
    whereabouts: Whereabouts, file: Path, has_kernel: bool
) -> None:
    other = another(file, "b.ipynb")
    taken = [other] if has_kernel else []

    def is_seen_later() -> bool:
        assert found(whereabouts, file, *taken) is None
        probe = file.with_name("now")
        probe.write_text("")
        return probe.stat().st_ctime > other.stat().st_ctime + 0.05

    eventually(is_seen_later)
    assert found(whereabouts, file, *taken) is None
    swap(file, other)
    assert found(whereabouts, file, *taken) == other


def test_a_chain_of_renames_is_followed(tmp_path: Path) -> None:
    names = [tmp_path / f"{letter}.ipynb" for letter in "abcd"]
    for name in names[:3]:
        name.write_bytes(notebook_json(name.stem))
    whereabouts = Whereabouts(tmp_path)
    wanted = dict.fromkeys(names[:3], CELLS)
    assert whereabouts.moved(wanted, names[:3]) == {}
    for old, new in reversed(list(pairwise(names))):
        old.rename(new)
    assert whereabouts.moved(wanted, names[:3]) == dict(pairwise(names))


def test_an_editor_that_writes_a_new_file_and_keeps_the_old_one_saves_the_notebook(
    whereabouts: Whereabouts, file: Path
) -> None:
    new = another(file, "new.ipynb")
    file.rename(file.with_name("a.bak.ipynb"))
    new.rename(file)
    assert found(whereabouts, file) is None


def test_a_notebook_that_was_saved_into_the_inode_of_another_is_not_taken_for_it(
    whereabouts: Whereabouts, file: Path
) -> None:
    """As ext4 does: a file that was removed gives its number to the next one."""
    other = file.with_name("b.ipynb")
    for _ in range(20):
        for each in (file, other):
            each.with_name("half").write_bytes(notebook_json("3"))
            each.with_name("half").rename(each)
        assert whereabouts.moved({file: CELLS, other: CELLS}, []) == {}


async def no_sessions() -> list[KernelSession]:
    return []


@pytest.mark.parametrize("looks_before", [0, 2])
def test_a_notebook_that_is_moved_as_soon_as_a_cell_runs_is_followed(
    tmp_path: Path, file: Path, looks_before: int
) -> None:
    places = Documents(no_sessions, tmp_path)
    places.shows("kernel", "page", file)
    for _ in range(looks_before):
        assert asyncio.run(places.strays([])) == {}
    new = file.rename(file.with_name("moved.ipynb"))
    execution = Execution("kernel", "message", "c0", "page", {})

    asyncio.run(places.locate([execution]))

    assert execution.document == file
    assert asyncio.run(places.strays([execution])) == {file: new}


def test_a_notebook_that_is_renamed_in_jupyter_and_moved_at_once_is_followed(
    tmp_path: Path, file: Path
) -> None:
    places = Documents(no_sessions, tmp_path)
    places.shows("kernel", "page", file)
    execution = Execution("kernel", "message", "c0", "page", {})
    asyncio.run(places.locate([execution]))
    renamed = file.rename(file.with_name("renamed.ipynb"))
    places.moved({file: renamed}, [execution])

    moved = renamed.rename(file.with_name("moved.ipynb"))

    assert asyncio.run(places.strays([execution])) == {renamed: moved}


def test_sessions_that_are_never_listed_hold_up_no_notebook_that_is_known(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs() -> list[KernelSession]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(documents, "SESSIONS_SECONDS", 0.05)
    known, unknown = (Execution("kernel", owner, "c0", owner, {}) for owner in ("page", "gone"))
    places = Documents(hangs, tmp_path)
    places.shows("kernel", "page", file)
    asyncio.run(places.locate([known, unknown]))
    assert (known.document, unknown.document) == (file, None)
