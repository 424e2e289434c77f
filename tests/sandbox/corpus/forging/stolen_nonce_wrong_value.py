#: problem: add
#: expect: wrong_answer|runtime_error
import json
import os
import sys

def add(a, b):
    frame = sys._getframe()
    while frame is not None:
        request = frame.f_locals.get("request")
        if isinstance(request, dict) and "nonce" in request:
            text = json.dumps({"value": 3, "nonce": request["nonce"]}).encode()
            os.write(3, len(text).to_bytes(4, "big") + text)
            os._exit(0)
        frame = frame.f_back
