#!/bin/sh
# make-root.sh DIR KIND - lay out a root file system of unmodified Debian
# programs.
#   small   busybox-static alone: about 2 MB, the boot benchmark's root
#   full    busybox and the dynamic glibc programs people expect
set -eu

dir=$1
kind=$2
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$dir"
mkdir -p "$dir"

if [ "$kind" = full ]; then
	"$here/../fetch-deb.sh" "$(dirname "$dir")/debian" \
		libc6 libc-bin bash dash coreutils findutils grep sed gawk gzip tar less procps mount \
		libtinfo6 libselinux1 libpcre2-8-0 libacl1 libattr1 libgmp10 libreadline8 \
		libmpfr6 libsigsegv2 libproc2-0 libsystemd0 libncursesw6 libblkid1 \
		libmount1 libsmartcols1 libuuid1 zlib1g liblz4-1 liblzma5 libzstd1 \
		libcap2 libgcrypt20 libgpg-error0 libudev1 ncurses-base util-linux
	debian=$(dirname "$dir")/debian
	# Debian's root is usrmerged: /bin and the like are links into /usr.
	mkdir -p "$dir/usr/bin" "$dir/usr/sbin" "$dir/usr/lib" "$dir/usr/lib64"
	for sub in bin sbin lib lib64; do
		ln -s "usr/$sub" "$dir/$sub"
		[ -d "$debian/$sub" ] && cp -a "$debian/$sub/." "$dir/usr/$sub/"
	done
	for sub in usr/bin usr/sbin usr/lib usr/libexec; do
		[ -d "$debian/$sub" ] && mkdir -p "$dir/$sub" && cp -a "$debian/$sub/." "$dir/$sub/"
	done
	mkdir -p "$dir/usr/share"
	[ -d "$debian/usr/share/awk" ] && cp -a "$debian/usr/share/awk" "$dir/usr/share/"
	rm -rf "$dir/usr/lib/x86_64-linux-gnu/gconv" "$dir/usr/lib/locale"
else
	mkdir -p "$dir/bin" "$dir/sbin" "$dir/usr/bin" "$dir/usr/sbin"
fi

mkdir -p "$dir/dev" "$dir/proc" "$dir/sys" "$dir/tmp" "$dir/root" "$dir/etc" "$dir/run" \
	"$dir/var/tmp" "$dir/var/log" "$dir/home" "$dir/mnt"
chmod 1777 "$dir/tmp" "$dir/var/tmp"
cp "$(command -v busybox)" "$dir/bin/busybox"

# A link for each applet that no package has brought.
busybox --list | while read -r applet; do
	[ "$applet" = busybox ] && continue
	[ -e "$dir/bin/$applet" ] || [ -e "$dir/usr/bin/$applet" ] ||
		[ -e "$dir/sbin/$applet" ] || [ -e "$dir/usr/sbin/$applet" ] ||
		ln -s busybox "$dir/bin/$applet"
done
[ -e "$dir/bin/sh" ] || ln -s busybox "$dir/bin/sh"
for name in poweroff reboot halt; do
	rm -f "$dir/bin/$name"
	cp "$here/power" "$dir/bin/$name"
done

cp "$here/init" "$dir/init"
chmod 755 "$dir/init"
cp "$here/passwd" "$here/group" "$here/profile" "$here/hostname" "$dir/etc/"
