#!/usr/bin/env bash
# Compile envs/*.in to lock files with hashes (make lock). Needs pip-tools; changes nothing installed.
# torch is locked apart (envs/torch.lock), since which build fits depends on the machine.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet pip-tools

compile() { # compile IN LOCK
    "$tools/venv/bin/pip-compile" --quiet --generate-hashes --strip-extras --allow-unsafe \
        --no-emit-options --no-header --no-annotate --output-file "$tools/out" "$1"
    {
        echo "# Compiled from $1 by 'make lock'; do not edit."
        # Drop the torch block: its line and the hash lines that continue it.
        awk '/^torch==/ {skip = 1; next} skip && /^ / {next} {skip = 0; print}' "$tools/out"
    } >"$2.tmp"
    mv "$2.tmp" "$2"
    rm "$tools/out"
}
compile envs/workflow.in envs/workflow.lock
compile envs/dev.in envs/dev.lock
