"""What the fuzzer asserts of any bytes holds for what it found, and for the corpora of others: nothing is read past its
end, and a request split anywhere is the same request."""
import base64
import json
import os
import pathlib
import subprocess
import tarfile

import pytest

import marbre

HERE = pathlib.Path(__file__).parent
REPLAY = pathlib.Path(os.environ.get("MARBRE_FUZZ_REPLAY") or marbre.ROOT / "build/asan/fuzz_replay")


def replay(folder):
    done = subprocess.run([REPLAY, folder], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout.split()[0])


@pytest.mark.parametrize("folder", ["regressions", "seeds"])
def test_what_fuzzing_found_and_what_it_starts_from_is_read_well(folder):
    assert replay(HERE / folder) == len([path for path in (HERE / folder).iterdir() if not path.name.startswith(".")])


def test_the_corpus_of_h2o_reads_the_same_however_it_is_split(tmp_path, corpus):
    with tarfile.open(corpus("h2o-http1-corpus.tgz")) as archive:
        for member in archive:
            if member.name.startswith("fuzz/http1-corpus/") and member.isfile():
                (tmp_path / pathlib.Path(member.name).name).write_bytes(archive.extractfile(member).read())
    assert replay(tmp_path) == 1972


def test_the_corpus_of_llhttp_reads_the_same_however_it_is_split(tmp_path, corpus):
    cases = corpus("h1-llhttp/cases.jsonl").read_text().splitlines()
    for number, line in enumerate(cases):
        (tmp_path / f"{number:03}").write_bytes(base64.b64decode(json.loads(line)["b64"]))
    assert replay(tmp_path) == len(cases) == 120
