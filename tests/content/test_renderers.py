"""The renderers that others keep for Portable Text know our blocks."""
import json
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from conftest import ROOT
from generate import bodies


def test_npms_renderer_knows_every_type_and_mark(render):
    tools = ROOT / "build/npm-tools"
    if not shutil.which("node") or not (tools / "node_modules/@portabletext/to-html").exists():
        pytest.skip("there is no @portabletext/to-html in build/npm-tools: make lint-contract fetches it")
    stored, kinds = [], set()

    @settings(max_examples=150, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(body=bodies())
    def gather(body):
        blocks = render.fine(body=body)["body"]
        stored.append(json.dumps(blocks))
        kinds.update(block["_type"] for block in blocks)

    gather()
    assert kinds == {"block", "pullquote", "table", "image", "gallery", "embed", "factbox", "code", "divider"}
    done = subprocess.run(["node", ROOT / "openapi/npm/portable-text.mjs", tools], input="\n".join(stored) + "\n", text=True,
                          capture_output=True, timeout=120, check=True)
    assert json.loads(done.stdout) == {"count": len(stored), "unknown": []}
