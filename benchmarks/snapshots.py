"""Saves and duplicates of a notebook with 100,000 files, beside a bare conditional write.

In the AWS stand-in, by HTTP, one after the other. The floor is one conditional write of a row by
the service's own `put_new`. A duplicate must not cost more for many files than for few, and a save
must grow with what changed: of the other files it copies the list.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields

from benchmarks import metering
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Figure
from benchmarks.report import Report
from chalicelib.core.config import Settings, variables
from localcloud.settings import PROJECT_ROOT

FILES = 100_000
"""As many as a notebook may have."""

BUCKET = "blobs"

Told = Mapping[str, Sequence[float]]


def measure(rounds: int) -> Report:
    """All sides in turns, `rounds` times."""
    with metering.stand_in() as (cloud, found):
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        return report(_work(rounds, found))


def report(told: Told) -> Report:
    """All that is told of the process."""

    def ms(name: str) -> Figure:
        return Figure.of([1000 * seconds for seconds in told[name]])

    many_to_few = [
        many / few
        for many, few in zip(told["duplicate_many_s"], told["duplicate_few_s"], strict=True)
    ]
    return Report(
        bench="snapshots",
        headline="duplicate_ms",
        subject={
            "duplicate_ms": ms("duplicate_many_s"),
            "duplicate_of_few_ms": ms("duplicate_few_s"),
            "duplicate_many_to_few": Figure.of(many_to_few),
            "delete_thousand_ms": ms("delete_thousand_s"),
            "delete_thousand_cpu_ms": ms("delete_thousand_cpu_s"),
            "change_one_ms": ms("change_one_s"),
            "change_one_cpu_ms": ms("change_one_cpu_s"),
        },
        floor={"duplicate_ms": ms("put_s")},
        peer=None,
        legend={"floor": "one conditional PutItem"},
    )


def _work(rounds: int, found: Mapping[str, str]) -> Told:
    """One process of `snapshots_work`. Raises BenchmarkError with what it said, if it fails."""
    settings = {variables()[field.name]: BUCKET for field in fields(Settings)}
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.snapshots_work", "--files", str(FILES),
         "--rounds", str(rounds)],
        cwd=PROJECT_ROOT,
        env={**os.environ, **settings, **found, "RAMON_STAGE": metering.STAGE},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if finished.returncode:
        raise BenchmarkError(f"Saving failed:\n{finished.stderr[-3000:]}")
    told: Told = json.loads(finished.stdout.splitlines()[-1])
    return told
