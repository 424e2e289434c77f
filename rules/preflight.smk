# Preflight: what the site gives each kind of job, tried before the first run (configs/preflight.yaml
# lists the models). Failed checks do not fail their jobs: the table has them all, then the run stops.

PREFLIGHT = GRAPH.preflight_jobs


rule preflight_fetch:
    """Get a model's configuration and tokenizer, without its weights."""
    output:
        directory(f"{RUN}/preflight/models/{{model}}"),
    log:
        f"{RUN}/logs/preflight/models/{{model}}.log",
    priority: 1
    localrule: True
    params:
        script=script("fetch_tokenizer.py"),
        options=lambda wildcards: flags(CONFIG.models[wildcards.model].source),
        fetched=GRAPH.fetched_by_other_runs,
    shell:
        """
        python {params.script} \
            --output {output:q} \
            {params.fetched} \
            {params.options} >{log:q} 2>&1
        """


rule preflight_sample:
    """Try a sampling job: GPUs, tokenizer, the start of the engine and its speed."""
    input:
        model=GRAPH.preflight_model,
    output:
        f"{RUN}/preflight/sample/{{model}}.json",
    log:
        f"{RUN}/logs/preflight/sample/{{model}}.log",
    benchmark:
        f"{RUN}/usage/preflight/sample/{{model}}.tsv"
    priority: 1
    container:
        image("sampling", GENERATE)
    threads: GENERATE.threads
    resources:
        **GENERATE.requests,
    params:
        on_gpus=script("on_gpus.py"),
        script=script("check_site.py"),
        work=f"{RUN}/work/preflight/sample/{{model}}",
        memory=CONFIG.compute.generate.request_mb,
        options=literal(flags(CONFIG.sampling, only=("engine", "temperature", "top_p"))),
    shell:
        """
        python {params.on_gpus} sampling {resources.given_gpus} python {params.script} sample \
            --gpus {resources.given_gpus} \
            --job-memory-mb {params.memory} \
            --model {wildcards.model} \
            --model-folder {input.model:q} \
            --work {params.work:q} \
            --output {output:q} \
            {params.options} >{log:q} 2>&1
        """


rule preflight_train:
    """Try a training job: GPUs, links between them, DPO steps at the model's real width."""
    input:
        model=GRAPH.preflight_model,
    output:
        f"{RUN}/preflight/train/{{model}}.json",
    log:
        f"{RUN}/logs/preflight/train/{{model}}.log",
    benchmark:
        f"{RUN}/usage/preflight/train/{{model}}.tsv"
    priority: 1
    container:
        image("training", TRAIN)
    threads: TRAIN.threads
    resources:
        **TRAIN.requests,
    params:
        on_gpus=script("on_gpus.py"),
        launch=lambda wildcards: GRAPH.launch_of(CONFIG.training.dpo, here("envs/accelerate")),
        script=script("check_site.py"),
        work=f"{RUN}/work/preflight/train/{{model}}",
        memory=CONFIG.compute.train.request_mb,
        options=literal(flags(CONFIG.training.dpo)),
    shell:
        """
        python {params.on_gpus} training {resources.given_gpus} python {params.script} train \
            --gpus {resources.given_gpus} \
            --job-memory-mb {params.memory} \
            --launch {params.launch:q} \
            --model {wildcards.model} \
            --model-folder {input.model:q} \
            --work {params.work:q} \
            --output {output:q} \
            {params.options} >{log:q} 2>&1
        """


rule preflight_execute:
    """Try an execution job: the sandbox inside the job."""
    output:
        f"{RUN}/preflight/execute.json",
    log:
        f"{RUN}/logs/preflight/execute.log",
    benchmark:
        f"{RUN}/usage/preflight/execute.tsv"
    priority: 1
    threads: EXECUTE.threads
    resources:
        **EXECUTE.requests,
    params:
        script=script("check_site.py"),
        work=f"{RUN}/work/preflight/execute",
        options=literal(flags(CONFIG.execution, only=("weaker_isolation",))),
    shell:
        """
        python {params.script} execute \
            --work {params.work:q} \
            --output {output:q} \
            {params.options} >{log:q} 2>&1
        """


rule preflight_tabulate:
    """Put all findings into one table, and throughputs where `make plan` reads them."""
    input:
        found=PREFLIGHT,
    output:
        table=f"{RUN}/preflight.md",
        records=f"{RUN}/preflight.json",
        throughput=f"{RUN}/throughput.json",
    log:
        f"{RUN}/logs/preflight/table.log",
    priority: 1
    localrule: True
    params:
        script=script("tabulate_preflight.py"),
    shell:
        """
        python {params.script} \
            --found {input.found:q} \
            --table {output.table:q} \
            --records {output.records:q} \
            --throughput {output.throughput:q} >{log:q} 2>&1
        """


rule preflight_decide:
    """Print the table, also on the terminal; fail if a check failed, and have it done again at the next start."""
    input:
        records=f"{RUN}/preflight.json",
    output:
        f"{RUN}/preflight/passed.txt",
    log:
        f"{RUN}/logs/preflight/decide.log",
    priority: 1
    localrule: True
    params:
        script=script("decide_preflight.py"),
        # No inputs: what failed is deleted, and made again since `all` asks for it.
        found=PREFLIGHT,
    shell:
        """
        python {params.script} \
            --records {input.records:q} \
            --found {params.found:q} \
            --output {output:q} |& tee {log:q}
        """
