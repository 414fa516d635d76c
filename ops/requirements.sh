#!/bin/sh
# Compiles every requirements file with hashes for all platforms. Arguments go to uv.
# The index comes from the machine's own settings and is never written down.
set -eu

compile() {
    folder=$1 name=$2
    shift 2
    (cd "$folder" && "$OLDPWD/.venv/bin/uv" pip compile "$name.in" --output-file "$name.txt" \
        --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links "$@")
}

compile . requirements "$@"
compile . requirements-dev "$@"
compile ops/setup uv "$@"
compile ops/setup node "$@"
compile notebook requirements --overrides overrides.in "$@"
