#!/bin/sh
# Compile the locks: every version pinned, every file hashed, no registry named.
set -eu
cd "$(dirname "$0")"
for name in run test; do
    ../.venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
        --no-annotate --python-version 3.11 --output-file "$name.txt" "$name.in" "$@"
done
../.venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header \
    --no-annotate --python-version 3.11 --override face-recognition.overrides \
    --output-file face-recognition.txt face-recognition.in "$@"
