#!/usr/bin/env python3
"""Runs the house rules (house.py) over the project, and over copies of it with a fault planted in
each: a rule that finds nothing must be able to find something.

    tests/house/house_test.py ROOT
"""

import pathlib
import shutil
import sys
import tempfile
import unittest

import house

ROOT = pathlib.Path()


class TheProject(unittest.TestCase):
    def test_keeps_the_rules(self):
        for rule in house.RULES:
            with self.subTest(rule=rule.__name__):
                self.assertEqual(rule(ROOT), [])

    def test_has_what_the_rules_are_about(self):
        rooms = house.declared_rooms(ROOT)
        self.assertIn("core", rooms["http"])
        self.assertIn("catalog", rooms["bidding"])
        self.assertGreater(len(list(house.sources(ROOT, "include/bidwell", "src"))), 50)
        self.assertIn("libsimdjson-dev", house.packages(ROOT))


class PlantedFaults(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        for part in ("include", "src", "tests", "bench", "fuzz", "docker", "packages.txt", "Makefile",
                     "README.md", ".ci"):
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, self.root / part)
            elif (ROOT / part).is_file():
                shutil.copy(ROOT / part, self.root / part)

    def plant(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        before = target.read_text(encoding="utf-8") if target.exists() else ""
        target.write_text(before + "\n" + text + "\n", encoding="utf-8")

    def assert_found(self, rule, *words):
        faults = rule(self.root)
        self.assertEqual(len(faults), 1, faults)
        for word in words:
            self.assertIn(word, faults[0])

    def test_an_include_that_points_upward(self):
        self.plant("src/core/money.cpp", '#include "bidwell/http/server.h"')
        self.assert_found(house.downward, "src/core/money.cpp", "http")

    def test_an_include_of_a_room_that_is_not_listed(self):
        self.plant("include/bidwell/ops/config.h", '#  include "bidwell/catalog/load.h"')
        self.assert_found(house.downward, "include/bidwell/ops/config.h", "catalog")

    def test_an_include_of_another_rooms_private_header(self):
        self.plant("src/apps/serve.cpp", '#include "http/worker.h"')
        self.assert_found(house.downward, "src/apps/serve.cpp", "private header of http")

    def test_a_folder_that_is_no_room(self):
        self.plant("src/misc/x.h", "#pragma once")
        self.assert_found(house.downward, "src/misc/x.h", "no room")

    def test_rooms_in_the_wrong_order(self):
        self.plant("src/CMakeLists.txt", "bidwell_room(late SOURCES a.cpp ROOMS core later USES x)")
        self.assert_found(house.downward, "late uses later")

    def test_http_that_knows_of_bidding(self):
        self.plant("src/http/router.cpp", '#include "bidwell/openrtb/request.h"')
        self.assert_found(house.strangers, "src/http/router.cpp")

    def test_a_cache_that_knows_of_users(self):
        self.plant("src/cache/l1.h", "#include <bidwell/profile/codec.h>")
        self.assert_found(house.strangers, "src/cache/l1.h")

    def test_a_public_header_that_nobody_needs(self):
        self.plant("include/bidwell/http/idle.h", "#pragma once")
        self.plant("src/http/router.cpp", '#include "bidwell/http/idle.h"')
        self.assert_found(house.public_headers, "include/bidwell/http/idle.h")
        self.plant("bench/idle.cpp", '#include "bidwell/http/idle.h"')
        self.assertEqual(house.public_headers(self.root), [])

    def test_a_library_outside_its_room(self):
        self.plant("src/bidding/facts.cpp", "#include <simdjson.h>")
        self.assert_found(house.kept_libraries, "src/bidding/facts.cpp", "simdjson")

    def test_a_library_in_its_rooms_public_header(self):
        self.plant("include/bidwell/http/server.h", "#include <boost/beast/http.hpp>")
        self.assert_found(house.kept_libraries, "include/bidwell/http/server.h", "public")

    def test_each_library_is_looked_for(self):
        for header in ("hiredis/hiredis.h", "pqxx/pqxx", "sodium.h", "libpq-fe.h", "boost/beast.hpp", "zlib.h",
                       "spdlog/spdlog.h", "CLI/CLI.hpp"):
            self.plant(f"src/core/{header.replace('/', '_')}.cpp", f"#include <{header}>")
        self.assertEqual(len(house.kept_libraries(self.root)), 8)

    def test_a_second_list_of_packages(self):
        for file, text in (("Makefile", "\tsudo apt-get install -y jq"),
                           ("docker/Dockerfile", "RUN apt install -y jq"),
                           ("README.md", "You need libfmt-dev and a compiler.")):
            with self.subTest(file=file):
                clean = (self.root / file).read_text(encoding="utf-8")
                self.plant(file, text)
                self.assert_found(house.one_package_list, file)
                (self.root / file).write_text(clean, encoding="utf-8")

    def test_a_makefile_that_does_not_ask(self):
        (self.root / "Makefile").write_text("build:\n\tcmake --build build\n", encoding="utf-8")
        self.assert_found(house.one_package_list, "Makefile", "does not ask")


if __name__ == "__main__":
    ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
