#: problem: total
#: expect: runtime_error|wrong_answer
import sys
sys.__interactivehook__ = None
sys.last_of_all = 1
print(0)
raise SystemExit('not this way')
