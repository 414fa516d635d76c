"""What the service's modules may refer to, beyond what import-linter can say.

Only `core/config.py` reads the environment, only `core/clock.py` tells the time, only `core/db.py`
sends conditional writes, and `app.py` wires up routes and jobs but holds no rules of its own. Only
what checks the stack asks `infra/` what it should be; everybody else takes what it wrote.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.checks.finding import Finding


@dataclass(frozen=True, slots=True)
class Rule:
    """Names that only one module may refer to."""

    says: str
    only: str
    """The module that may, as a path from the root of the project."""

    names: tuple[str, ...]
    """Dotted names, each together with everything below it."""


RULES = (
    Rule(
        says="only core/config.py reads the environment",
        only="chalicelib/core/config.py",
        names=("os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv"),
    ),
    Rule(
        says="only core/clock.py tells the time",
        only="chalicelib/core/clock.py",
        names=(
            "time",
            "datetime.date.today",
            "datetime.datetime.now",
            "datetime.datetime.today",
            "datetime.datetime.utcnow",
        ),
    ),
)

_WRITES = ("delete", "save", "update")
_WRITES_ONLY = "chalicelib/core/db.py"
_TRANSACTION = "write"
"""What a transaction is called: its writes have conditions too, and a token."""
_APP = "app.py"
_APP_MAY_IMPORT = ("chalice", "chalicelib.core")
_APP_MAY_IMPORT_OF_FEATURES = (
    "routes",
    "agent_routes",
    "past_routes",
    "stored_routes",
    "worker_routes",
    "jobs",
)

_INFRA = "infra"
_PROGRAMS = ("benchmarks", "localcloud", "ops")
_MAY_IMPORT_INFRA = "ops/checks/"
_KEEPS = ("contents", "differing")
"""What a feature answers of an account, if it keeps contents, or what is billed."""
_LOOKED_AFTER = "chalicelib/upkeep/features.py"


def findings(root: Path) -> Iterator[Finding]:
    """Every place in the deployed code, and around it, that breaks a rule."""
    for path in (root / _APP, *sorted((root / "chalicelib").rglob("*.py"))):
        if path.exists():
            place, tree = path.relative_to(root).as_posix(), ast.parse(path.read_bytes())
            yield from _of_the_service(place, tree)
    around = (path for program in _PROGRAMS for path in sorted((root / program).rglob("*.py")))
    for path in (root / _APP, *around):
        if path.exists():
            yield from _imports_infra(path.relative_to(root).as_posix(), path)
    yield from _not_looked_after(root)


def _of_the_service(place: str, tree: ast.Module) -> Iterator[Finding]:
    for name, line in sorted(_references(tree), key=lambda reference: reference[1]):
        for rule in RULES:
            if place != rule.only and _is_one_of(name, rule.names):
                yield Finding(place, line, f"{name}: {rule.says}")
    if place != _WRITES_ONLY:
        yield from _conditional_writes(place, tree)
    if place == _APP:
        yield from _imports_too_much(tree)


def _imports_infra(place: str, path: Path) -> Iterator[Finding]:
    if place.startswith(_MAY_IMPORT_INFRA):
        return
    for node in ast.walk(ast.parse(path.read_bytes())):
        for name in _modules(node):
            if _is_one_of(name, (_INFRA,)):
                says = f"{name}: only ops/checks imports infra; read .chalice/"
                yield Finding(place, getattr(node, "lineno", 1), says)


def _modules(node: ast.AST) -> list[str]:
    """The modules that a statement imports from."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def _not_looked_after(root: Path) -> Iterator[Finding]:
    """What a feature keeps of an account, and upkeep does not list."""
    listing = root / _LOOKED_AFTER
    source = listing.read_bytes() if listing.exists() else b""
    listed = {name for name, _ in _references(ast.parse(source))}
    for path in sorted((root / "chalicelib").glob("*/*.py")):
        place = path.relative_to(root).as_posix()
        for node in ast.parse(path.read_bytes()).body:
            name = f"{place.removesuffix('.py').replace('/', '.')}.{getattr(node, 'name', '')}"
            if place != _LOOKED_AFTER and _keeps(node) and name not in listed:
                yield Finding(place, node.lineno, f"{name}: {_LOOKED_AFTER} lacks it")


def _keeps(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef) or node.name not in _KEEPS:
        return False
    return [argument.arg for argument in node.args.args[:1]] == ["account_id"]


def _conditional_writes(place: str, tree: ast.Module) -> Iterator[Finding]:
    """Writes of one item whose refusal nobody could tell from another's: see `core/db.py`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        writer = node.func.value
        is_single = not (isinstance(writer, ast.Name) and writer.id == _TRANSACTION)
        is_conditional = any(keyword.arg == "condition" for keyword in node.keywords)
        if node.func.attr in _WRITES and is_single and is_conditional:
            yield Finding(
                place,
                node.lineno,
                f"{node.func.attr}(condition=…): conditional writes are db.put_new, db.update_if "
                "and db.delete_if",
            )


def _imports_too_much(tree: ast.Module) -> Iterator[Finding]:
    for name, line in _imports(tree):
        ours = _is_one_of(name, ("chalicelib",))
        entry = name.split(".")[2:3] and name.split(".")[2] in _APP_MAY_IMPORT_OF_FEATURES
        if ours and not entry and not _is_one_of(name, _APP_MAY_IMPORT):
            yield Finding(_APP, line, f"{name}: app.py imports routes, jobs and core only")


def _references(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Full dotted names of what a module refers to by what it imported, with their lines."""
    meaning = dict(_bindings(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (parts := _dotted(node)):
            first, *rest = parts
            if first in meaning:
                yield ".".join((meaning[first], *rest)), node.lineno
    yield from _imports(tree)


def _bindings(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What each imported name stands for: ("dt", "datetime") after `import datetime as dt`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.split(".")[0]
                yield alias.asname or whole, whole
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """What is imported by `from … import …`, and by `import … .…`, with lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((a.name, node.lineno) for a in node.names if "." in a.name)


def _dotted(node: ast.expr) -> list[str]:
    """`a.b.c` as its parts; nothing for what is not made of names alone."""
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute) and (parts := _dotted(node.value)):
        return [*parts, node.attr]
    return []


def _is_one_of(name: str, names: tuple[str, ...]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in names)
