# Aligning CodeLLMs with Direct Preference Optimization, reproduced: from problems to tables.
#
#   snakemake --profile slurm                                   the paper's experiment, on a cluster
#   snakemake --cores all                                       the same on one machine with GPUs
#   snakemake --profile slurm --configfile configs/preflight.yaml   tries a site in ten minutes
#   snakemake --cores all --configfile configs/demo.yaml        demo scale, on a laptop (make demo)
#
# config.yaml describes every setting; results go to results/<run>/ in the working folder.
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")

# Scripts, paper/ and report/ lie beside this file, wherever the workflow is run from.
HERE = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).resolve()


configfile: HERE / "config.yaml"


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/problems.smk"
include: "rules/synthesis.smk"
include: "rules/models.smk"
include: "rules/samples.smk"
include: "rules/executions.smk"
include: "rules/pairs.smk"
include: "rules/rated.smk"
include: "rules/training.smk"
include: "rules/benchmarks.smk"
include: "rules/reranking.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"


if CONFIG.problems.pilot:

    include: "rules/pilot.smk"


if CONFIG.preflight:

    include: "rules/preflight.smk"


rule all:
    """Everything: what the reader reads, and what it was made from."""
    default_target: True
    input:
        everything,
    localrule: True
