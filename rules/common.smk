# Shared by all stages: the validated configuration, the run's folder, wildcards, containers.
import os
import shlex
import sys

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

try:
    from codepref.cli import flags, options_of
    from codepref.config_loading import load_config
    from codepref.errors import UserError
    from codepref.files import read_yaml
    from codepref.tables.deviations import check_reasons
    from codepref.tables.paper import PaperTables
    from codepref.workflow.code import code_of
    from codepref.workflow.config_sources import places_of
    from codepref.workflow.contents import content_of
    from codepref.workflow.damaged_folders import damaged_folders
    from codepref.workflow.every_output import ACCOUNTS, every_output
    from codepref.workflow.failed_logs import show_failed_logs
    from codepref.workflow.given_files import check_given, content
    from codepref.workflow.job_graph import JobGraph
    from codepref.workflow.job_request import JobRequest
    from codepref.workflow.local_gpus import count_gpus
    from codepref.workflow.run_lock import lock_run
    from codepref.workflow.save_relay import relay_warnings
    from codepref.workflow.slurm_patch import patch_states
    from codepref.workflow.surroundings import prepare
    from codepref.workflow.synthesis import SynthesisGraph
    from codepref.workflow.task_windows import TaskWindows
except ModuleNotFoundError as error:
    raise WorkflowError(
        f"the Python package {error.name} is missing from the environment that runs Snakemake; "
        "make that environment with: make setup"
    )

IN_CONTAINERS = DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method

try:
    prepare(IN_CONTAINERS)
    CONFIG = load_config(config, places=places_of(workflow))
    check_reasons(CONFIG, read_yaml(HERE / "paper/tables.yaml", PaperTables))
    GRAPH = JobGraph(CONFIG)
    WINDOWS = TaskWindows(CONFIG, GRAPH.run)
    check_given(CONFIG, GRAPH.run, HERE)
except UserError as error:
    raise WorkflowError(str(error))

patch_states()
relay_warnings()
show_failed_logs()

RUN = GRAPH.run
SYNTHESIS = SynthesisGraph(CONFIG, RUN)
# What jobs note of their work, for the rules that write the reports (codepref.workflow.every_output).
NOTED = f"{RUN}/{ACCOUNTS}"
CONFIG_FILE = f"{RUN}/config.json"
BENCHMARK_DATA = expand(f"{RUN}/benchmarks/data/{{name}}.jsonl", name=CONFIG.use_benchmarks)
OF_POLICY = f"{RUN}/benchmarks/{{model}}/{{method}}/seed{{seed}}"
GENERATE, TRAIN, EXECUTE = (JobRequest(job) for _, job in CONFIG.compute)


wildcard_constraints:
    model="|".join(CONFIG.models),
    source="|".join(CONFIG.problem_sources),
    method="|".join(CONFIG.methods),
    rated="|".join(CONFIG.rated_pairs),
    seed=r"\d+",
    benchmark="|".join(CONFIG.benchmarks),


scattergather:
    shards=CONFIG.shards,


def here(path):
    """Return the path of a file of the project, relative if the workflow is run from its folder."""
    return path if Path.cwd() == HERE else str(HERE / path)


def literal(text):
    """Return a param that is this text: Snakemake takes no braces in it for wildcards."""
    return lambda wildcards: text


def script(name):
    """Return the path of one of the project's scripts as a param, quoted for the shell."""
    return literal(shlex.quote(here(f"scripts/{name}")))


def kept_or_temporary(path):
    """Declare a checkpoint's folder as an output: kept, or deleted after its last use."""
    return directory(path) if CONFIG.keep_checkpoints else temp(directory(path))


def everything(wildcards):
    """Return every file of the run, and have damaged folders made again."""
    files = every_output(workflow.rules, RUN, GRAPH.unread)
    workflow.dag.forcefiles.update(damaged_folders(files))
    return files


IMAGES = set()


def image(name, job):
    """Return the image of a kind of job; jobs without GPUs run in the CPU image."""
    path = here(f"envs/images/{name if job.gpus else 'cpu'}.sif")
    IMAGES.add(path)
    return path


container: image("cpu", EXECUTE)


# Without containers, scripts run in the environment that runs Snakemake.
if not IN_CONTAINERS:
    folder = shlex.quote(str(Path(sys.executable).parent))
    path = folder.replace("{", "{{").replace("}", "}}")  # Snakemake formats the prefix
    shell.prefix(f'set -euo pipefail; export PATH={path}:"$PATH"; ')

# Those with GPUs then have environments of their own (make gpu-envs, scripts/on_gpus.py). Without a
# scheduler they may run in the environment of Snakemake, too.
GPU_ENVIRONMENTS = HERE / "envs/gpu"
NEEDED_ENVIRONMENTS = {
    *(["sampling", "training"] if GENERATE.gpus else []),
    *(["training"] if TRAIN.gpus else []),
}


onstart:
    # Snakemake itself would notice what is missing only when a submitted job fails.
    missing = sorted(path for path in IMAGES if not os.path.exists(path))
    if missing and IN_CONTAINERS:
        raise WorkflowError(f"missing: {', '.join(missing)}; make the images with: make images")
    folders = sorted(GPU_ENVIRONMENTS / name for name in NEEDED_ENVIRONMENTS)
    missing = [str(path) for path in folders if not (path / ".ready").exists()]
    wanted = GPU_ENVIRONMENTS.is_dir() or workflow.non_local_exec
    if missing and wanted and not IN_CONTAINERS:
        raise WorkflowError(f"missing: {', '.join(missing)}; make them with: make gpu-envs")
    try:
        # The SLURM executor submits all its jobs under one name.
        lock_run(Path(RUN), getattr(workflow.scheduler._executor, "run_uuid", None))
        count_gpus(workflow, max(GENERATE.gpus, TRAIN.gpus))
    except UserError as error:
        raise WorkflowError(str(error))
