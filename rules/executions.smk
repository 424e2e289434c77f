# Executions: every sample runs its problem's tests in the sandbox and gets a verdict.


localrules:
    executions_gather,


rule executions_run:
    """Run the samples of one shard."""
    input:
        problems=f"{RUN}/problems/all.jsonl",
        samples=f"{RUN}/samples/{{model}}/{{scatteritem}}.jsonl",
    output:
        f"{RUN}/executions/{{model}}/{{scatteritem}}.jsonl",
    log:
        f"{RUN}/logs/executions/{{model}}/{{scatteritem}}.log",
    benchmark:
        f"{RUN}/usage/executions/{{model}}/{{scatteritem}}.tsv"
    threads: CONFIG.compute.execute.threads
    resources:
        mem_mb=memory(CONFIG.compute.execute),
        runtime=minutes(CONFIG.compute.execute),
    params:
        options=flags(CONFIG.execution),
    message:
        "Executing the samples of {wildcards.model}, shard {wildcards.scatteritem}"
    shell:
        """
        python scripts/execute_samples.py \
            --problems {input.problems:q} \
            --samples {input.samples:q} \
            --output {output:q} \
            --workers {threads} \
            {params.options} 2>&1 | tee {log:q}
        """


rule executions_gather:
    """Put a model's shards together."""
    input:
        gather.shards(f"{RUN}/executions/{{{{model}}}}/{{scatteritem}}.jsonl"),
    output:
        f"{RUN}/executions/{{model}}.jsonl",
    log:
        f"{RUN}/logs/executions/{{model}}.log",
    benchmark:
        f"{RUN}/usage/executions/{{model}}.tsv"
    message:
        "Gathering the verdicts on {wildcards.model}"
    shell:
        """
        python scripts/merge_shards.py \
            --kind execution \
            --inputs {input:q} \
            --output {output:q} 2>&1 | tee {log:q}
        """
