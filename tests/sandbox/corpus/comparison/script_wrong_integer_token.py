#: problem: big_script
#: expect: wrong_answer
print(10 ** 18)
