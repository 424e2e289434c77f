# Training: from a model and pairs to a checkpoint, one rule per method (paper, section 4).


rule training_from_pairs:
    """Train on preference pairs: DPO (eq. 3, Table 4), or RFT on their chosen side (Table 3)."""
    input:
        model=f"{RUN}/models/{{model}}",
        pairs=training_pairs,
    output:
        folder=checkpoint(f"{RUN}/checkpoints/{{model}}/{{method}}/seed{{seed}}"),
        facts=f"{RUN}/training/{{model}}/{{method}}/seed{{seed}}/training.json",
        steps=f"{RUN}/training/{{model}}/{{method}}/seed{{seed}}/training_log.jsonl",
    log:
        f"{RUN}/logs/checkpoints/{{model}}/{{method}}/seed{{seed}}.log",
    benchmark:
        f"{RUN}/usage/checkpoints/{{model}}/{{method}}/seed{{seed}}.tsv"
    wildcard_constraints:
        method=methods_by("dpo", "rft"),
    container:
        image("training", CONFIG.compute.train)
    threads: CONFIG.compute.train.threads
    resources:
        gpu=CONFIG.compute.train.gpus,
        nodes=1,
        mem_mb=memory(CONFIG.compute.train),
        runtime=minutes(CONFIG.compute.train),
    params:
        launch=trainer_launch,
        trainer=trainer_of,
        pairs_from=pairs_from,
        options=lambda wildcards: flags(getattr(CONFIG.training, trainer_of(wildcards))),
        work=f"{RUN}/work/{{model}}/{{method}}/seed{{seed}}",
        records=subpath(output.facts, parent=True),
    message:
        "Training {wildcards.model} {wildcards.method}, seed {wildcards.seed}"
    shell:
        """
        {params.launch} scripts/train_{params.trainer}.py \
            --model-folder {input.model:q} \
            --pairs {input.pairs:q} \
            --pairs-from {params.pairs_from} \
            --seed {wildcards.seed} \
            --work {params.work:q} \
            --output {output.folder:q} \
            {params.options} 2>&1 | tee {log:q}
        python scripts/keep_training.py \
            --checkpoint {output.folder:q} \
            --output-folder {params.records:q}
        """


rule training_ppo:
    """Train by policy gradients on the rule reward, with online samples (eq. 1 and 2)."""
    input:
        model=f"{RUN}/models/{{model}}",
        problems=f"{RUN}/problems/all.jsonl",
    output:
        folder=checkpoint(f"{RUN}/checkpoints/{{model}}/{{method}}/seed{{seed}}"),
        facts=f"{RUN}/training/{{model}}/{{method}}/seed{{seed}}/training.json",
        steps=f"{RUN}/training/{{model}}/{{method}}/seed{{seed}}/training_log.jsonl",
    log:
        f"{RUN}/logs/checkpoints/{{model}}/{{method}}/seed{{seed}}.log",
    benchmark:
        f"{RUN}/usage/checkpoints/{{model}}/{{method}}/seed{{seed}}.tsv"
    wildcard_constraints:
        method=methods_by("ppo"),
    container:
        image("training", CONFIG.compute.train)
    threads: CONFIG.compute.train.threads
    resources:
        gpu=CONFIG.compute.train.gpus,
        nodes=1,
        mem_mb=memory(CONFIG.compute.train),
        runtime=minutes(CONFIG.compute.train),
    params:
        launch=trainer_launch,
        options=f"{flags(CONFIG.training.ppo)} {flags(CONFIG.execution)}",
        work=f"{RUN}/work/{{model}}/{{method}}/seed{{seed}}",
        records=subpath(output.facts, parent=True),
    message:
        "Training {wildcards.model} {wildcards.method}, seed {wildcards.seed}"
    shell:
        """
        {params.launch} scripts/train_ppo.py \
            --model-folder {input.model:q} \
            --problems {input.problems:q} \
            --seed {wildcards.seed} \
            --work {params.work:q} \
            --output {output.folder:q} \
            {params.options} 2>&1 | tee {log:q}
        python scripts/keep_training.py \
            --checkpoint {output.folder:q} \
            --output-folder {params.records:q}
        """


rule training_rewards:
    """Score a model's samples with the implicit reward of its DPO policy (eq. 4)."""
    input:
        policy=f"{RUN}/checkpoints/{{model}}/{{method}}/seed{{seed}}",
        reference=f"{RUN}/models/{{model}}",
        problems=f"{RUN}/problems/all.jsonl",
        samples=f"{RUN}/samples/{{model}}.jsonl",
        executions=f"{RUN}/executions/{{model}}.jsonl",
    output:
        rewards=f"{RUN}/rewards/{{model}}/{{method}}/seed{{seed}}.jsonl",
        analysis=f"{RUN}/rewards/{{model}}/{{method}}/seed{{seed}}.analysis.json",
    log:
        f"{RUN}/logs/rewards/{{model}}/{{method}}/seed{{seed}}.log",
    benchmark:
        f"{RUN}/usage/rewards/{{model}}/{{method}}/seed{{seed}}.tsv"
    wildcard_constraints:
        method=methods_by("dpo"),
    container:
        image("training", CONFIG.compute.generate)
    threads: CONFIG.compute.generate.threads
    resources:
        gpu=CONFIG.compute.generate.gpus,
        nodes=1,
        mem_mb=memory(CONFIG.compute.generate),
        runtime=minutes(CONFIG.compute.generate),
    params:
        beta=CONFIG.training.dpo.beta,
        options=flags(CONFIG.training.rewards),
    message:
        "Scoring the samples of {wildcards.model} with {wildcards.method}, seed {wildcards.seed}"
    shell:
        """
        python scripts/score_rewards.py \
            --policy {input.policy:q} \
            --reference {input.reference:q} \
            --problems {input.problems:q} \
            --samples {input.samples:q} \
            --executions {input.executions:q} \
            --beta {params.beta} \
            --output {output.rewards:q} \
            --analysis {output.analysis:q} \
            {params.options} 2>&1 | tee {log:q}
        """
