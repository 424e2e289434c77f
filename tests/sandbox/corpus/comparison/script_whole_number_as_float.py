#: problem: modulus_script
#: expect: passed
print(float(input()))
