#: problem: add
#: expect: output_limit
#: message: that collide
#: begins with: sends_by_itself.py
COLLIDING = ", ".join('[{"$int": "%x"}, 1]' % (n * (2**61 - 1)) for n in range(30_000))

def add(a, b):
    send('{"$dict": [' + COLLIDING + ']}')
    os._exit(0)
