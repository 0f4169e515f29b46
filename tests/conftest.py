"""No test may open a network connection; the shipped model is loaded once."""

import gc
import socket

import pytest

import stance


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a test tried to open a network connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.fixture
def no_collector():
    """For tests that time: the garbage of a thousand other tests is not collected on their clock."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="session")
def model():
    return stance.load()
