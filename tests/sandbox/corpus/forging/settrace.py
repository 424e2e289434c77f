#: problem: add
#: expect: wrong_answer|runtime_error
import sys

def tracer(frame, event, argument):
    if "expected" in frame.f_locals:
        frame.f_locals["actual"] = frame.f_locals["expected"]
    return tracer

sys.settrace(tracer)
sys.setprofile(tracer)

def add(a, b):
    return None
