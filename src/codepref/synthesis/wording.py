"""What the model is asked at each stage. Statements are made from concepts, never from the seed's
own text, so that few of them are copies of it.
"""

from typing import Literal, get_args

from codepref.prompts import problem_messages
from codepref.records import Message, Problem
from codepref.sandbox.answer import final_answer
from codepref.synthesis.records import Seed

Stage = Literal["concept", "statement", "solution", "inputs"]
STAGES: tuple[Stage, ...] = get_args(Stage)
BEFORE: dict[Stage, Stage] = {
    "statement": "concept",
    "solution": "statement",
    "inputs": "statement",
}
"""What a stage is made from, beside the seeds."""

_LONGEST_CONCEPT = 600  # characters
INPUTS = 10

_CONCEPT = """{text}

Which programming concepts does this {what} practise? Answer with one line of three to five \
concepts, separated by commas, and nothing else."""

EXAMPLE = "Return the number of letters in the longest run of one letter. An empty text has none."
"""The statement that shows the form; who copies it has written nothing new."""

_STATEMENT = f"""Here is a programming exercise:

```python
def longest_run(letters: str) -> int:
    \"\"\"{EXAMPLE}

    >>> longest_run("abbbca")
    3
    >>> longest_run("")
    0
    >>> longest_run("xyz")
    1
    \"\"\"
```

Write another exercise of the same form. It practises other things: {{concepts}}.

Answer with one Python code block: the first line of one function, with the types of its arguments \
and of what it returns, and its docstring. The docstring says exactly and in full sentences what \
the function returns, for every input, and ends with three examples and their right answers. Do \
not write the function's body."""

_INPUTS = """{task}

Do not solve this. Write {count} calls of `{name}` that test a solution well: usual and unusual \
arguments, the smallest and larger ones. Each call on a line of its own, with values written out \
and no answer:

{example}"""


def concept_messages(seed: Seed) -> list[Message]:
    """Return the conversation that asks what a seed practises."""
    what = "piece of code" if seed.problem is None else "problem"
    return [Message(role="user", content=_CONCEPT.format(text=seed.text.strip(), what=what))]


def concepts_of(completion: str) -> str:
    """Return the concepts that a completion names, in one line; empty: it names none."""
    words = " ".join((final_answer(completion) or "").replace("`", "").split())
    return words[:_LONGEST_CONCEPT].strip(" .,:;-*")


def statement_messages(concepts: str) -> list[Message]:
    """Return the conversation that asks for a problem on concepts."""
    return [Message(role="user", content=_STATEMENT.format(concepts=concepts))]


def solution_messages(problem: Problem) -> list[Message]:
    """Return the conversation that asks for a solution: the one of all training problems."""
    return problem_messages(problem)


def inputs_messages(problem: Problem) -> list[Message]:
    """Return the conversation that asks for inputs to test solutions of a problem with."""
    name = str(problem.entry_point).split(".")[-1]
    names = ", ".join(problem.parameters or [])
    task = f"{problem_messages(problem)[0].content}"
    content = _INPUTS.format(task=task, count=INPUTS, name=name, example=f"{name}({names})")
    return [Message(role="user", content=content)]
