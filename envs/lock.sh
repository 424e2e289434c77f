#!/usr/bin/env bash
# Compile envs/*.in to lock files with hashes (make lock): envs/lock.sh [--upgrade]
#
# Locked versions stay, unless an .in file asks for another or --upgrade is given. Nothing installed is
# changed; pip-tools goes into a temporary environment. torch has a lock file of its own
# (envs/torch.lock), since the right build depends on the machine. The lock files for GPUs can be made
# only with Python 3.11 on Linux x86_64; they also hold the files for aarch64.
set -euo pipefail
cd "$(dirname "$0")/.."
upgrade=("$@")
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools/venv"
pip() { "$tools/venv/bin/python" -m pip --quiet "$@"; }
pip install pip-tools

compile() { # compile IN LOCK [NO-DEPENDENCIES]: packages of the last are locked without dependencies
    [ ! -f "$2" ] || cp "$2" "$tools/out" # pip-compile keeps the versions it finds here
    "$tools/venv/bin/pip-compile" --quiet --generate-hashes --strip-extras --allow-unsafe \
        --no-emit-options --no-header --no-annotate "${upgrade[@]}" --output-file "$tools/out" "$1"
    {
        echo "# Compiled from $1${3:+ and $3} by 'make lock'; do not edit."
        # Drop the torch block: its line and the hash lines that continue it.
        awk '/^torch==/ {skip = 1; next} skip && /^ / {next} {skip = 0; print}' "$tools/out"
        [ -z "${3:-}" ] || without_dependencies "$3"
    } >"$2.tmp"
    mv "$2.tmp" "$2"
    rm "$tools/out"
}

without_dependencies() { # print lines for the packages listed in $1, for each Python on Linux x86_64
    for python in 3.11 3.12 3.13 3.14; do
        pip install --dry-run --ignore-installed --no-deps --only-binary :all: --target "$tools/none" \
            --python-version "$python" --report "$tools/report-$python.json" --requirement "$1"
    done
    python3 envs/lock_report.py --lines "$tools"/report-*.json
}

for_gpus() { # for_gpus NAME: of each package the file that pip takes on x86_64, and that for aarch64
    local here
    here=$(python3 -c 'import platform, sys; print(sys.platform, platform.machine(), *sys.version_info[:2])')
    if [ "$here" != "linux x86_64 3 11" ]; then
        echo "envs/$1.lock stays as it is: it needs Python 3.11 on Linux x86_64" >&2
        return
    fi
    : >"$tools/kept"
    [ "${#upgrade[@]}" -gt 0 ] || sed -n 's/ \\$//p' "envs/$1.lock" | grep == >"$tools/kept"
    # Isolated: a folder of wheels of this machine may hold torch's CPU build.
    pip --isolated install --dry-run --ignore-installed --constraint "$tools/kept" \
        --report "$tools/$1.json" --requirement "envs/$1.in"
    # The same versions elsewhere; files for any machine are known already.
    python3 envs/lock_report.py --machine x86_64 "$tools/$1.json" >"$tools/pins"
    local platforms=(--platform manylinux2014_aarch64) minor
    for minor in $(seq 17 36); do # the C library of the images is 2.36
        platforms+=(--platform "manylinux_2_${minor}_aarch64")
    done
    pip --isolated install --dry-run --ignore-installed --no-deps --only-binary :all: --target "$tools/none" \
        --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none "${platforms[@]}" \
        --report "$tools/$1-aarch64.json" --requirement "$tools/pins"
    python3 envs/lock_report.py --lock "envs/$1.in" "envs/$1.lock" "$tools/$1.json" "$tools/$1-aarch64.json"
}

compile envs/workflow.in envs/workflow.lock
compile envs/dev.in envs/dev.lock
compile envs/sampling-cpu.in envs/sampling-cpu.lock envs/sampling-cpu-engine.in
for_gpus sampling
for_gpus training
