"""Fixtures that every folder of tests may use. One server serves each process of a run; a story that breaks things starts its
own."""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))

import marbre  # noqa: E402
import template  # noqa: E402

# What takes longest begins first, so that processes side by side end together.
LONGEST = ["test_properties.py", "test_desk_list.py", "test_database.py", "test_roll.py", "test_faults.py", "test_broken_database.py",
           "test_migrate.py", "test_naughty.py", "test_rights.py", "test_metrics.py", "test_dev.py",
           "test_sponsorship_privacy.py", "test_command_line.py"]


def quickest_place():
    """Where clusters are copied and written quickest: in memory, where there is plenty of it."""
    memory = pathlib.Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30 else pathlib.Path("/tmp")


def make_shared():
    """A folder, short enough for a unix socket and reachable by PostgreSQL's user; what runs left that were killed goes."""
    place = quickest_place()
    for left in place.glob("marbre-test-*-*"):
        if not pathlib.Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    shared = tempfile.mkdtemp(prefix=f"marbre-test-{os.getpid()}-", dir=place)
    pathlib.Path(shared).chmod(0o755)
    return shared


def pytest_configure(config):
    """One folder a run, which the processes of the run share for templates alone; each has its scratch in it."""
    shared = getattr(config, "workerinput", {}).get("shared")
    if shared is None:
        shared = make_shared()
        config.add_cleanup(lambda: shutil.rmtree(shared, ignore_errors=True))
    config.shared = pathlib.Path(shared)
    marbre.Server.templates = template.Templates(config.shared)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["shared"] = str(node.config.shared)


def pytest_collection_modifyitems(items):
    order = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


@pytest.fixture(scope="session")
def scratch(pytestconfig):
    """A folder for this process, where nobody else is."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="s", dir=pytestconfig.shared))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def server(scratch):
    server = marbre.Server.dev(scratch / "run", "--empty")
    yield server
    status = server.stop()
    assert status == 0, f"marbre ended with {status}:\n{server.log_text()[-4000:]}"
    assert "ERROR: AddressSanitizer" not in server.log_text() and "runtime error" not in server.log_text()


@pytest.fixture(scope="session")
def corpus():
    """Finds test cases of others by name; a story that needs them is skipped where they are missing."""
    folder = pathlib.Path(os.environ.get("MARBRE_CORPORA") or marbre.ROOT / "../shared/corpora")

    def find(name):
        if not (folder / name).exists():
            pytest.skip(f"there is no {folder / name}")
        return folder / name
    return find


@pytest.fixture(scope="session")
def reader(server):
    return server.client()


@pytest.fixture(scope="session")
def editor(server):
    return server.client("editor")


@pytest.fixture(scope="session")
def contributor(server):
    return server.client("contributor")


@pytest.fixture(scope="session")
def chief(server):
    return server.client("chief")


@pytest.fixture(scope="session")
def sales(server):
    return server.client("sales")


@pytest.fixture(scope="session")
def admin(server):
    return server.client("admin")


@pytest.fixture(scope="session")
def filing(server, chief):
    """Two sections, two tags and two authors to file stories under."""
    return {
        "politique": chief.make("sections", name="Politique", position=1),
        "international": chief.make("sections", name="International", position=2),
        "chine": chief.make("tags", name="Chine", kind="place"),
        "diplomatie": chief.make("tags", name="Diplomatie", kind="topic"),
        "nadia": chief.make("authors", name="Nadia Morel", bio="Correspondante à Pékin depuis 2019."),
        "paul": chief.make("authors", name="Paul Weiss", bio=None),
    }


@pytest.fixture(scope="module")
def site(server):
    """A server for readers' forms: nobody is too fast, and the tests are its proxy, so each story has addresses of its own."""
    site = server.serve_beside(**marbre.SIDE_BY_SIDE, MARBRE_TRUSTED_PROXIES="127.0.0.1", MARBRE_FORM_SECONDS_MIN="0",
                               MARBRE_RATE_FORM="5/3600", MARBRE_RATE_FORM_ALL="0", MARBRE_SPONSORSHIP_PER_EMAIL="3/86400",
                               MARBRE_SPONSORSHIP_BURST="0", MARBRE_SPONSORSHIP_LINKS="2")
    yield site
    assert site.stop() == 0
