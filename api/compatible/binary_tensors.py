"""The binary extension of the Open Inference Protocol: a JSON head, then the bytes of the tensors in their order."""

import struct

from api.inputs import refuse

HEADER = "Inference-Header-Content-Length"
LENGTH = struct.Struct("<I")  # before each element of a BYTES tensor


def divide(body: bytes, head_length: str | None) -> tuple[bytes, memoryview]:
    """Splits a request into its JSON and its raw tensors.

    Args:
        body: Of the request.
        head_length: The header `Inference-Header-Content-Length`; without it everything is JSON.

    Raises:
        Problem: 422 if the header is no length within the body.
    """
    if head_length is None:
        return body, memoryview(b"")
    if not (head_length.isascii() and head_length.isdecimal() and len(head_length) < 10):
        refuse(f"Expected {HEADER} to be a number of bytes.")
    if int(head_length) > len(body):
        refuse(f"{HEADER} is larger than the body.")
    return body[: int(head_length)], memoryview(body)[int(head_length) :]


def split_elements(raw: memoryview, count: int) -> list[bytes]:
    """The elements of a BYTES tensor.

    Raises:
        Problem: 422 if the lengths do not fit the bytes.
    """
    found, position = [], 0
    for _ in range(count):
        if position + LENGTH.size > len(raw):
            refuse("The raw tensor ends before its last element.")
        (length,) = LENGTH.unpack_from(raw, position)
        position += LENGTH.size
        if length > len(raw) - position:
            refuse("An element of the raw tensor is longer than the rest of it.")
        found.append(bytes(raw[position : position + length]))
        position += length
    if position != len(raw):
        refuse("The raw tensor has more bytes than its elements.")
    return found


def join_elements(elements: list[bytes]) -> bytes:
    """The bytes of a BYTES tensor."""
    return b"".join(LENGTH.pack(len(element)) + element for element in elements)
