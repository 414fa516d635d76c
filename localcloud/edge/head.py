"""Reads just enough of a connection's first request to know where the connection belongs."""

import re

HOST = re.compile(rb"\r\nhost:[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)", re.IGNORECASE)
NAME = re.compile(r"[a-z0-9.-]{1,253}|\[[0-9a-f:.]+\]")


class BadHead(ValueError):
    """The request names no host, or more than one."""


def complete(data: bytes) -> bool:
    """Whether the head of the request has arrived."""
    return b"\r\n\r\n" in data


def host_of(data: bytes) -> str:
    """The host of the first request in lower case, without port; raises BadHead."""
    head = data[: data.index(b"\r\n\r\n") + 2]
    values = HOST.findall(head)
    if len(values) != 1:
        raise BadHead("a request must name one host")
    return host_name(values[0].decode("latin-1"))


def host_name(value: str) -> str:
    """The host of a Host header, without port; raises BadHead."""
    name, separator, port = value.lower().rpartition(":")
    if not separator or not port.isdecimal():
        name = value.lower()
    if not NAME.fullmatch(name):
        raise BadHead("not a host name")
    return name
