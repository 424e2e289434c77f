#: problem: add
#: expect: no_code
