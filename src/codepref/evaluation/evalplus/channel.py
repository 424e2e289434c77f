"""The line between the grading command and its sandboxes: one item in, one answer out.

Nothing that one program needs lies where another could find it: an item and an open file come over
a socket when their turn has come, and the program's process has closed both before it runs a line
of foreign code. The socket ends with the sandbox, which so can neither answer twice nor for others.

A message is four bytes of length (big endian), then JSON. A descriptor travels with the length.
"""

import json
import os
import socket
from collections.abc import Callable
from typing import Any

LENGTH = 4
LONGEST_ANSWER = 1 << 20  # bytes; ours are far below 1 KB


class Broken(Exception):
    """The other end is gone, or what it sends is no message."""


def send(connection: socket.socket, message: Any, descriptor: int | None = None) -> None:
    """Send a message, and a descriptor with it.

    Raises:
        Broken: the other end is gone.
    """
    data = json.dumps(message).encode()
    descriptors = [] if descriptor is None else [descriptor]
    try:
        socket.send_fds(connection, [len(data).to_bytes(LENGTH)], descriptors)
        connection.sendall(data)
    except OSError as error:
        raise Broken(str(error)) from error


def receive(connection: socket.socket, longest: int | None = None) -> tuple[Any, int | None]:
    """Return the next message and the descriptor that came with it; None at the end of all.

    Raises:
        Broken: the connection ends inside a message, or it is none, or longer than ``longest``.
    """
    try:
        head, descriptors, _, _ = socket.recv_fds(connection, LENGTH, 1)
        if not head:
            return None, None
        head += _exactly(connection, LENGTH - len(head))
        length = int.from_bytes(head)
        if longest is not None and length > longest:
            raise Broken(f"a message of {length} bytes")
        message = json.loads(_exactly(connection, length))
    except (OSError, ValueError, RecursionError) as error:
        raise Broken(str(error)) from error
    return message, descriptors[0] if descriptors else None


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = connection.recv(min(count - len(data), 1 << 20))
        if not part:
            raise Broken("it ends inside a message")
        data += part
    return bytes(data)


def serve(answer: Callable[[Any, int], Any]) -> None:
    """In the sandbox: answer what comes over standard input until it ends.

    ``answer`` gets an item and a descriptor, which is closed afterwards.
    """
    connection = socket.socket(fileno=os.dup(0))
    send(connection, {"ready": True})
    while True:
        item, descriptor = receive(connection)
        if item is None:
            return
        assert descriptor is not None
        try:
            found = answer(item, descriptor)
        finally:
            os.close(descriptor)
        send(connection, found)
