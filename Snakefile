# Aligning CodeLLMs with Direct Preference Optimization, reproduced: from problems to tables.
#
#   snakemake --profile slurm                                   the paper's experiment, on a cluster
#   snakemake --cores all                                       the same on one machine with GPUs
#   snakemake --cores all --configfile configs/demo.yaml        demo scale, on a laptop (make demo)
#
# config.yaml describes every setting; results go to results/<run>/.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/problems.smk"
include: "rules/models.smk"
include: "rules/samples.smk"
include: "rules/executions.smk"
include: "rules/pairs.smk"
include: "rules/training.smk"
include: "rules/benchmarks.smk"
include: "rules/tables.smk"


localrules:
    all,
    pairs,
    checkpoints,
    benchmarks,


rule all:
    """Everything: the paper's tables, figures and claims, and what they were made from."""
    default_target: True
    input:
        rules.tables.input,
        rules.pairs.input,
        rules.checkpoints.input,
        rules.benchmarks.input,
