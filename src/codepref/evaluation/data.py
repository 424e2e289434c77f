"""Benchmark data in EvalPlus's format: the published files, and the demo's subsets.

A task is a JSON object with ``task_id``, ``prompt``, ``entry_point``, ``contract`` (assertions on
the arguments, or empty), ``canonical_solution`` (continues the prompt), ``base_input`` and
``plus_input`` (lists of argument lists) and ``atol`` (absolute tolerance, 0 for exact).
"""

import ast
import gzip
import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from codepref.config import BuiltinMbpp, EvalPlusData, HumanEvalSubset
from codepref.errors import UserError
from codepref.evaluation.human_eval import convert_human_eval

BenchmarkData = EvalPlusData | HumanEvalSubset | BuiltinMbpp

_EVALPLUS_NAMES = {"humaneval": "HumanEvalPlus", "mbpp": "MbppPlus"}
_PREFIXES = {"humaneval": "HumanEval/", "mbpp": "Mbpp/"}
_FIELDS = ["task_id", "prompt", "entry_point", "contract", "canonical_solution"]
_FIELDS += ["base_input", "plus_input", "atol"]
_FIRST_BUILTIN_ID = 9001


def benchmark_bytes(dataset: str, data: BenchmarkData) -> tuple[bytes, dict[str, str]]:
    """Return a benchmark as the bytes of a JSONL file, and why tasks were left out.

    Args:
        dataset: ``humaneval`` or ``mbpp``, EvalPlus's name for how it is graded.
        data: where the tasks come from.

    Returns:
        The file's bytes (published data byte for byte, since EvalPlus identifies it by its md5),
        and a reason for each task id that could not be converted.

    Raises:
        UserError: the data is missing, damaged, not of ``dataset``, or not in EvalPlus's format.
    """
    left_out: dict[str, str] = {}
    if isinstance(data, EvalPlusData):
        content = _published(dataset, data)
    elif isinstance(data, HumanEvalSubset):
        if dataset != "humaneval":
            raise UserError("data of kind 'human_eval_package' belongs to dataset 'humaneval'")
        tasks, left_out = convert_human_eval(data.tasks, data.plus_inputs, data.seed)
        content = _jsonl(tasks)
    else:
        if dataset != "mbpp":
            raise UserError("data of kind 'builtin_mbpp' belongs to dataset 'mbpp'")
        content = _jsonl(builtin_mbpp(data.tasks))
    _check_format(content, dataset)
    return content, left_out


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


def _published(dataset: str, data: EvalPlusData) -> bytes:
    path = Path(data.path) if data.path else _download(dataset, data.version)
    try:
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: no such file; benchmark data of kind 'evalplus' is read from 'path', or "
            "fetched if 'path' is not given"
        ) from error
    except (OSError, EOFError) as error:
        raise UserError(f"{path}: cannot be read ({error}); fetch it again") from error
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != data.md5:
        raise UserError(
            f"{path}: md5 of the decompressed data is {found}, expected {data.md5} "
            f"({_EVALPLUS_NAMES[dataset]} {data.version}); remove the file and fetch it again"
        )
    return content


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


def _check_format(content: bytes, dataset: str) -> None:
    seen: set[str] = set()
    for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            task = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"benchmark data, line {number}: not JSON: {error.msg}") from error
        missing = [field for field in _FIELDS if field not in task]
        if missing:
            raise UserError(f"benchmark data, line {number}: missing {', '.join(missing)}")
        task_id = task["task_id"]
        if not task_id.startswith(_PREFIXES[dataset]) or task_id in seen:
            raise UserError(
                f"benchmark data, line {number}: task_id '{task_id}' comes twice or does not "
                f"start with '{_PREFIXES[dataset]}'"
            )
        seen.add(task_id)
    if not seen:
        raise UserError("benchmark data: no tasks")


def _jsonl(tasks: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(task) + "\n" for task in tasks).encode()
