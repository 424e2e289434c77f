#: problem: total
#: expect: wrong_answer
pass
