# The pilot: a few samples of each candidate choose the problems, and count as their first samples.

PILOT = f"{RUN}/problems/pilot/{CONFIG.pilot_model}"


use rule samples_draw as pilot_draw with:
    input:
        problems=f"{RUN}/problems/candidates.jsonl",
        # Problems are older than models where a run is entered from a release; a param has the source.
        model=lambda wildcards: ancient(f"{RUN}/models/{CONFIG.weights_of(wildcards.model)}"),
    output:
        f"{RUN}/problems/pilot/{{model}}/samples.jsonl",
    log:
        f"{RUN}/logs/problems/pilot/{{model}}/samples.log",
    benchmark:
        f"{RUN}/usage/problems/pilot/{{model}}/samples.tsv"
    params:
        on_gpus=script("on_gpus.py"),
        per_engine=CONFIG.compute.generate.gpus_per_engine,
        script=script("draw_samples.py"),
        options=flags(CONFIG.pilot_sampling),
        seed=CONFIG.seed,
        source=lambda wildcards: flags(CONFIG.models[wildcards.model].source, leave_out=("path",)),
        given=content(GRAPH.user_files.of_model),


use rule executions_run as pilot_execute with:
    input:
        problems=f"{RUN}/problems/candidates.jsonl",
        samples=f"{RUN}/problems/pilot/{{model}}/samples.jsonl",
    output:
        f"{RUN}/problems/pilot/{{model}}/executions.jsonl",
    log:
        f"{RUN}/logs/problems/pilot/{{model}}/executions.log",
    benchmark:
        f"{RUN}/usage/problems/pilot/{{model}}/executions.tsv"


rule pilot_select:
    """Keep the problems whose samples are most probably mixed, and record which and why."""
    input:
        problems=f"{RUN}/problems/candidates.jsonl",
        executions=f"{PILOT}/executions.jsonl",
    output:
        problems=f"{RUN}/problems/all.jsonl",
        record=f"{RUN}/problems/pilot/selection.json",
    log:
        f"{RUN}/logs/problems/pilot/selection.log",
    localrule: True
    params:
        script=script("select_problems.py"),
        pilot=flags(CONFIG.problems.pilot),
        of=CONFIG.sampling.samples_per_problem,
        min_tests=CONFIG.pairs.min_tests,
        seed=CONFIG.seed,
    shell:
        """
        python {params.script} \
            --problems {input.problems:q} \
            --executions {input.executions:q} \
            --of {params.of} \
            --min-tests {params.min_tests} \
            --seed {params.seed} \
            --output {output.problems:q} \
            --record {output.record:q} \
            {params.pilot} >{log:q} 2>&1
        """
