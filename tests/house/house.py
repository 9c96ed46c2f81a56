#!/usr/bin/env python3
"""The house rules that a compiler does not check. Each is a function of a source tree's root that
returns its faults, one line each; house_test.py runs them over the project and over planted faults.

    tests/house/house.py [ROOT]     prints the faults; exit code 1 when there are any
"""

import pathlib
import re
import sys

# What a room must not know even if somebody lists it in src/CMakeLists.txt.
STRANGERS = [
    ("http", {"openrtb", "catalog", "bidding", "exchange", "profile", "budget", "cache", "events"}),
    ("cache", {"openrtb", "catalog", "bidding", "exchange", "profile", "budget", "events", "http"}),
    ("events", {"openrtb", "catalog", "bidding", "exchange", "profile", "budget", "cache", "http", "redis"}),
    ("budget", {"openrtb", "catalog", "bidding", "exchange", "profile", "cache", "http"}),
    ("replay", {"bidding", "exchange", "catalog", "profile", "budget", "http", "cache", "redis", "events"}),
    ("market", {"bidding", "exchange", "catalog", "profile", "budget", "http", "cache", "redis", "events"}),
]

# Outside libraries that few rooms keep to themselves: a pattern of its headers, and who may.
KEPT = {
    "simdjson": (r"simdjson", {"openrtb"}),
    "Beast": (r"boost/beast", {"http", "replay"}),
    "zlib": (r"zlib\.h", {"events", "http", "replay"}),
    "date": (r"date/", {"core"}),
    "hiredis": (r"hiredis", {"redis"}),
    "libsodium": (r"sodium", {"exchange", "profile", "replay"}),
    "OpenSSL": (r"openssl/", {"exchange"}),
    "ISA-L": (r"isa-l", {"events"}),
    "zstd": (r"zstd\.h", {"events", "replay"}),
    "libpqxx": (r"pqxx|libpq", {"events", "profile", "market"}),
    "libpcap": (r"pcap/|pcap\.h", {"replay"}),
    "libtins": (r"tins/", {"replay"}),
    "spdlog": (r"spdlog", {"apps"}),
    "CLI11": (r"CLI/", {"apps"}),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)
SOURCES = {".h", ".cpp"}


def sources(root, *folders):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in SOURCES and path.is_file():
                yield path


def includes(path):
    return [name for _, name in INCLUDE.findall(path.read_text(encoding="utf-8"))]


def room_of_file(root, path):
    parts = path.relative_to(root).parts
    return parts[2] if parts[0] == "include" else parts[1]


def room_of_include(name, rooms):
    """Of "bidwell/<room>/x.h" and "<room>/x.h"; None for outside headers."""
    parts = name.split("/")
    if parts[0] == "bidwell" and len(parts) > 2:
        return parts[1]
    return parts[0] if len(parts) > 1 and parts[0] in rooms else None


def declared_rooms(root):
    """bidwell_room(NAME ... ROOMS a b ...) of src/CMakeLists.txt, in its order."""
    text = re.sub(r"#.*", "", (root / "src/CMakeLists.txt").read_text(encoding="utf-8"))
    rooms = {}
    for body in re.findall(r"bidwell_room\(([^)]*)\)", text):
        words = body.split()
        uses, on = set(), False
        for word in words[1:]:
            if word.isupper():
                on = word == "ROOMS"
            elif on:
                uses.add(word)
        rooms[words[0]] = uses
    return rooms


def rooms_of(root):
    return [*declared_rooms(root), "apps"]


def downward(root):
    """Includes point downward, and only to rooms that src/CMakeLists.txt declares."""
    faults = []
    declared = declared_rooms(root)
    rooms = rooms_of(root)
    seen = set()
    for room, uses in declared.items():
        for used in sorted(uses - seen):
            faults.append(f"src/CMakeLists.txt: {room} uses {used}, which does not stand above it")
        seen.add(room)
    for path in sources(root, "include/bidwell", "src"):
        room = room_of_file(root, path)
        where = path.relative_to(root)
        if room not in rooms:
            faults.append(f"{where}: {room} is no room of src/CMakeLists.txt")
            continue
        for name in includes(path):
            other = room_of_include(name, rooms)
            if other is None or other == room:
                continue
            if not name.startswith("bidwell/"):
                faults.append(f"{where}: includes {name}, a private header of {other}")
            elif room != "apps" and other not in declared[room]:
                faults.append(f"{where}: includes {name}, but {other} is none of {room}'s ROOMS")
    return faults


def strangers(root):
    """http knows nothing of bidding, cache nothing of users, replay nothing of the bidder."""
    faults = []
    rooms = rooms_of(root)
    for room, forbidden in STRANGERS:
        for path in sources(root, f"include/bidwell/{room}", f"src/{room}"):
            for name in includes(path):
                if room_of_include(name, rooms) in forbidden:
                    faults.append(f"{path.relative_to(root)}: {room} must not know {name}")
    return faults


def public_headers(root):
    """A header is in include/ only if somebody outside its room includes it, or such a header does."""
    rooms = rooms_of(root)
    wanted = set()
    for path in sources(root, "include/bidwell", "src", "tests", "bench", "fuzz"):
        outside = path.relative_to(root).parts[0] in ("tests", "bench", "fuzz")
        own = None if outside else room_of_file(root, path)
        wanted |= {name for name in includes(path) if room_of_include(name, rooms) != own}
    public = {str(path.relative_to(root / "include")): path
              for path in sources(root, "include/bidwell")}
    follow = [name for name in wanted if name in public]
    while follow:
        for name in includes(public[follow.pop()]):
            if name in public and name not in wanted:
                wanted.add(name)
                follow.append(name)
    return [f"include/{name}: nobody outside its room includes it"
            for name in public if name not in wanted]


def kept_libraries(root):
    """Each of some outside libraries is known to one room alone."""
    faults = []
    for path in sources(root, "include/bidwell", "src"):
        room = room_of_file(root, path)
        for name in includes(path):
            for library, (pattern, owners) in KEPT.items():
                if not re.match(pattern, name):
                    continue
                if room not in owners:
                    faults.append(f"{path.relative_to(root)}: {library} is for {', '.join(sorted(owners))} alone")
                elif path.is_relative_to(root / "include"):
                    faults.append(f"{path.relative_to(root)}: {library} in a public header")
    return faults


def packages(root):
    listed = (root / "packages.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in listed if line and line[0] not in "#["]


def one_package_list(root):
    """packages.txt is the only list: whoever installs asks scripts/install-packages."""
    faults = []
    # Names that are also plain words of a text or commands of a recipe.
    words = {"make", "cmake", "g++", "curl", "ccache", "python3", "valgrind", "clang-14"}
    names = [name for name in packages(root) if name not in words]
    for file, must_ask in (("Makefile", True), ("docker/Dockerfile", True), ("Dockerfile", True),
                           ("README.md", False), (".ci/run", False)):
        path = root / file
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        if must_ask and "install-packages" not in text:
            faults.append(f"{file}: does not ask scripts/install-packages")
        for name in names:
            if re.search(rf"(?<![\w.+-]){re.escape(name)}(?![\w+-])", text):
                faults.append(f"{file}: names the package {name}: that is packages.txt's business")
        if re.search(r"apt(-get)?\s+(-\S+\s+)*install", text):
            faults.append(f"{file}: installs packages by itself")
    return faults


RULES = [downward, strangers, public_headers, kept_libraries, one_package_list]


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    faults = [fault for rule in RULES for fault in rule(root)]
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
