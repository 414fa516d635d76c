"""Writes the newest files of every notebook of a stage into a folder, and an index of them.

    python -m ops.export --stage local --to notebooks

It reads tables and the bucket, and changes nothing there. Run again, it goes on where it was cut
off, and fetches only what is missing or differs.
"""

import argparse
import sys
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from ops.cloud import LOCAL, Cloud, NoCloud, connect
from ops.deploy import settings
from ops.export import names
from ops.export.export import Export, Exported
from ops.export.folder import NotAFolder, Stopped, opened
from ops.export.index import Index, write
from ops.export.reader import Notebook, Reader

_SHOWN = 20
"""Problems that are printed; the index has all."""


class NoSuchAccount(Exception):
    """Nobody signed in by that name; the message says who did."""


def main(arguments: list[str] | None = None) -> int:
    """Run the program. Gives its exit code: 0 all written, 1 not all, 2 it could not go on."""
    parser = argparse.ArgumentParser(prog="python -m ops.export", description=__doc__)
    parser.add_argument("--stage", required=True, help="a file of ops/stages, such as prod")
    parser.add_argument("--to", required=True, type=Path, help="a new folder, or of an export")
    parser.add_argument("--account", metavar="LOGIN", help="only this person's notebooks")
    options = parser.parse_args(arguments)
    try:
        reader = Reader(_cloud(options.stage), options.stage)
        logins = reader.logins()
        chosen = _chosen(reader.notebooks(), logins, options.account)
        with opened(options.to) as root:
            index = Index(options.stage, finished=False, notebooks=[])
            try:
                _export(Export(reader, root), chosen, logins, index)
            finally:
                write(root, index)
    except (NoCloud, NoSuchAccount, NotAFolder, settings.BadSettings, Stopped, OSError) as error:
        print(f"Not exported. {error}", file=sys.stderr)
        return 2
    except (BotoCoreError, ClientError) as error:
        print(f"Not exported: the stage {options.stage} can't be read. {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Cut off. The same command goes on from here.", file=sys.stderr)
        return 2
    return _summary(index, options.to)


def _cloud(stage: str) -> Cloud:
    return connect(stage, None if stage == LOCAL else settings.load(stage).region)


def _chosen(notebooks: list[Notebook], logins: dict[str, str], login: str | None) -> list[Notebook]:
    """The notebooks to export. Raises `NoSuchAccount`."""
    if login is None:
        return notebooks
    wanted = {account for account, known in logins.items() if known.lower() == login.lower()}
    if not wanted:
        known = ", ".join(sorted(map(names.shown, logins.values()))[:_SHOWN]) or "nobody"
        raise NoSuchAccount(f"There is no account {login!r}. Signed in here: {known}.")
    return [each for each in notebooks if each.account_id in wanted]


def _export(export: Export, chosen: list[Notebook], logins: dict[str, str], index: Index) -> None:
    for number, done in enumerate(export.run(chosen, logins), start=1):
        index.notebooks.append(done)
        print(f"{number} of {len(chosen)}  {_line(done)}", flush=True)
    index.finished = True


def _line(done: Exported) -> str:
    missing = f", {len(done.problems)} could not be read or written" if done.problems else ""
    return f"{done.folder}: {len(done.files)} entries, {done.size:,} bytes{missing}"


def _summary(index: Index, root: Path) -> int:
    problems = [line for each in index.notebooks for line in each.problems]
    notebooks = "1 notebook" if len(index.notebooks) == 1 else f"{len(index.notebooks)} notebooks"
    print(f"{notebooks} in {root}; {root / 'index.html'} lists them.")
    if problems:
        print(f"{len(problems)} could not be read or written:", file=sys.stderr)
        print(*(f"  {line}" for line in problems[:_SHOWN]), sep="\n", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
