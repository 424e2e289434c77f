#: problem: sum_of_many
#: expect: timeout
#: message: CPU time
#: begins with: sends_by_itself.py
def sum_of_many(numbers):
    send(sum(numbers))
    while True:
        pass
