# Two commands are all a bare Debian 12 needs: `make sample` draws digits, `make check` tests everything.
# Both install the packages below when they are missing.

PACKAGES := build-essential cmake ninja-build pkg-config libjansson-dev nettle-dev libpng-dev liblapacke-dev libcmocka-dev
FORMATTER := clang-format-14
BUILD := build
PREFIX := /usr/local
N := 1024

.PHONY: sample check check-sanitize check-threads build install docs packages format clean

sample: build
	@$(BUILD)/gensample --model models/ncsn.bin -n $(N) --out samples.png
	@echo "The picture is $(CURDIR)/samples.png"

build: packages
	@cmake --preset release -B $(BUILD) >$(BUILD).log 2>&1 || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log
	@cmake --build $(BUILD)

check: build
	@tests/run_all.sh $(BUILD)

# Address and undefined-behaviour sanitizers, then the thread sanitizer, each in its own folder.
check-sanitize: packages
	cmake --preset asan && cmake --build --preset asan
	tests/run_all.sh build-asan

check-threads: packages
	cmake --preset tsan && cmake --build --preset tsan
	tests/run_all.sh build-tsan

# Into PREFIX, below DESTDIR if it is given.
install: build
	DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)

# The public interface as web pages.
docs: PACKAGES := doxygen
docs: packages
	mkdir -p $(BUILD)/docs && DOCS=$(BUILD)/docs doxygen Doxyfile
	@echo "The pages begin at $(CURDIR)/$(BUILD)/docs/index.html"

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
	rm -rf $(BUILD) build-asan build-tsan
