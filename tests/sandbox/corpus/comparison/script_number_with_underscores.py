#: problem: modulus_script
#: expect: wrong_answer
print('1_000_000_007.0')
