#: problem: subsets
#: expect: output_limit
#: message: too many lists
#: begins with: sends_by_itself.py
def subsets(numbers):
    send('[' + ', '.join(['[' * 190 + ']' * 190] * 30_000) + ']')
    os._exit(0)
