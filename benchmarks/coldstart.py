"""What a Lambda function imports before its first event, beside the least that it needs.

Ours is the import of a function's handler from the package that is deployed, bytecode included, in
a fresh process; the figure is that of the slowest function. The floor, with the same package, is
`import chalice` and one botocore client of DynamoDB. A function makes such a client at its first
event: `ready_s` is the import and that client. Every function's own import is told too.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import lambdas
from benchmarks.figures import Figure, Figures
from benchmarks.lambdas import Function, Layout
from benchmarks.progress import say
from benchmarks.report import Report

RUNS = 3
"""Processes of every function in a round: the slowest of many should be no matter of luck."""

MIB = 1024 * 1024

TIMED = """
import json, time
began = time.perf_counter()
{first}
first = time.perf_counter()
{then}
print(json.dumps([first - began, time.perf_counter() - began]))
"""
"""Prints the seconds until each of two things was done."""

HANDLER = "import importlib; getattr(importlib.import_module({module!r}), {name!r})"
CLIENT_OF_MODELS = "from pynamodb.connection import Connection; Connection().client"
FLOOR = """
import chalice, botocore.session
botocore.session.get_session().create_client("dynamodb")
"""

Samples = defaultdict[str, list[float]]
"""Seconds by what took them."""


def measure(rounds: int) -> Report:
    """Every function in turn with the floor, `rounds` times."""
    with TemporaryDirectory(prefix="ramon-lambda-") as folder:
        say("Packaging the application …")
        layout = lambdas.packaged(Path(folder))
        for each in layout.functions[:1]:
            _run(layout, each, defaultdict(list))  # the files are in memory from here on
        samples: Samples = defaultdict(list)
        for number in range(1, rounds + 1):
            say(f"Round {number} of {rounds} …")
            for each in layout.functions * RUNS:
                _run(layout, each, samples)
    return Report(
        bench="coldstart",
        headline="import_s",
        subject=subject(samples, layout),
        floor={"import_s": Figure.of(samples["floor"])},
        peer=None,
        legend={"floor": "chalice and one botocore client of DynamoDB"},
    )


def _run(layout: Layout, function: Function, samples: Samples) -> None:
    """One process of the floor, one of the function."""
    floor, _ = _seconds(layout, function, FLOOR, "pass")
    handler = HANDLER.format(module=function.module, name=function.attribute)
    imported, ready = _seconds(layout, function, handler, CLIENT_OF_MODELS)
    samples["floor"].append(floor)
    samples[function.name].append(imported)
    samples[f"{function.name} ready"].append(ready)


def _seconds(layout: Layout, function: Function, first: str, then: str) -> list[float]:
    told: list[float] = json.loads(layout.run(TIMED.format(first=first, then=then), function))
    return told


def subject(samples: Mapping[str, list[float]], layout: Layout) -> Figures:
    """The slowest function's figures, then every function's import, the slowest first.

    samples: seconds of imports by the function's name, and until it is ready by `<name> ready`.
    """
    imports = {each.name: Figure.of(samples[each.name]) for each in layout.functions}
    slowest_first = sorted(imports, key=lambda name: imports[name].median, reverse=True)
    slowest = slowest_first[0]
    return {
        "import_s": imports[slowest],
        "ready_s": Figure.of(samples[f"{slowest} ready"]),
        "zipped_mib": Figure.of([layout.zipped_bytes / MIB]),
        "unzipped_mib": Figure.of([layout.unzipped_bytes / MIB]),
        **{f"{name.replace('-', '_')}_s": imports[name] for name in slowest_first},
    }
