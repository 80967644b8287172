#!/bin/sh
# check.sh - what `make check` does:
#   layers   every #include points down, no header cycle (tools/layers.py)
#   format   clang-format over kernel/ tests/ tools/ (`make format` writes it)
#   safety   clang with the kernel's flags and -Wthread-safety over every C file of the kernel
#   user     the same with __user as a pointer that may not be followed (-DCHECK_USER)
#
# All must be clean.  `check.sh format` (layers, safety, user) does one of them;
# VERBOSE=1 shows all that was found, not the first lines.
set -u

cd "$(dirname "$0")/.."
O=${O:-build}
CLANG=${CLANG:-clang-19}
FORMAT=${FORMAT:-clang-format-19}
jobs=$(nproc)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failed=0

show() {
	if [ "${VERBOSE:-0}" = 1 ]; then cat "$1"; else head -n "${2:-20}" "$1"; fi
}

# report NAME TEXT: one line of the result.
report() {
	printf '%-8s %s\n' "$1:" "$2"
}

check_layers() {
	tools/layers.py >"$out/layers" || failed=1
	grep -v '^layers:' "$out/layers"
	report layers "$(sed -n 's/^layers: //p' "$out/layers" | grep . ||
		echo "$(grep -c . "$out/layers") errors")"
}

# UAPI copies keep their own layout; the vDSO and the host tests are formatted like the rest.
check_format() {
	find kernel tests tools \( -name '*.c' -o -name '*.h' \) -print | sort >"$out/all"
	xargs -n 8 -P "$jobs" "$FORMAT" --dry-run -Werror --ferror-limit=1 <"$out/all" 2>"$out/format"
	sed -n 's/^\([^:]*\):[0-9]*:[0-9]*: error: .*/\1/p' "$out/format" | sort -u >"$out/differ"
	n=$(grep -c . "$out/differ")
	if [ "$n" != 0 ]; then
		show "$out/differ"
		failed=1
	fi
	report format "$n of $(grep -c . "$out/all") files differ from .clang-format"
}

# The kernel's own flags for clang, one a line.
kernel_flags() {
	if [ ! -f "$out/flags" ]; then
		make -s --no-print-directory O="$O" CC="$CLANG" DEBUG=0 \
			--eval='check-flags:; @printf "%s\n" $(CPPFLAGS_K) $(CFLAGS_K)' check-flags >"$out/flags"
		# A file may ask for flags of its own; none of these matter to the analysis.
		# Warnings stay warnings here, so that all are seen; they fail the check below.
		grep -v '^-Werror$' "$out/flags" >"$out/flags.warn"
		make -s --no-print-directory O="$O" CC="$CLANG" \
			--eval='check-files:; @printf "%s\n" $(KERNEL_C)' check-files >"$out/files"
	fi
}

# analyse NAME FLAG...: clang over every file; $out/NAME gets what it said.
analyse() {
	name=$1
	shift
	kernel_flags
	printf '%s\n' "$@" | cat "$out/flags.warn" - >"$out/$name.flags"
	# "\\\"" keeps the quotes of -DARCH_INLINE in a response file.
	sed -i 's/"/\\"/g' "$out/$name.flags"
	xargs -n 4 -P "$jobs" "$CLANG" "@$out/$name.flags" -fsyntax-only <"$out/files" >"$out/$name" 2>&1
}

check_safety() {
	analyse safety -Wthread-safety
	grep -E ': (error|fatal error): |-Wthread-safety' "$out/safety" | sort -u >"$out/safety.bad"
	other=$(grep -E ': warning: ' "$out/safety" | grep -vc 'Wthread-safety')
	n=$(grep -c . "$out/safety.bad")
	if [ "$n" != 0 ]; then
		show "$out/safety.bad"
		failed=1
	fi
	[ "$other" = 0 ] || grep -E ': warning: ' "$out/safety" | grep -v 'Wthread-safety' | sort -u >"$out/other"
	if [ "$other" != 0 ]; then # the build with clang has -Werror
		show "$out/other" 10
		failed=1
	fi
	report safety "$(grep -c . "$out/files") files, $n errors, $other other warnings"
}

# Following a __user pointer warns (-Wnoderef); handing one over as an ordinary
# pointer is an error, since it lies in another address space.
check_user() {
	analyse user -DCHECK_USER -ferror-limit=0 -Wno-everything -Wnoderef
	grep -E ': (error|fatal error|warning): ' "$out/user" | sort -u >"$out/user.bad"
	n=$(grep -c . "$out/user.bad")
	if [ "$n" != 0 ]; then
		show "$out/user.bad"
		failed=1
	fi
	report user "$n places where a __user pointer is taken for another"
}

for step in ${*:-layers format safety user}; do
	"check_$step"
done
exit $failed
