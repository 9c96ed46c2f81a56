# The front door: each target installs what it needs (packages.txt), configures and builds.
# CMakePresets.json holds the build types; everything lands under build/.

PRESET ?= release
BIN := build/$(PRESET)/bin

.PHONY: help build run test bench fuzz asan tsan format clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

build:  ## build the executables into build/release/bin
	@scripts/install-packages build test
	@cmake --preset $(PRESET)
	@cmake --build --preset $(PRESET)

run: build  ## start the bidder on its embedded default and show a first bid
	@scripts/first-bid $(BIN)/bidwell

test: build  ## build and run every test
	@ctest --preset $(PRESET)

bench:  ## measure against a raw epoll floor and nginx, side by side in one run
	@scripts/install-packages build test bench
	@cmake --preset $(PRESET) && cmake --build --preset $(PRESET)
	@scripts/bench build/$(PRESET)

asan:  ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) test PRESET=asan-ubsan

tsan:  ## every test under ThreadSanitizer
	@$(MAKE) test PRESET=tsan

fuzz:  ## run each fuzz target for FUZZ_SECONDS (default 600)
	@scripts/install-packages build test
	@cmake --preset fuzz && cmake --build --preset fuzz
	@scripts/fuzz build/fuzz/bin

format:  ## clang-format in place
	@git ls-files '*.h' '*.cpp' | xargs clang-format -i

clean:  ## remove build/
	@rm -rf build
