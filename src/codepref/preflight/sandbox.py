"""Whether programs run in the sandbox inside the job, and stay there."""

from pathlib import Path

from codepref.preflight.findings import Finding, Found
from codepref.preflight.place import Place
from codepref.problems.builtin import builtin_problems
from codepref.records import Problem, TestCase
from codepref.sandbox.executor import Executor

# Prints "in", or what it could do that a sandboxed program cannot.
_HOSTILE = """
import os, socket

here = {here!r}
attempts = {{
    "reads the machine's files": lambda: open("/etc/passwd").read(),
    "sees the run's folder": lambda: os.listdir(here),
    "may write outside": lambda: os.access("/", os.W_OK) or os.access(here, os.W_OK),
    "sees the network": lambda: [n for _, n in socket.if_nameindex() if n != "lo"],
    "sees other processes": lambda: [n for n in os.listdir("/proc") if n.isdigit()][9:],
}}
done = []
for what, attempt in attempts.items():
    try:
        done += [what] if attempt() else []
    except OSError:
        pass
print(", ".join(done) or "in")
"""


def look(place: Place) -> Found:
    """Return the verdicts on one harmless and one hostile program.

    Raises:
        UserError: no isolation works here.
    """
    check = f"{place.jobs}: sandbox"
    harmless = next(one for one in builtin_problems() if one.reference_solution)
    hostile = Problem(
        id="preflight/hostile",
        source="preflight",
        licence="Apache-2.0",
        title="Escape",
        statement="Escape.",
        interface="stdio",
        tests=[TestCase(input="", expected="in")],
    )
    programs = [
        (harmless, harmless.reference_solution or ""),
        (hostile, _HOSTILE.format(here=str(Path.cwd()))),
    ]
    with Executor(1, place.execution) as executor:
        ran = list(executor.run_programs(programs))
        isolation = executor.isolation.name
    if ran[0].verdict != "passed":
        found = f"{isolation}: a right program is {ran[0].verdict}: {ran[0].message or '-'}"
        mend = "compare with: make corpus (on this node)"
        return Found(findings=[Finding(check=check, found=found, verdict="failed", mend=mend)])
    if ran[1].verdict != "passed" and not place.execution.weaker_isolation:
        found = f"{isolation}: a hostile program is not kept in: {ran[1].message or '-'}"
        mend = "run what executes code on nodes with unprivileged user namespaces"
        return Found(findings=[Finding(check=check, found=found, verdict="failed", mend=mend)])
    kept = "keeps a hostile one in" if ran[1].verdict == "passed" else "keeps none in, as accepted"
    found = f"{isolation}: runs programs, {kept}"
    return Found(findings=[Finding(check=check, found=found)])
