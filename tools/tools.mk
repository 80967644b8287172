# Host tools, root file systems, and the targets a person types.
.PHONY: deps run check format compile_commands.json

CMDLINE ?=
SMP     ?= 1
MEM     ?= 256M
TRACE   ?=
GDB     ?=
MACHINE ?= microvm
IMAGE   ?= $(O)/initramfs.cpio

deps:
	$(Q)tools/deps.sh

$(O)/mkcpio: tools/mkcpio/mkcpio.c
	$(call say,HOSTCC,$@)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 -g -Wall -Wextra -Werror -o $@ $<

# build/initramfs.cpio is the full root; build/small.cpio busybox alone.
ROOT_FILES := tools/root/make-root.sh tools/fetch-deb.sh $(wildcard tools/root/*)
$(O)/initramfs.cpio: $(ROOT_FILES) $(O)/mkcpio
	$(call say,ROOT,$@)
	$(Q)tools/root/make-root.sh $(O)/root full
	$(Q)$(O)/mkcpio $(O)/root > $@

$(O)/small.cpio: $(ROOT_FILES) $(O)/mkcpio
	$(call say,ROOT,$@)
	$(Q)tools/root/make-root.sh $(O)/root.small small
	$(Q)$(O)/mkcpio $(O)/root.small > $@

# Words reach the script by the environment, whatever quotes they have.
run: export RUN_CMDLINE = $(value CMDLINE)
run: export RUN_TRACE = $(value TRACE)
run: $(O)/linnet.elf $(IMAGE)
	@KERNEL=$(O)/linnet.elf IMAGE=$(IMAGE) CMDLINE="$$RUN_CMDLINE" SMP=$(SMP) MEM=$(MEM) \
		TRACE="$$RUN_TRACE" GDB='$(GDB)' MACHINE=$(MACHINE) tools/run.sh

# Where the boot's instructions go: build/timeline.svg.  TIMELINE_ROOT is booted.
TIMELINE_ROOT ?= $(O)/small.cpio
.PHONY: timeline
timeline: $(O)/linnet.elf $(TIMELINE_ROOT)
	$(Q)timeout 60 qemu-system-x86_64 -M $(MACHINE) -accel tcg -cpu max -smp $(SMP) -m $(MEM) -nodefaults \
		-no-user-config -no-reboot -nographic -serial stdio -icount shift=0,sleep=off -seed 1 \
		-kernel $(O)/linnet.elf -initrd $(TIMELINE_ROOT) \
		-append "console=ttyS0 quiet boot.timeline=1 rdinit=/bin/true $(CMDLINE)" </dev/null >$(O)/timeline.log
	$(Q)tools/timeline.py $(O)/timeline.log > $(O)/timeline.svg
	$(Q)grep '^timeline:' $(O)/timeline.log
	@echo '$(O)/timeline.svg'

check:
	$(Q)tools/check.sh

format:
	$(Q)find kernel tests tools -name '*.[ch]' | xargs -n 16 -P 2 clang-format-19 -i

compile_commands.json:
	$(call say,GEN,$@)
	$(Q)( echo '['; sep=; for f in $(KERNEL_C); do \
		echo "$$sep{\"directory\":\"$(CURDIR)\",\"file\":\"$$f\",\"command\":\"$(CC) \
		$(subst ",\\\",$(subst ',,$(CPPFLAGS_K))) $(CFLAGS_K) -c $$f\"}"; sep=,; done; echo ']' ) > $@

.PHONY: docs
docs:
	$(call say,GEN,docs/abi.md)
	@mkdir -p $(O)
	$(Q)tools/abi-doc.py > $(O)/abi.md && mv $(O)/abi.md docs/abi.md
