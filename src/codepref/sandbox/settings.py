"""Settings of running candidates."""

from pydantic import Field

from codepref.strict import Section


class ExecutionConfig(Section):
    """Running candidates in the sandbox."""

    cpu_seconds: float | None = Field(
        default=None, gt=0, description="CPU seconds per test; overrides the problem's own limit"
    )
    memory_mb: int | None = Field(
        default=None, gt=0, description="MiB of address space; overrides the problem's own limit"
    )
    run_all_tests: bool = Field(
        default=True,
        description="run the remaining tests after a failed one, so that tests_passed counts "
        "all; stops if the process dies; the first failure is the verdict either way",
    )
    weaker_isolation: bool = Field(
        default=False,
        description="run without namespaces where the machine has none (recorded in each verdict)",
    )
