#!/bin/sh
# Compiles every requirements file with hashes for all platforms. Arguments go to uv.
# The index comes from the machine's own settings and is never written down.
set -eu

for name in requirements requirements-dev ops/setup/uv ops/setup/node; do
    .venv/bin/uv pip compile "$name.in" --output-file "$name.txt" --quiet --universal \
        --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links "$@"
done
