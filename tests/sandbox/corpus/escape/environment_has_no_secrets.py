#: problem: add
#: expect: passed
import os

def add(a, b):
    allowed = {"HOME", "PATH", "TZ", "LC_ALL", "PWD", "PYTHONHASHSEED", "PYTHONUTF8",
               "PYTHONDONTWRITEBYTECODE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS",
               "MKL_NUM_THREADS"}
    assert set(os.environ) <= allowed, set(os.environ) - allowed
    return a + b
