#: problem: different_string
#: checker: different_string.py
#: expect: wrong_answer
print(1)
