"""Write the API's description where others read it: `python -m ops.openapi [--check]`.

The service serves the same document at `/api/openapi.json`; the file in `docs/` is for readers,
and for the frontend, whose types are generated from it.
"""

import json
import sys
from pathlib import Path

# Importing the application is what declares the routes.
import app as application
from chalicelib.core import openapi

TARGET = Path(__file__).parent.parent / "docs" / "openapi.json"


def rendered() -> str:
    """The document as text, laid out for reading and for small differences."""
    if not application.app.routes:
        raise RuntimeError("the application declares no routes")
    return json.dumps(openapi.document(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the document; with `--check`, only say whether the file is up to date."""
    if "--check" not in arguments:
        TARGET.write_text(rendered(), encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == rendered():
        return 0
    print("docs/openapi.json is not up to date. Run: .venv/bin/python -m ops.openapi")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
