"""Ctrl-C in a terminal ends the launcher, which needs its functions until it has ended."""

import subprocess
import sys
from pathlib import Path

from localcloud.settings import PROJECT_ROOT

LAUNCHER = """
import os, signal, sys
from pathlib import Path
from localcloud.aws.lambda_fork import Template

heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append(1))
template = Template([Path(sys.argv[1])], {"_HANDLER": "app.handler"})
descriptors = [number for _ in range(2) for number in os.pipe()]
template.fork({}, descriptors).kill()  # it has started
os.killpg(0, signal.SIGINT)
template.fork({}, descriptors).kill()
template.close()
print("forked", len(heard))
"""


def test_functions_are_started_after_ctrl_c_until_everything_is_saved(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context): ...")

    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, str(tmp_path)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )

    assert (done.stdout, done.stderr) == ("forked 1\n", "")
