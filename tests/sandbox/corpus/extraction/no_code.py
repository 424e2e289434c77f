#: problem: add
#: expect: no_code
I am sorry, but I cannot solve this problem.
