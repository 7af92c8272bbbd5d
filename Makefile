# vmint: `make run` and `make test` are the two commands to know. `make help` lists the rest.
#   make CC=clang        another compiler            make V=asan test    AddressSanitizer and UBSan
#   make W=1             warnings are errors (CI)    make PREFIX=/usr DESTDIR=/tmp/x install

# The two commands use every processor; others do as -j says.
JOBS := $(shell nproc 2>/dev/null || echo 1)

CC ?= cc
V ?= release
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/vmint

VERSION := 0.1.0
FOLDERS := base probe templates cloud-init provision cli

# What is linked is used by every run; heavier libraries are loaded when first needed (base/lazy.h).
PACKAGES := libcpuid libudev yaml-0.1 jansson libdeflate libzstd
HEADERS := libkmod libarchive libxml-2.0 libcrypto ext2fs com_err fdisk blkid

ifneq ($(MAKECMDGOALS),deps)
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) $(HEADERS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
endif

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition -Wpointer-arith \
	-Wwrite-strings -Wformat=2 -Wvla -Wundef -Wno-missing-field-initializers
ifeq ($(W),1)
WARN += -Werror
endif

CPPFLAGS += -I. -D_GNU_SOURCE -DVMINT_VERSION='"$(VERSION)"'
CFLAGS_release := -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2
CFLAGS_debug := -O0 -g3
CFLAGS_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CFLAGS_fuzz := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
LDFLAGS_asan := -fsanitize=address,undefined
LDFLAGS_fuzz := -fsanitize=address,undefined
CFLAGS_all = -std=c17 $(WARN) $(CFLAGS_$(V)) $(PKG_CFLAGS) $(CFLAGS) -pthread
LIBS = $(PKG_LIBS) -ldl -lm -pthread

# One folder per compiler and variant: their objects never mix.
OUT := build/$(notdir $(firstword $(CC)))-$(V)
SOURCES := $(sort $(wildcard $(addsuffix /*.c,$(FOLDERS))))
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o) $(OUT)/gen/profiles.o
PARTS := $(filter-out $(OUT)/cli/main.o,$(OBJECTS))
UNITS := $(sort $(wildcard tests/unit/test_*.c))
TOOLS := $(sort $(wildcard tests/tools/*.c))
CORPORA := $(sort $(wildcard tests/corpus/*.c))
FUZZERS := $(sort $(wildcard tests/fuzz/fuzz_*.c))
PROFILES := $(sort $(wildcard probe/profiles/*.yaml))

# make VERBOSE=1 shows whole commands.
ifeq ($(VERBOSE),1)
SAY := :
else
Q := @
SAY := printf '  %-3s %s\n'
endif

all: vmint

# ./vmint is always the variant asked for last.
vmint: $(OUT)/vmint
	@cmp -s $< $@ || cp -f $< $@

$(OUT)/vmint: $(OUT)/cli/main.o $(OUT)/libvmint.a
	@$(SAY) LD $@
	$(Q)$(CC) $(CFLAGS_all) $(LDFLAGS) $(LDFLAGS_$(V)) -o $@ $^ $(LIBS)

$(OUT)/libvmint.a: $(PARTS)
	@rm -f $@
	@ar rcs $@ $^

$(OUT)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@$(SAY) CC $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_all) -MMD -MP -c -o $@ $<

# The built-in profiles, as text; kvm is the default and comes first.
$(OUT)/gen/profiles.c: $(PROFILES) probe/profiles.sh
	@mkdir -p $(@D)
	$(Q)probe/profiles.sh $(PROFILES) >$@

$(OUT)/gen/%.o: $(OUT)/gen/%.c
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_all) -c -o $@ $<

$(OUT)/tests/unit/%: tests/unit/%.c $(OUT)/libvmint.a
	@mkdir -p $(@D)
	@$(SAY) CC $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_all) $(LDFLAGS_$(V)) -MMD -MP -o $@ $< $(OUT)/libvmint.a -lcmocka $(LIBS)

$(OUT)/tests/corpus/%: tests/corpus/%.c $(OUT)/libvmint.a
	@mkdir -p $(@D)
	@$(SAY) CC $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_all) $(LDFLAGS_$(V)) -MMD -MP -o $@ $< $(OUT)/libvmint.a $(LIBS)

# Small programs the test scripts drive the library with.
$(OUT)/tests/tools/%: tests/tools/%.c $(OUT)/libvmint.a
	@mkdir -p $(@D)
	@$(SAY) CC $@
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_all) $(LDFLAGS_$(V)) -MMD -MP -o $@ $< $(OUT)/libvmint.a $(LIBS)

build/clang-fuzz/tests/fuzz/%: tests/fuzz/%.c build/clang-fuzz/libvmint.a
	@mkdir -p $(@D)
	@$(SAY) CC $@
	$(Q)clang $(CPPFLAGS) $(CFLAGS_all) -fsanitize=fuzzer $(LDFLAGS_fuzz) -MMD -MP -o $@ $< build/clang-fuzz/libvmint.a $(LIBS)

# A small template to try things on: inspect, import, clone.
sample: build/sample.ova

build/sample.ova: templates/sample/build.sh templates/sample/sample.ovf | vmint
	@$(SAY) OVA $@
	$(Q)templates/sample/build.sh ./vmint $@

run:
	@tests/deps.sh build
	@$(MAKE) --no-print-directory -j$(JOBS) vmint
	@$(MAKE) --no-print-directory -k build/sample.ova || true
	@tests/run.sh

deps:
	@tests/deps.sh

# Fast unit tests: no root, no network, no VM.
check: vmint $(UNITS:%.c=$(OUT)/%)
	@tests/check.sh $(OUT)

test: deps
	@tests/borrow.sh
	@$(MAKE) --no-print-directory -j$(JOBS) test-now

test-now: check $(TOOLS:%.c=$(OUT)/%)
	@$(MAKE) --no-print-directory -k build/sample.ova || true
	@tests/test.sh $(OUT)

# Real hosts and templates captured by others, in ../shared/data; skipped where they are not.
test-corpus: vmint $(CORPORA:%.c=$(OUT)/%) $(TOOLS:%.c=$(OUT)/%)
	@tests/corpus.sh $(OUT)

test-lab: vmint
	@tests/lab/lab.sh quick

test-lab-full: vmint
	@tests/deps.sh lab
	@tests/lab/lab.sh full

# make fuzz SECONDS=120 runs every target that long; FUZZ=fuzz_cpuinfo picks one.
fuzz:
	@$(MAKE) --no-print-directory CC=clang V=fuzz fuzz-build
	@tests/fuzz/run.sh build/clang-fuzz/tests/fuzz $(or $(SECONDS),10) $(FUZZ)

fuzz-build: $(FUZZERS:%.c=build/clang-fuzz/%)

bench: vmint
	@tests/bench/run.sh

lint:
	@tests/lint.sh

install: vmint
	install -D -m 755 vmint $(DESTDIR)$(BINDIR)/vmint
	for m in docs/*.[1-8]; do install -D -m 644 $$m $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/}; done
	for s in docs/*.schema.json; do install -D -m 644 $$s $(DESTDIR)$(DOCDIR)/$${s##*/}; done

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/vmint
	for m in docs/*.[1-8]; do rm -f $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/}; done
	rm -rf $(DESTDIR)$(DOCDIR)

dist:
	git archive --prefix=vmint-$(VERSION)/ -o vmint-$(VERSION).tar.gz HEAD

clean:
	rm -rf build vmint vmint-*.tar.gz

help:
	@echo "targets: all sample run test check test-corpus test-lab test-lab-full fuzz bench lint install uninstall dist deps clean"

.SECONDARY:

-include $(OBJECTS:.o=.d) $(UNITS:%.c=$(OUT)/%.d) $(CORPORA:%.c=$(OUT)/%.d) $(TOOLS:%.c=$(OUT)/%.d)

.PHONY: all sample run deps check test test-now test-corpus test-lab test-lab-full fuzz fuzz-build bench lint install uninstall dist clean help
