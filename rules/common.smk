# What every stage shares: the validated configuration, the run's folder, wildcards, resources.
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

try:
    from codepref.cli import flags
    from codepref.config import DerivedModel, load_config
    from codepref.errors import UserError
    from codepref.evaluation.benchmarks import BENCHMARKS
    from codepref.running import occupy
    from codepref.slurm_states import mend_states
except ModuleNotFoundError as error:
    raise WorkflowError(
        f"the Python package {error.name} is missing from the environment that runs Snakemake; "
        "make that environment with: make setup"
    )

try:
    CONFIG = load_config(config)
except UserError as error:
    raise WorkflowError(str(error))

# The SLURM executor, if it is loaded, waits for ever for jobs that were cancelled by hand.
mend_states()

RUN = f"results/{CONFIG.run}"
MODELS = sorted(
    {experiment.model for experiment in CONFIG.experiments}
    | {
        partner
        for experiment in CONFIG.experiments
        for method in experiment.methods
        if (partner := CONFIG.partner(experiment, method))
    }
)
POLICIES = [  # every row of the tables: (model, method, seed)
    (experiment.model, method, seed)
    for experiment in CONFIG.experiments
    for method in experiment.methods
    for seed in ([0] if CONFIG.methods[method].trainer == "none" else CONFIG.training.seeds)
]


wildcard_constraints:
    model="|".join(CONFIG.models),
    source="|".join(CONFIG.problem_sources),
    method="|".join(CONFIG.methods),
    seed=r"\d+",
    benchmark="|".join(CONFIG.benchmarks),


scattergather:
    shards=CONFIG.shards,


# Without containers, the scripts run in the environment that runs Snakemake.
if not workflow.deployment_settings.deployment_method:
    shell.prefix(f"set -euo pipefail; export PATH={Path(sys.executable).parent}:$PATH; ")


def image(name, job):
    """Return the container of a kind of work; without GPUs everything runs in the CPU image."""
    path = f"envs/images/{name if job.gpus else 'cpu'}.sif"
    IMAGES.add(path)
    return path


IMAGES = set()


container: image("cpu", CONFIG.compute.execute)


onstart:
    # Snakemake itself notices a missing image only in a job that was submitted and fails.
    missing = sorted(path for path in IMAGES if not Path(path).exists())
    if missing and DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method:
        raise WorkflowError(f"missing: {', '.join(missing)}; make the images with: make images")
    try:
        # The SLURM executor submits all its jobs under one name.
        occupy(Path(RUN), getattr(workflow.scheduler._executor, "run_uuid", None))
    except UserError as error:
        raise WorkflowError(str(error))


def memory(job):
    """Return a resource function: the configured MiB, times the attempt after a failure."""
    return lambda wildcards, attempt: job.memory_mb * attempt


def minutes(job):
    """Return a resource function: the configured minutes, times the attempt after a failure."""
    return lambda wildcards, attempt: job.minutes * attempt


def methods_by(*trainers):
    """Return the wildcard pattern of the methods that these trainers make."""
    names = [name for name, method in CONFIG.methods.items() if method.trainer in trainers]
    return "|".join(names) or "no-such-method"


def policy_folder(wildcards):
    """Return the folder of a policy: the model as it came, or its checkpoint."""
    if CONFIG.methods[wildcards.method].trainer == "none":
        return f"{RUN}/models/{wildcards.model}"
    return f"{RUN}/checkpoints/{wildcards.model}/{wildcards.method}/seed{wildcards.seed}"


def per_policy(pattern, trainers=("none", "rft", "dpo", "ppo")):
    """Return the paths that a pattern of {model}, {method}, {seed} has for the rows of a run."""
    return [
        f"{RUN}/{pattern.format(model=model, method=method, seed=seed)}"
        for model, method, seed in POLICIES
        if CONFIG.methods[method].trainer in trainers
    ]


def model_inputs(wildcards):
    """Return what a model is made from: nothing of ours, or a base and reference solutions."""
    source = CONFIG.models[wildcards.model].source
    if not isinstance(source, DerivedModel):
        return {}
    return {
        "base": f"{RUN}/models/{source.base}",
        "problems": f"{RUN}/problems/all.jsonl",
    }


def model_options(wildcards, input):
    """Return the options that say where a model comes from."""
    source = CONFIG.models[wildcards.model].source
    if not isinstance(source, DerivedModel):
        return flags(source)
    given = f"--base-folder {input.base} --problems {input.problems} --seed {CONFIG.seed}"
    return f"{flags(source)} {given}"


def partner_of(wildcards):
    """Return the model whose pairs a method of this model borrows or is matched with."""
    for experiment in CONFIG.experiments:
        if experiment.model == wildcards.model and wildcards.method in experiment.methods:
            return CONFIG.partner(experiment, wildcards.method)


def pairs_from(wildcards):
    """Return the model whose pairs a method trains on: the model itself, or its partner."""
    borrowed = CONFIG.methods[wildcards.method].pairs == "off_policy"
    return partner_of(wildcards) if borrowed else wildcards.model


def drawn_pairs(wildcards):
    """Return the pairs that a method starts from, as they were drawn."""
    return f"{RUN}/pairs/{pairs_from(wildcards)}.jsonl"


def matched_pairs(wildcards):
    """Return the pairs that a control matches the others with, if the method is a control."""
    method = CONFIG.methods[wildcards.method]
    if method.control == "none":
        return []
    borrowed = method.pairs == "off_policy"
    return f"{RUN}/pairs/{wildcards.model if borrowed else partner_of(wildcards)}.jsonl"


def training_pairs(wildcards):
    """Return the pairs that a method trains on: as drawn, or what its filter leaves of them."""
    method = CONFIG.methods[wildcards.method]
    if method.control == "none" and method.max_pairs is None:
        return drawn_pairs(wildcards)
    return f"{RUN}/pairs/{wildcards.model}/{wildcards.method}.jsonl"


def checkpoint(path):
    """Mark a checkpoint's folder as an output: kept, or deleted after its last use."""
    return directory(path) if CONFIG.keep_checkpoints else temp(directory(path))


def trainer_of(wildcards):
    """Return which trainer makes a method: rft, dpo or ppo."""
    return CONFIG.methods[wildcards.method].trainer


def trainer_launch(wildcards):
    """Return what starts a trainer: python, or one process per GPU."""
    gpus, how = CONFIG.compute.train.gpus, CONFIG.training.launch
    if gpus < 2:
        return "python"
    if how == "auto":
        lora = getattr(CONFIG.training, trainer_of(wildcards)).lora_rank
        how = "ddp" if lora else "fsdp2"
    return f"accelerate launch --config_file envs/accelerate/{how}.yaml --num_processes {gpus}"


def gradings(wildcards):
    """Return one --input option per grading: its names, its verdicts, its samples."""
    options = []
    for model, method, seed in POLICIES:
        for name in CONFIG.use_benchmarks:
            stem = f"{RUN}/benchmarks/{model}/{method}/seed{seed}/{name}"
            files = f"{stem}.verdicts.json {stem}.samples.jsonl"
            options.append(f"--input {model} {method} {seed} {name} {files}")
    return options
