"""What can be known of the deployment without a Docker Engine; docker/try knows the rest."""
import pathlib
import re
import stat
import subprocess

import pytest
import yaml

import marbre

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
COMPOSE = (DOCKER / "compose.yaml").read_text()
EXAMPLE = (DOCKER / ".env.example").read_text()
# What compose.yaml settles itself: addresses inside of the containers, files of secrets, Caddy's address.
SETTLED = {"MARBRE_DATABASE_URL", "MARBRE_MIGRATE_DATABASE_URL", "MARBRE_DATABASE_ROLE", "MARBRE_JWT_KEYS_FILE", "MARBRE_LISTEN",
           "MARBRE_ADMIN_LISTEN", "MARBRE_TRUSTED_PROXIES"}


def settings(**environment):
    """What the server would go by: `marbre check --config`, a line a key."""
    done = marbre.run("check", "--config", **{**dict.fromkeys(marbre.CHEAP, ""), **environment})
    assert done.returncode == 0, done.stderr
    return dict(line.split("    # ")[0].split("=", 1) for line in done.stdout.splitlines())


def services():
    return yaml.safe_load(COMPOSE)["services"]


def variables():
    """What compose.yaml takes from .env, with the default that it names."""
    named = dict(re.findall(r"\$\{([A-Z_]+):-((?:[^{}]|\$\{[^}]*\})*)\}", COMPOSE))
    bare = {key: None for service in services().values() for key, value in service.get("environment", {}).items() if value is None}
    return {**bare, **named}


def test_every_variable_is_explained_and_nothing_else_is():
    explained = re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.M)
    assert sorted(explained) == sorted(set(variables())), "compose.yaml and .env.example name the same variables, each once"
    assert not re.findall(r"^[A-Z]", EXAMPLE, re.M), "as it comes, it sets nothing"


def test_the_defaults_that_are_told_are_the_real_ones():
    told = dict(re.findall(r"^#([A-Z_]+)=(.*)$", EXAMPLE, re.M))
    standard = settings()
    for name, default in variables().items():
        if default is not None:
            assert told[name] == re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", default), name
        else:  # 0 workers are as many as there are cores
            assert told[name] == standard[name] or told[name] == "0" and settings(**{name: "0"}) == standard, name


def test_every_setting_of_the_server_can_be_set():
    keys = set(settings())
    environment = {key.removesuffix("_FILE") if key.removesuffix("_FILE") in keys else key
                   for key in {**services()["api"]["environment"], **services()["migrate"]["environment"]}}
    assert len(keys) > 30 and keys - SETTLED <= environment and environment <= keys


def test_what_serves_is_confined():
    for name, service in services().items():
        assert service["cap_drop"] == ["ALL"] and "no-new-privileges:true" in service["security_opt"], name
        assert service["mem_limit"] and service["pids_limit"], name
        assert service.get("read_only") or name == "db", name
        assert "ports" not in service or name == "caddy", name
    assert not services()["api"].get("cap_add")
    assert "owner_url" not in services()["api"]["secrets"], "no server knows the owner"


def test_secrets_are_made_once_and_are_nobody_elses(tmp_path):
    script = tmp_path / "make-secrets"
    script.write_bytes((DOCKER / "make-secrets").read_bytes())
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    named = {pathlib.Path(secret["file"]).name for secret in yaml.safe_load(COMPOSE)["secrets"].values()}
    assert set(made) == named | {"first_admin"}
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert len({made[name] for name in ("postgres", "owner", "server")}) == 3
    assert re.fullmatch(r"k1:[A-Za-z0-9_-]{43}\n", made["jwt_keys"])
    assert made["owner_url"] == f"postgresql://marbre_owner:{made['owner'].strip()}@db/marbre\n"
    (tmp_path / "secrets/first_admin").unlink()
    again = subprocess.run(["sh", str(script)], check=True, capture_output=True, text=True).stdout
    assert again.count("kept ") == len(made) - 1 and again.count("made ") == 1
    kept = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert all(kept[name] == made[name] for name in named)


def test_secrets_are_kept_out_of_git_and_of_images():
    ignored = (DOCKER / ".gitignore").read_text().split()
    assert {"/secrets/", "/.env"} <= set(ignored)
    allowed = re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(), re.M)
    assert not [path for path in allowed if path.startswith("docker")]


@pytest.mark.parametrize("script", ["make-secrets", "backup", "roll"])
def test_the_scripts_are_plain_sh(script):
    assert (DOCKER / script).read_text().startswith("#!/bin/sh\n") and (DOCKER / script).stat().st_mode & 0o111
    subprocess.run(["sh", "-n", str(DOCKER / script)], check=True)


def test_without_an_engine_the_trial_says_so_and_is_content(tmp_path):
    done = subprocess.run([DOCKER / "try"], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout == "docker/try: there is no docker here: nothing was tried\n"
