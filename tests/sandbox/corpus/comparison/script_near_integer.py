#: problem: modulus_script
#: expect: wrong_answer
print('1000000000.0')
