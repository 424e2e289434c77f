#: problem: add
#: expect: passed
import os

def add(a, b):
    assert not os.path.exists("/tmp/left/by/an/earlier/program")
    os.makedirs("/tmp/left/by/an/earlier", exist_ok=True)
    os.rename("/tmp/left", "/tmp/moved")
    open("/tmp/moved/locked", "w").close()
    os.chmod("/tmp/moved", 0)
    os.chmod("/tmp/moved", 0o700)
    import shutil
    shutil.rmtree("/tmp/moved")
    os.makedirs("/tmp/kept", exist_ok=True)
    return a + b
