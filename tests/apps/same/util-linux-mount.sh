# mount, findmnt: options
mkdir m n
mount -t tmpfs -o size=1m,mode=700,nr_inodes=50 t m
findmnt -n m
findmnt -no PROPAGATION,VFS-OPTIONS,FS-OPTIONS m
mount -o remount,ro m
try touch m/x
findmnt -no OPTIONS m
mount -o remount,rw,size=2m m
findmnt -no OPTIONS,SIZE,USED m
umount m
try umount m
mount -t tmpfs -o nosuid,nodev,noexec,noatime t m
grep /tmp/m /proc/mounts
mknod m/null c 1 3
try cat m/null
cp /bin/true m/
try m/true
mount -o remount,exec,dev,bind m
grep /tmp/m /proc/mounts
try m/true
try cat m/null
umount /tmp/m

# mount: bind, move, propagation
mkdir -p a/b c d
mount --bind a c
touch a/x
ls c
findmnt -n -o TARGET,FSROOT,FSTYPE c
mountpoint c a
mountpoint -q c; echo $?
mountpoint -q a; echo $?
mountpoint c
mountpoint a
mountpoint nosuch; echo $?
mountpoint -x /dev/null
mountpoint -x c; echo $?
mount --make-private c
mount --move c d; echo $?
mountpoint d
mount -t tmpfs t a/b
mount --rbind a c
ls c
findmnt -R -n -o TARGET,FSTYPE,PROPAGATION c
umount -R c
mount --make-shared d
findmnt -no PROPAGATION d
mount --make-slave d
findmnt -no PROPAGATION d
mount --make-unbindable d
findmnt -no PROPAGATION d
try mount --bind d c
mount --make-rprivate d
umount -l d
umount a/b
mount -o bind,ro a c
try touch c/y
touch a/y
umount c

# mount: what is refused
mkdir m
try mount -t tmpfs -o nosuchoption t m
try mount -t tmpfs t nosuch
touch file
try mount -t tmpfs t file
try mount nosuch
try mount m
try mount --bind nosuch m
try mount -o remount m
setpriv --reuid 1000 --clear-groups mount -t tmpfs t m; echo $?
setpriv --reuid 1000 --clear-groups umount /proc; echo $?
try umount nosuch
mount -t tmpfs t m
(cd m && exec sleep 100) &
await in_state $! S
try umount m
umount -l m
mountpoint m
kill $!
try mount --make-shared nosuch
try mount -t tmpfs -o size=x t m
try mount -t tmpfs -o mode=999 t m

# mount: proc, devpts, devtmpfs again
mkdir p d
mount -t proc p p -o hidepid=2
ls -d p/self p/1
setpriv --reuid 1000 --clear-groups ls -d p/1; echo $?
findmnt -no OPTIONS p
umount p
mount -t devpts -o newinstance,ptmxmode=666 d d
ls d
findmnt -no OPTIONS d
umount d

# mount: tables
mkdir m
mount -t tmpfs "a b" m
grep /tmp/m /proc/mounts
mkdir 'm/x y'
mount -t tmpfs none 'm/x y'
grep 'tmp/m/' /proc/mounts
mount | grep /tmp/m
findmnt -R -l -n m
findmnt -R -J -o TARGET,FSTYPE m
findmnt -R -P -o TARGET,SOURCE m
findmnt -R -r -n -o TARGET m
findmnt -n -S 'a b'
findmnt -T m/x -n -o TARGET
findmnt -n --df m | numbers
try findmnt nosuch
try findmnt -t ext4
findmnt -n -M m -o TARGET,LABEL,UUID,FREQ,PASSNO,ACTION,OPT-FIELDS
umount -R m
mount -l -t devpts
mount --version

# umount
mkdir -p a b
mount -t tmpfs one a
mount -t tmpfs two a
umount a
findmnt -n -o SOURCE a
mount -t tmpfs three b
umount -v a b
try umount -t tmpfs -a -O nosuch
mount -t tmpfs one a
umount -f a; echo $?
mount -t tmpfs one a
umount -n a; echo $?
try umount -c nosuch
