"""Where browsers give a page the camera, and what is said where they do not."""

import pytest

from pages.parts.classify.camera import camera_problem


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/classify?way=Camera",
        "http://localhost:8501/classify",
        "http://127.0.0.1:8501/",
        "http://[::1]:8501/",
        "http://app.localhost/",
        "",
        None,
    ],
)
def test_a_secure_address_has_a_camera(address):
    assert camera_problem(address) == ""


@pytest.mark.parametrize(
    "host", ["192.168.1.7", "example.org", "localhost.example.org", "[fe80::1]"]
)
def test_over_plain_http_it_says_why_there_is_none_and_what_works(host):
    problem = camera_problem(f"http://{host}:8501/classify?way=Camera")
    assert f"http://{host.strip('[]')}" in problem
    for way in ("https", "http://localhost", "Upload"):
        assert way in problem
