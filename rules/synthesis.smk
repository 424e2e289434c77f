# Problems that a model writes (paper, section 6): concepts, statements, solutions and inputs; those count
# whose solutions agree, and that are no copies and no benchmark tasks.


wildcard_constraints:
    stage="concept|statement|solution|inputs",
    part=r"\d+-of-\d+",


rule synthesis_seed:
    """Choose what each written problem starts from, and the controls."""
    input:
        unpack(SYNTHESIS.seeds),
    output:
        f"{RUN}/synthesis/{{source}}/seeds.jsonl",
    log:
        f"{RUN}/logs/synthesis/{{source}}/seeds.log",
    wildcard_constraints:
        source=SYNTHESIS.sources,
    localrule: True
    params:
        script=script("choose_seeds.py"),
        given=content(GRAPH.user_files.of_source),
        collected=lambda wildcards, input: options_of({"collected": input.get("collected", [])}),
        options=lambda wildcards: flags(SYNTHESIS.source(wildcards)),
        seed=CONFIG.seed,
    shell:
        """
        python {params.script} \
            --source {wildcards.source} \
            --seed {params.seed} \
            --output {output:q} \
            {params.collected} \
            {params.options} >{log:q} 2>&1
        """


rule synthesis_write:
    """Let the model write one stage of one part of the problems."""
    input:
        seeds=f"{RUN}/synthesis/{{source}}/seeds.jsonl",
        before=SYNTHESIS.before,
        model=SYNTHESIS.model,
    output:
        f"{RUN}/synthesis/{{source}}/{{stage}}/{{part}}.jsonl",
    log:
        f"{RUN}/logs/synthesis/{{source}}/{{stage}}/{{part}}.log",
    benchmark:
        f"{RUN}/usage/synthesis/{{source}}/{{stage}}/{{part}}.tsv"
    wildcard_constraints:
        source=SYNTHESIS.sources,
    container:
        image("sampling", GENERATE)
    threads: GENERATE.threads
    resources:
        **GENERATE.requests,
    params:
        on_gpus=script("on_gpus.py"),
        per_engine=CONFIG.compute.generate.gpus_per_engine,
        script=script("write_synthesis.py"),
        before=SYNTHESIS.before_options,
        model=lambda wildcards: SYNTHESIS.source(wildcards).model,
        model_source=SYNTHESIS.model_source,
        model_given=content(SYNTHESIS.model_given),
        options=lambda wildcards: flags(SYNTHESIS.sampling(wildcards)),
        seed=CONFIG.seed,
    shell:
        """
        python {params.on_gpus} sampling {resources.given_gpus} python {params.script} \
            --gpus {resources.given_gpus} \
            --gpus-per-engine {params.per_engine} \
            --stage {wildcards.stage} \
            --part {wildcards.part} \
            --seeds {input.seeds:q} \
            --model-folder {input.model:q} \
            --model {params.model} \
            --seed {params.seed} \
            --output {output:q} \
            {params.before} \
            {params.options} >{log:q} 2>&1
        """


rule synthesis_try:
    """Run a part's solutions on its inputs; keep the tests that enough of them agree on."""
    input:
        seeds=f"{RUN}/synthesis/{{source}}/seeds.jsonl",
        statements=f"{RUN}/synthesis/{{source}}/statement/{{part}}.jsonl",
        drawn=f"{RUN}/synthesis/{{source}}/solution/{{part}}.jsonl",
        inputs=f"{RUN}/synthesis/{{source}}/inputs/{{part}}.jsonl",
    output:
        f"{RUN}/synthesis/{{source}}/tried/{{part}}.jsonl",
    log:
        f"{RUN}/logs/synthesis/{{source}}/tried/{{part}}.log",
    benchmark:
        f"{RUN}/usage/synthesis/{{source}}/tried/{{part}}.tsv"
    wildcard_constraints:
        source=SYNTHESIS.sources,
    threads: EXECUTE.threads
    resources:
        **EXECUTE.requests,
    params:
        script=script("try_synthesis.py"),
        options=lambda wildcards: flags(SYNTHESIS.source(wildcards)),
        execution=literal(
            flags(CONFIG.execution, only=("cpu_seconds", "memory_mb", "weaker_isolation"))
        ),
    shell:
        """
        python {params.script} \
            --seeds {input.seeds:q} \
            --part {wildcards.part} \
            --statements {input.statements:q} \
            --drawn {input.drawn:q} \
            --inputs {input.inputs:q} \
            --output {output:q} \
            --workers {threads} \
            {params.execution} \
            {params.options} >{log:q} 2>&1
        """


rule problems_synthesise:
    """Keep the written problems that count, and count the others by reason."""
    input:
        seeds=f"{RUN}/synthesis/{{source}}/seeds.jsonl",
        candidates=SYNTHESIS.tried,
        collected=SYNTHESIS.not_to_copy,
        benchmarks=expand(f"{RUN}/benchmarks/data/{{name}}.jsonl", name=CONFIG.use_benchmarks),
    output:
        problems=f"{RUN}/problems/{{source}}.jsonl",
        report=f"{NOTED}/problems/{{source}}.report.json",
        manifest=f"{NOTED}/problems/{{source}}.manifest.jsonl",
    log:
        f"{RUN}/logs/problems/{{source}}.log",
    benchmark:
        f"{RUN}/usage/problems/{{source}}.tsv"
    wildcard_constraints:
        source=SYNTHESIS.sources,
    threads: EXECUTE.threads
    resources:
        **EXECUTE.requests,
    params:
        script=script("keep_synthesised.py"),
        options=lambda wildcards: flags(SYNTHESIS.source(wildcards)),
        alike=literal(
            flags(
                CONFIG.problems,
                only=("near_duplicate", "overlap_words", "code_similarity", "behavioural_inputs"),
            )
        ),
        isolation="--weaker-isolation" if CONFIG.execution.weaker_isolation else "",
    shell:
        """
        python {params.script} \
            --source {wildcards.source} \
            --seeds {input.seeds:q} \
            --candidates {input.candidates:q} \
            --collected {input.collected:q} \
            --benchmarks {input.benchmarks:q} \
            --output {output.problems:q} \
            --report {output.report:q} \
            --manifest {output.manifest:q} \
            {params.isolation} \
            {params.alike} \
            {params.options} >{log:q} 2>&1
        """
