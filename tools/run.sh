#!/bin/sh
# run.sh - start Linnet in QEMU with the terminal as its console.
# The Makefile passes: KERNEL IMAGE CMDLINE SMP MEM TRACE GDB MACHINE
#   IMAGE    a cpio archive (plain or gzip)      CMDLINE  more kernel parameters
#   TRACE    all, or a list of system calls      GDB=1    wait for gdb on port 1234
#   MACHINE  microvm (default), q35 or pc
# The exit status is init's; 0 after power-off or reboot, 1 after a panic.
# ^A x ends QEMU, ^A c is its monitor.
set -eu

case ${ACCEL:-auto} in
auto)	if grep -Eqw 'vmx|svm' /proc/cpuinfo && (: <>/dev/kvm) 2>/dev/null; then
		accel="-accel kvm -cpu host"
	else
		accel="-accel tcg -cpu max"
	fi ;;
kvm)	accel="-accel kvm -cpu host" ;;
*)	accel="-accel tcg -cpu max" ;;
esac

machine=${MACHINE:-microvm}
extra="-device isa-debug-exit,iobase=0xf4,iosize=4"
size=
if [ -t 0 ]; then
	# The serial line knows no size: tell the terminal's through the environment.
	size=$(stty size 2>/dev/null | awk '{ print "LINES=" $1 " COLUMNS=" $2 }')
fi
line="console=ttyS0 quiet TERM=${TERM:-linux} $size"
[ -z "${TRACE:-}" ] || line="$line trace=$TRACE"
line="$line ${CMDLINE:-}"	# last: it may have words for init behind --
[ -z "${GDB:-}" ] || extra="$extra -s -S"

status=0
# shellcheck disable=SC2086
qemu-system-x86_64 -M "$machine" $accel -smp "${SMP:-1}" -m "${MEM:-256M}" -nodefaults \
	-no-user-config -no-reboot -nographic -serial mon:stdio $extra \
	-kernel "$KERNEL" -initrd "$IMAGE" -append "$line" || status=$?

# What the guest told isa-debug-exit: (code << 1) | 1.
case $status in
0 | 255)	exit 0 ;;			# power-off, reboot
31)	exit 1 ;;				# panic
*)	if [ $((status & 1)) = 1 ] && [ "$status" -ge 33 ]; then
		exit $(((status >> 1) - 16))	# init's own exit status
	fi
	exit "$status" ;;
esac
