"""The server takes no port that is another's."""

import socket

import msgspec
import pytest

from cabas import server
from cabas import settings as settings_module


def test_a_port_on_which_somebody_listens_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(server, "ADDRESS_SECONDS", 0)
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
        there = msgspec.structs.replace(settings_module.load(), port=taken.getsockname()[1])

        with pytest.raises(settings_module.BadSetting, match=f"port {there.port}: Address already in use"):
            server.require_address(there)


def test_a_free_port_is_left_free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]

    server.require_address(msgspec.structs.replace(settings_module.load(), port=free))

    socket.create_server(("127.0.0.1", free)).close()
