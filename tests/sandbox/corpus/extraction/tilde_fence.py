#: problem: add
#: expect: passed
~~~py
def add(a, b):
    return a + b
~~~
