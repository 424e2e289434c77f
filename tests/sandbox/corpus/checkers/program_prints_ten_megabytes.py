#: problem: signed_binary
#: checker: signed_binary.py
#: expect: wrong_answer
print("1 " * 5_000_000)
