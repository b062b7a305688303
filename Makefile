# Two commands are all a bare Debian 12 needs: `make sample` draws digits, `make check` tests everything.
# Both install the packages below when they are missing.

PACKAGES := build-essential cmake ninja-build pkg-config libjansson-dev nettle-dev libpng-dev liblapacke-dev libcmocka-dev
FORMATTER := clang-format-14
CLANG_PACKAGES := clang libclang-rt-dev libomp-dev
FUZZ_SECONDS := 600
BUILD := build
N := 1024

.PHONY: sample check check-full check-sanitize check-addresses check-threads check-valgrind fuzz build packages \
    packages-clang packages-valgrind format clean

sample: build
	@$(BUILD)/gensample --model models/ncsn.bin -n $(N) --out samples.png
	@echo "The picture is $(CURDIR)/samples.png"

build: packages
	@cmake --preset release -B $(BUILD) >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log
	@cmake --build $(BUILD)

check: build
	@tests/run_all.sh $(BUILD)

# Everything: hours.
check-full: check check-aarch64 check-sanitize check-valgrind check-same-bytes fuzz

check-sanitize: check-addresses check-threads

# The address, leak and undefined-behaviour sanitizers.
check-addresses: packages
	cmake --preset asan && cmake --build --preset asan
	tests/run_all.sh build-asan

# The thread sanitizer.
check-threads: packages-clang
	cmake --preset tsan && cmake --build --preset tsan
	tests/run_all.sh build-tsan

# Uninitialised memory, which the sanitizers above do not see; a part of the work of each test, in scalar code.
check-valgrind: packages-valgrind
	cmake --preset valgrind && cmake --build --preset valgrind
	GENSAMPLE_ISA=scalar GENSAMPLE_TEST_EFFORT=5 OMP_WAIT_POLICY=passive tests/run_all.sh build-valgrind

# FUZZ_SECONDS of each fuzz target.
fuzz: packages-clang
	cmake --preset fuzz && cmake --build --preset fuzz
	tests/fuzz/run.sh build-fuzz $(FUZZ_SECONDS)

packages-clang: packages
	@$(MAKE) --no-print-directory packages PACKAGES="$(CLANG_PACKAGES)"

packages-valgrind: packages
	@$(MAKE) --no-print-directory packages PACKAGES=valgrind

# Asks the package manager only for what is not there.
packages:
	@command -v dpkg-query >/dev/null || { echo "No Debian system; these packages or their like must be there: $(PACKAGES)"; exit 0; }; \
	missing=$$(for p in $(PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	[ -z "$$missing" ] && exit 0; \
	root=; [ "$$(id -u)" -eq 0 ] || root=sudo; \
	echo "Installing:" $$missing; \
	$$root apt-get update -q && $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing

format:
	git ls-files '*.c' '*.h' | xargs $(FORMATTER) -i

clean:
	rm -rf $(BUILD) build-asan build-tsan build-valgrind build-fuzz
