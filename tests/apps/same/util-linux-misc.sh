# getopt, rev and others that ask the kernel little
getopt -o ab: -l foo,bar: -- -a -b x --bar=7 y z
try getopt -o a -- -b
rev <<< abc
namei -l /bin/sh /proc/self/fd/nosuch
namei -m /usr/bin/env
mcookie | wc -c
whereis ls
wall hello; echo $?
mesg; echo $?
mesg < /dev/ptmx; echo $?
last; echo $?
lastb
utmpdump /dev/null
rename.ul a b nosuch; echo $?
touch aa; rename.ul a b aa; ls
hardlink . | head -n 2
isosize /etc/passwd; echo $?
more /etc/hostname
setterm --cursor on | od -c
ctrlaltdel
ctrlaltdel soft; ctrlaltdel
ctrlaltdel hard
ctrlaltdel

# fincore, lsfd, lslogins
echo x > f
fincore f
fincore -b -n -o PAGES,SIZE,FILE f /etc/hostname
try fincore nosuch
sleep 100 3< f &
await in_state $! S
lsfd -r -p $! -n -o COMMAND,ASSOC,MODE,TYPE,POS,NAME | grep -v ':\[\|mem\|output'
lslogins -o UID,USER,GID,GROUP | head -n 3

# lscpu, lsmem, ipcs
lscpu | grep '^CPU(s)\|^Architecture\|^Byte\|^On-line'
nproc
lsns 29999; echo $?

# fallocate, truncate of holes, and cal
head -c 4096 /dev/zero > a
ls -s a
fallocate -d a
ls -s a
fallocate -x -l 100 b; ls -s b

# runuser, su
runuser -u nobody -- id
runuser -u nosuch -- id; echo $?
