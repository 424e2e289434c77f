#: problem: subsets
#: expect: wrong_answer
#: begins with: sends_by_itself.py
def subsets(numbers):
    send('[' + ', '.join(['[' * 190 + ']' * 190] * 2_000) + ']')
    os._exit(0)
