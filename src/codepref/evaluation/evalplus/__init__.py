"""EvalPlus as the judge: grading in the sandbox, ground truth."""
