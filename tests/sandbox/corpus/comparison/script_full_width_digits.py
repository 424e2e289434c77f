#: problem: modulus_script
#: expect: wrong_answer
print('\uff11\uff10\uff10\uff10\uff10\uff10\uff10\uff10\uff10\uff17.0')
