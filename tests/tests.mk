# Tests: unit-test (host), abi-test, app-test (QEMU).  `make test` is all of them.
.PHONY: test abi-test app-test boot-test hostile-test

ABI_C   := $(sort $(wildcard tests/abi/*.c))
ABI_OBJ := $(ABI_C:%.c=$(O)/%.o)
PYTEST  := PYTHONDONTWRITEBYTECODE=1 O=$(O) /usr/bin/python3 -m pytest -q -p no:cacheprovider

$(O)/tests/abi/%.o: tests/abi/%.c tests/abi/abi_test.h
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -std=gnu11 -O1 -g -Wall -Wextra -Wno-unused-result -Wno-unused-parameter -Wno-sign-compare \
		-Wno-format-truncation -Wno-stringop-overflow -Wno-stringop-overread -Wno-nonnull -c -o $@ $<

$(O)/tests/abi/memory_cases.o $(O)/tests/abi/memory_map_cases.o: tests/abi/memory_cases.h

$(O)/tests/abi/badelf.o $(O)/tests/abi/badelf_image.o: tests/abi/badelf.h tests/abi/badelf_rows.h

$(O)/tests/abi/execlimit.o $(O)/tests/abi/script.o $(O)/tests/abi/sysctl.o: tests/abi/exec_help.h

$(O)/tests/abi.bin: $(ABI_OBJ)
	$(call say,LD,$@)
	$(Q)$(HOSTCC) -static -pthread -o $@ $(ABI_OBJ)

$(O)/abi.cpio: $(O)/tests/abi.bin $(O)/mkcpio tests/abi/make-root.sh
	$(call say,ROOT,$@)
	$(Q)tests/abi/make-root.sh $(O)/root.abi $<
	$(Q)$(O)/mkcpio $(O)/root.abi > $@

# The bombs alone, for a machine that all tests do not fit into.
$(O)/tests/bomb.bin: $(O)/tests/abi/bomb.o $(O)/tests/abi/main.o
	$(call say,LD,$@)
	$(Q)$(HOSTCC) -static -pthread -s -o $@ $^

$(O)/bomb.cpio: $(O)/tests/bomb.bin $(O)/mkcpio tests/abi/make-root.sh
	$(call say,ROOT,$@)
	$(Q)tests/abi/make-root.sh $(O)/root.bomb $<
	$(Q)rm $(O)/root.bomb/ballast*
	$(Q)$(O)/mkcpio $(O)/root.bomb > $@

# The full root and, behind it, interactive programs that only tests want.
$(O)/editors.cpio: $(O)/initramfs.cpio $(O)/mkcpio tests/apps/make-editors.sh
	$(call say,ROOT,$@)
	$(Q)tests/apps/make-editors.sh $(O) $(O)/root.editors
	$(Q)$(O)/mkcpio $(O)/root.editors | cat $(O)/initramfs.cpio - > $@

# The full root and the programs and lists of tests/apps/test_same.py.
$(O)/same.cpio: $(O)/initramfs.cpio $(O)/mkcpio tests/apps/make-same.sh $(wildcard tests/apps/same/*)
	$(call say,ROOT,$@)
	$(Q)tests/apps/make-same.sh $(O) $(O)/root.same
	$(Q)$(O)/mkcpio $(O)/root.same | cat $(O)/initramfs.cpio - > $@

TEST_FILES := $(O)/linnet.elf $(O)/initramfs.cpio $(O)/small.cpio $(O)/abi.cpio $(O)/bomb.cpio $(O)/editors.cpio $(O)/same.cpio

test: unit-test $(TEST_FILES)
	$(Q)$(PYTEST) tests

abi-test: $(TEST_FILES)
	$(Q)$(PYTEST) tests/abi

app-test: $(TEST_FILES)
	$(Q)$(PYTEST) tests/apps

boot-test: $(TEST_FILES)
	$(Q)$(PYTEST) tests/boot

hostile-test: $(TEST_FILES)
	$(Q)$(PYTEST) tests/abi -k hostile
