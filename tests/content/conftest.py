import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))


class Renderer:
    """The content room as a program: a body in, all that comes of it out (render.c)."""

    def __init__(self):
        named = os.environ.get("MARBRE_CONTENT_RENDER")
        self.process = subprocess.Popen([named or ROOT / "build/asan/content_render"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def __call__(self, **given):
        self.process.stdin.write(json.dumps(given).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def fine(self, **given):
        made = self(**given)
        assert "faults" not in made, made["faults"]
        return made


@pytest.fixture(scope="session")
def render():
    renderer = Renderer()
    yield renderer
    renderer.process.stdin.close()
    assert renderer.process.wait(timeout=60) == 0


@pytest.fixture(scope="session")
def naughty():
    """The Big List of Naughty Strings, where the corpora are."""
    folder = pathlib.Path(os.environ.get("MARBRE_CORPORA") or ROOT / "../shared/corpora")
    file = folder / "blns.json"
    return json.loads(file.read_text()) if file.exists() else []
