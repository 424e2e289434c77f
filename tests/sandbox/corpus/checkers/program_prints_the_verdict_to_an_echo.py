#: problem: different_string
#: checker: echoes.py
#: expect: wrong_answer
#: message: the checker failed (it answered '1\n\n0', not 1 or 0)
print(1)
