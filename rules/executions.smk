# Executions: every sample's program runs on its problem's tests in the sandbox and gets a verdict.


rule executions_run:
    """Run the programs of one shard of a model's samples."""
    input:
        problems=f"{RUN}/problems/shards/{{scatteritem}}.jsonl",
        samples=f"{RUN}/samples/{{model}}/{{scatteritem}}.jsonl",
    output:
        f"{RUN}/executions/{{model}}/{{scatteritem}}.jsonl",
    log:
        f"{RUN}/logs/executions/{{model}}/{{scatteritem}}.log",
    benchmark:
        f"{RUN}/usage/executions/{{model}}/{{scatteritem}}.tsv"
    threads: EXECUTE.threads
    resources:
        **EXECUTE.requests,
    params:
        script=script("run_executions.py"),
        options=literal(flags(CONFIG.execution)),
    shell:
        """
        python {params.script} \
            --problems {input.problems:q} \
            --samples {input.samples:q} \
            --output {output:q} \
            --workers {threads} \
            {params.options} >{log:q} 2>&1
        """


use rule samples_gather as executions_gather with:
    input:
        gather.shards(f"{RUN}/executions/{{{{model}}}}/{{scatteritem}}.jsonl"),
    output:
        f"{RUN}/executions/{{model}}.jsonl",
    log:
        f"{RUN}/logs/executions/{{model}}.log",
    benchmark:
        f"{RUN}/usage/executions/{{model}}.tsv"
    params:
        script=script("gather_shards.py"),
        kind="execution",
