"""The house holds: includes go down the stairs, a room is one folder and one header, a foreign library has one room."""
import itertools
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Each room with the rooms that it may include: those below it, never one beside or above.
STAIRS = {
    "base": [],
    "http": ["base"],
    "content": ["base"],
    "db": ["base"],
    "auth": ["base", "db"],
    "api": ["base", "http", "content", "db", "auth"],
    "newsroom": ["base", "http", "content", "db", "auth", "api"],
    "server": ["base", "http", "content", "db", "auth", "api", "newsroom"],
    "cli": ["base", "http", "content", "db", "auth", "api", "newsroom", "server"],
}
# Headers of foreign libraries, with the rooms that alone may include them. libevent's loop and jansson's values are
# vocabulary: base's header brings them to everybody. http keeps its events inside its own structs, which takes one header
# more; tools run while building.
FOREIGN = {
    r"event2/event_struct\.h": ["base", "http"], r"event2/": ["base"], r"jansson\.h": ["base", "tools"],
    r"sodium\.h": ["base"], r"unicode/": ["base"], r"libpq-fe\.h": ["db"], r"jwt\.h": ["auth"], r"yaml\.h": ["content", "tools"],
    r"md4c": ["content"], r"zlib\.h": [], r"brotli/": [],  # nobody compresses yet
}
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.M)


def room_of(path):
    relative = path.relative_to(ROOT)
    return relative.stem if relative.parts[0] == "include" else relative.parts[1]


def sources():
    for path in sorted([*ROOT.glob("src/**/*.[ch]"), *ROOT.glob("include/marbre/*.h")]):
        yield path, room_of(path), INCLUDE.findall(path.read_text())


def test_every_room_is_a_folder_with_one_header():
    rooms = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()} - {"tools"}
    assert rooms == set(STAIRS)
    headers = {path.stem for path in (ROOT / "include/marbre").glob("*.h")}
    assert headers == set(STAIRS) - {"cli"}, "cli is the top of the stairs: nobody includes it"


def test_includes_go_down_the_stairs():
    wrong = []
    for path, room, includes in sources():
        for name in includes:
            match = re.fullmatch(r"marbre/(\w+)\.h", name)
            allowed = STAIRS.get(room, ["base"]) + [room]
            if match and match.group(1) not in allowed:
                wrong.append(f"{path.relative_to(ROOT)} includes {name}")
    assert not wrong


def test_what_a_room_keeps_to_itself_is_not_included_from_outside():
    wrong = []
    for path, room, includes in sources():
        for name in includes:
            target = (path.parent / name).resolve()
            if target.exists() and ROOT / "src" in target.parents and room_of(target) != room:
                wrong.append(f"{path.relative_to(ROOT)} includes {name}")
    assert not wrong


def test_a_foreign_library_has_one_room():
    wrong = []
    for path, room, includes in sources():
        for name in includes:
            owners = next((owners for pattern, owners in FOREIGN.items() if re.match(pattern, name)), [room])
            if room not in owners:
                wrong.append(f"{path.relative_to(ROOT)} includes <{name}>, which belongs to {owners}")
    assert not wrong


def test_every_file_includes_its_own_promise_first():
    for path, room, includes in sources():
        if path.suffix == ".c" and room in STAIRS:
            first = includes[0]
            own = (path.parent / first).is_file() and not first.startswith("..")
            assert own or first.endswith((f"marbre/{room}.h", "_internal.h", "cli.h")), path


def layers_of_api():
    """Each header of the api room with the files that stand on it, from the top down, as the room's README lists them."""
    block = (ROOT / "src/api/README.md").read_text().split("```")[1]
    files = {path.stem for path in (ROOT / "src/api").glob("*.c")}
    layers = {}
    for line in block.strip().splitlines():
        header, *words = line.split() if line[0] != " " else [None]
        if header:
            names = list(itertools.takewhile(files.__contains__, words))
            layers[header] = names
    return layers


def test_the_files_of_the_api_stand_in_layers():
    """A circle of files is read as a whole or not at all; in layers each is understood from those below it."""
    layers = layers_of_api()
    order = list(layers)
    listed = [name for names in layers.values() for name in names]
    assert sorted(listed) == sorted(path.stem for path in (ROOT / "src/api").glob("*.c")), "each file stands on one line"
    assert sorted(order) == sorted(path.name for path in (ROOT / "src/api").glob("*.h")), "and each header has one"
    wrong = []
    for level, (header, names) in enumerate(layers.items()):
        for path in [ROOT / "src/api" / header, *(ROOT / f"src/api/{name}.c" for name in names)]:
            for name in INCLUDE.findall(path.read_text()):
                if name in order and name != header and order.index(name) <= level:
                    wrong.append(f"{path.name} includes {name}, which stands above it")
    assert not wrong


def test_the_top_holds_what_was_asked_for_and_nothing_else():
    allowed = {"CMakeLists.txt", "Makefile", "README.md", "src", "include", "migrations", "tests", "openapi", "docker",
               "build"}
    there = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert there <= allowed, there - allowed


def test_each_top_folder_says_what_lives_in_it():
    for folder in ("src", "include", "migrations", "tests", "openapi", "docker"):
        assert (ROOT / folder / "README.md").is_file(), f"{folder} has no README.md"
