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


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/problems.smk"
include: "rules/models.smk"
include: "rules/samples.smk"
include: "rules/executions.smk"
include: "rules/pairs.smk"
include: "rules/training.smk"
include: "rules/benchmarks.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"


localrules:
    all,


rule all:
    """Everything: what the reader reads, and what it was made from."""
    default_target: True
    input:
        rules.tables_render.output,
        rules.tables_claims.output,
        rules.tables_report.output,
        JUDGES,
        expand(f"{RUN}/figures/{{name}}.{{suffix}}", name=FIGURES, suffix=["svg", "pdf", "png"]),
        # Named here so that a deleted intermediate file is made again.
        rules.tables_collect.input,
        rules.tables_collect.output,
        rules.tables_claims.input,
        CHECKPOINTS if CONFIG.keep_checkpoints else TRAININGS,
        expand(f"{RUN}/models/{{model}}", model=MODELS),
        expand(f"{RUN}/samples/{{model}}.jsonl", model=MODELS),
        expand(f"{RUN}/pairs/{{model}}.jsonl", model=MODELS),
        f"{RUN}/problems/report.json",
