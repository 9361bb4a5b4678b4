"""The README tells the truth: its shell blocks run as they stand, against a newsroom with the sample in it."""
import re
import subprocess

import pytest

import marbre


@pytest.fixture(scope="module")
def newsroom(scratch):
    server = marbre.Server.dev(scratch / "readme")
    yield server
    server.stop()


def test_the_readmes_walk_runs_line_by_line_and_says_what_it_says(newsroom):
    text = (marbre.ROOT / "README.md").read_text()
    walk = text[text.index("What readers get"):text.index("## The commands")]
    blocks = re.findall(r"```sh\n(.*?)```", walk, re.S)
    assert len(blocks) == 7
    script = "set -eu\n" + "\n".join(blocks).replace("http://127.0.0.1:8080", newsroom.url)
    script = script.replace("/tmp/", f"{newsroom.folder}/")
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    output = done.stdout
    assert re.findall(r"HTTP/1.1 (\d+)", output) == ["201", "404", "200", "304", "404", "201", "308"]
    assert '"slug" : "partager-l-orvance"' in output
    story, admin = output[:output.index('"lea@journal.example"')], output[output.index('"lea@journal.example"'):]
    # After the story's the two tags, one merged into the other, and Léa's account.
    assert re.findall(r'"version" ?: ?(\d+)', story)[-7:] == ["4", "5", "5", "6", "1", "1", "1"]
    assert re.search(r'"password" : "\S{16}"', admin) and '"key" : "mbk_' in admin
    assert re.findall(r'"operation" ?: ?"(\w+)"', admin) == ["unpublish_article", "patch_article", "publish_article"]
    assert '"changed" : ["kicker"]' in output and '"updated_by" : {' in output
    assert output.count("<h2") >= 7
