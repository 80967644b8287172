# ls: every kind of file
touch a .b 'c d'
mkdir -p x/y
ln -s a l
ln -s nosuch broken
ln a h
mkfifo f
mknod null c 1 3
mknod disk b 8 1
chmod 4755 a
chmod 1777 x
touch -d '2020-02-03 04:05:06.123456789' a x x/y . .b 'c d' f null disk
touch -h -d '2020-02-03 04:05:06' l broken
ls -a
ls -lA
ls -lAn --full-time
ls -i | wc -l
ls -R
ls -F
ls -1s
ls -l --time=atime a
ls --color=always | cat -v
ls -Z
ls -lt
ls -lS
ls -lU | wc -l
ls -d */ .
ls -lL l
ls -lH l
try ls nosuch
try ls -l broken/
try ls -L broken
try ls a/
ls -Q --group-directories-first
vdir -d x
dir

# stat
touch -d '2020-02-03 04:05:06.123456789' a
chmod 640 a
ln a b
mkdir d
touch -d '2020-02-03 04:05:06.123456789' d
mkfifo f
mknod n c 5 7
ln -s a l
touch -h -d @1000 f n l
stat -c '%n %a %A %b %B %F %f %g %G %h %m %N %o %s %t %T %u %U %x %X %y %Y' a d f n l
stat -c '%w %W' a | numbers
stat -L -c '%n %F %s' l
stat -t a | numbers
stat a | sed -n '1p;4p;5,6p'
stat -f -c '%n %t %T %S %s %l' .
stat -f -c '%T' /proc /dev/pts /dev/shm
stat -c '%n %F %a %h %s' /proc/self/status /proc/self/fd/0 /proc/version /dev/null /dev/ptmx /dev/pts
try stat nosuch
try stat -c %n a nosuch
stat - </dev/null | sed -n '1p;2p' | numbers
[ "$(stat -c %i a)" = "$(stat -c %i b)" ] && echo "one inode"

# touch
touch -d @1000000000.5 a
stat -c '%x %y' a
touch -a -d @5 a
touch -m -d @-7 a
stat -c '%X %Y' a
touch -r a b
stat -c '%X %Y' b
touch -c nosuch
ls nosuch
touch -t 203801190314.08 a
stat -c %Y a
touch -d @9000000000 a
stat -c %Y a
try touch nosuch/x
try touch a/x
touch /proc/version; echo $?
before=$(date +%s)
touch a
[ "$(stat -c %Y a)" -ge "$before" ] && echo now

# cp: what is kept
mkdir -p a/b
echo text > a/b/file
chmod 751 a/b/file
ln -s b/file a/link
ln a/b/file a/hard
mkfifo a/fifo
mknod a/node c 1 5
chown 1:2 a/b/file
touch -d @1000 a/* a/b/file a/b a
touch -h -d @2000 a/link
cp -a a z
ls -lnR --time-style=+%s z
[ z/hard -ef z/b/file ] && echo linked
cp -r --preserve=mode,timestamps a q
ls -lnR --time-style=+%s q/b
cp -L a/link copied
cp -P a/link kept
cp -l a/b/file hard
cp -s "$PWD/a/b/file" soft
ls -l copied kept hard soft | awk '{ print $1, $2, $5, $NF }'
try cp a nosuch
try cp -r a a
try cp a/b/file a/b/file
try cp nosuch x
cp -u a/b/file copied; cat copied
cp -n /etc/hostname copied; cat copied
cp --backup=numbered /etc/hostname copied; ls copied*
cp --parents a/b/file q
ls q/a/b
cp -v a/b/file new
cp --remove-destination /etc/hostname soft; ls -l soft | cut -c1-10
try cp --reflink=always a/b/file ref
cp --reflink=auto a/b/file ref; cat ref
cp --attributes-only a/b/file empty; stat -c '%s %a' empty

# cp: holes and devices
truncate -s 1M sparse
printf end >> sparse
cp --sparse=always sparse a
cp --sparse=never sparse b
stat -c '%s %b' sparse a b
head -c 100000 /dev/zero > zeros
cp --sparse=always zeros c
stat -c '%s %b' zeros c
cp /dev/null d; stat -c '%s %F' d
cp /proc/version e; wc -l e | numbers
cmp sparse a && cmp sparse b && echo same

# mv
echo 1 > a
echo 2 > b
mkdir d e
mv a c
mv -T d f
try mv nosuch x
try mv c c
try mv f f/g
try mv -T c f
try mv -T f c
mv -n c b; cat b
mv -v c f
mv --backup f/c b
ls -R
touch e/x
try mv -T f e
mv f /dev/shm/moved
ls -d /dev/shm/moved
mv /dev/shm/moved back
ls
mv -t back b e
ls back

# ln, link, unlink, readlink, realpath
echo x > a
ln a b
ln -s a s
try ln a b
ln -f a b
ln -sf b s
readlink s
ln -sr "$PWD/a" d
readlink d
mkdir e
try ln e f
ln -s loop loop
try cat loop
try ln s t
ls -l t | cut -c1
ln -L s u
ls -l u | cut -c1
link a v
try link a v
unlink v
try unlink e
try unlink nosuch
readlink -f s e/../s
try readlink -e nosuch
readlink -m nosuch/x
try readlink a
realpath s e
realpath -s s
realpath --relative-to=e a
try realpath loop
stat -c %h a

# rm, rmdir, mkdir
mkdir -p a/b/c
mkdir -m 700 d
mkdir -m u=rwx,go= -v e
stat -c %a d e
umask 027
mkdir f
touch f/x
stat -c '%a %n' f f/x
try mkdir a
try mkdir nosuch/x
try rmdir a
try rmdir nosuch
rmdir -p a/b/c
try rm f
rm -rv f
try rm nosuch
rm -f nosuch
try rm -d d
try rmdir .
try rm -rf .
try rm -rf /proc/self/fd 2>&1 | tail -n 1
touch x
rm -i x < /dev/null
mkdir -p deep/$(printf 'd/%.0s' {1..200})
rm -rf deep
ls

# install
echo text > a
install a b
install -m 600 -o 1 -g 2 a c
install -d -m 750 d/e
install -D a d/f/g
install -p -t d a
install -b a b
install -C -v a b
stat -c '%n %a %u %g' b c d/e d/f/g d/a b~
try install nosuch x
try install a nosuch/

# chmod, chown, chgrp
touch a
mkdir d
chmod u+s,g=r,o-rwx a
stat -c %A a
chown 1:1 a
stat -c '%A %u %g' a
chmod -v 0755 a
chmod --reference=a d
chmod +t,g+s d
touch d/x
stat -c '%A %n' d d/x
chgrp 5 d
touch d/y
stat -c '%g %n' d d/y
ln -s a l
chown -h 7:8 l
stat -c '%u %g %n' a l
chown -R 3:4 d
stat -c '%u %g %n' d d/x
try chmod 9 a
try chown nosuch a
try chmod +x nosuch
chown --from=1:1 9 a
stat -c '%u %g' a
setpriv --reuid 1000 --clear-groups chmod 777 a
setpriv --reuid 1000 --clear-groups chown 1000 a
setpriv --reuid 1000 --clear-groups cat d/x
setpriv --reuid 1000 --clear-groups rm d/x

# truncate, fallocate
truncate -s 100 a
truncate -s +28 a
truncate -s '%50' a
stat -c '%s %b' a
truncate -s '<60' a
truncate -r a b
stat -c %s a b
truncate -c -s 5 nosuch
ls
try truncate -s -1 nosuch
try truncate -s 9223372036854775807 c
try truncate -s 5 .
fallocate -l 8192 f
stat -c '%s %b' f
fallocate -n -o 8192 -l 4096 f
stat -c '%s %b' f
fallocate -p -o 0 -l 4096 f
stat -c '%s %b' f
try fallocate -c -o 0 -l 4096 f
try fallocate -i -o 0 -l 4096 f
try fallocate -z -l 100 f
try fallocate -d f
try fallocate -l 1T f

# dd
dd if=/dev/zero of=a bs=1k count=10 2>&1 | head -n 2
dd if=/etc/passwd bs=1 skip=5 count=4 status=none; echo
printf abcdef > b
printf XY | dd of=b bs=1 seek=2 conv=notrunc status=none
cat b; echo
printf Z | dd of=b bs=1 seek=9 status=none
od -c b
printf abc | dd conv=ucase,swab status=none; echo
printf abc | dd bs=8 conv=sync status=none | od -c
dd if=a of=c conv=sparse bs=1k status=none
stat -c '%s %b' c
try dd if=a of=c conv=excl status=none
try dd if=a of=d conv=nocreat status=none
dd if=a of=c conv=fsync,fdatasync oflag=sync,append bs=5k 2>&1 | head -n 2
stat -c %s c
try dd if=a of=c iflag=direct bs=4k status=none
try dd if=. of=c status=none
try dd if=a iflag=directory count=1 status=none
try dd if=a iflag=noatime,nofollow,nonblock,fullblock of=c status=none
dd if=/dev/zero bs=100 count=1 iflag=count_bytes status=none | wc -c
(sleep 0.1; printf abc; sleep 0.1; printf def) | dd bs=6 count=1 iflag=fullblock status=none; echo
(printf abc; sleep 0.3; printf def) | dd bs=6 count=2 2>&1 | head -n 2
dd if=/dev/full of=d bs=10 count=1 2>&1 | head -n 2
try dd if=a of=/dev/full status=none
try dd if=nosuch
try dd if=a skip=100 bs=1k status=none
dd if=/dev/zero of=/dev/null bs=1M count=1000000 2> out &
await in_state $! R
kill -USR1 $!
await grep -q copied out
sed -n 1p out | numbers
kill $!
wait $!
echo $?

# du
mkdir -p a/b
head -c 5000 /dev/zero > a/x
head -c 5000 /dev/zero > a/b/y
truncate -s 1M a/sparse
du a | sort -k 2
du -a a | sort -k 2
du -s --apparent-size -b a/x a/sparse
du -h a/sparse --apparent-size
du -c a/x a/b
ln a/x a/b/hard
du -l a | sort -k 2
du -s a
du --inodes a | tail -n 1
du -d 0 a
du --exclude=b a
try du nosuch
du -l -t 5k -a a | sort -k 2
du -x -s . | awk '{ print $2 }'

# df
mkdir m
mount -t tmpfs -o size=1m,nr_inodes=100 small m
df m
df -h m
df -i m
df -T m
df --output=source,fstype,itotal,iused,ipcent,size,used,avail,pcent,file,target m
head -c 300000 /dev/zero > m/x
df m m/x
df -B1 m
head -c 2000000 /dev/zero > m/y
df m
stat -c '%s' m/y
df --total m | tail -n 1
df -t proc
df -x tmpfs -x devtmpfs -x rootfs; echo $?
try df nosuch
df -a -t proc -t devpts --output=fstype,target
umount m

# mkfifo, mknod, mktemp
mkfifo -m 600 a b
mknod c p
mknod -m 640 d c 1 7
mknod e b 259 300000
mknod f c 4095 1048575
stat -c '%n %F %a %t %T' a b c d e f
try mknod g c 1
try mknod a p
try mknod g c 5000 1
mktemp -u XXXXXX | wc -c
t=$(mktemp)
stat -c '%a %F' "$t"
mktemp -d -p . ab.XXX | wc -c
try mktemp abc
echo via > d 2>&1; echo $?
try cat e
try cat f
cat a > out &
echo through > a
wait
cat out

# sync
echo x > a
sync; echo $?
sync a; echo $?
sync -f .; echo $?
sync -d a; echo $?
try sync nosuch
try sync -d -f a

# shred, pathchk, test
echo x > a
shred -n 1 -z a
od -An -tx1 -N 2 a
shred -u a
ls
pathchk a
try pathchk "$(printf 'x%.0s' {1..256})"
try pathchk "$(printf 'x/%.0s' {1..2100})"
touch "$(printf 'x%.0s' {1..255})"; ls | wc -c
try touch "$(printf 'x%.0s' {1..256})" 2>&1 | sed 's/x*//g'
touch n
for t in -e -f -d -r -w -x -s -L -S -p -c -b -u -g -k -O -G -N; do
	/usr/bin/test $t n; echo "$t $?"
done
/usr/bin/test /dev/null -ef /dev/zero; echo $?
/usr/bin/test -t 0; echo $?

# chroot
mkdir root
cp /bin/busybox root/
chroot root /busybox pwd
chroot root /busybox ls /
try chroot root /nosuch
try chroot nosuch /x
try chroot /etc/passwd x
chroot --userspec=1000:100 --groups=5,6 / id
chroot --skip-chdir / pwd
setpriv --reuid 1000 --clear-groups chroot root /busybox; echo $?
