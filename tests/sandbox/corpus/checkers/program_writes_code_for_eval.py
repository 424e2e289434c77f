#: problem: signed_binary
#: checker: evaluates.py
#: expect: wrong_answer
#: message: a checker must not run text as code
print("print(1) or __import__('os')._exit(__import__('sys').stdout.flush() or 0)")
