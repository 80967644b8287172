# env, printenv
env -i A=b C=d env
A=b env -u A sh -c 'echo "[$A]"'
env -C /etc pwd
env -S 'echo a b'
env -i printenv HOME; echo $?
env --ignore-signal=TERM sh -c 'kill $$; echo alive'
env --block-signal=USR1 grep SigBlk /proc/self/status
env --list-signal-handling --ignore-signal=INT true
try env nosuch
try env /etc/passwd
try env /tmp

# timeout
try timeout 0.2 sleep 5
try timeout -s KILL 0.2 sleep 5
try timeout -s INT --preserve-status 0.2 sleep 5
try timeout -k 0.2 0.1 sh -c 'trap "" TERM; while :; do sleep 0.05; done'
try timeout --foreground 0.2 sleep 5
try timeout 5 sh -c 'exit 3'
try timeout 5 sh -c 'kill -9 $$'
try timeout 5 nosuch
try timeout 5 /etc/passwd
timeout -v 0.1 sleep 5
timeout 0 echo none

# nice, nohup, stdbuf
nice
nice -n 7 nice
nice -n -5 nice
nice -n 100 nice
nice -n -100 nice
setpriv --reuid 1000 --clear-groups nice -n -5 nice
try nice nosuch
nohup sh -c 'grep SigIgn /proc/self/status'
nohup echo n < /dev/null
try nohup nosuch
stdbuf -oL echo x
stdbuf -o0 -i0 -eL cat /etc/hostname
(stdbuf -oL sed 's/a/b/'; echo end) < /etc/hostname
stdbuf -oL env | grep STDBUF

# who one is
id
id -un
id -Gn
id nobody
try id nosuch
groups
whoami
setpriv --reuid 1000 --regid 5 --groups 7,8 id
setpriv --reuid 12345 --clear-groups whoami
try logname
try tty
tty < /dev/ptmx | sed 's/[0-9]*$//'
users
who
who -b
who -r
try who am i
pinky | head -n 1
hostname
hostname -s
hostname nosuch && uname -n
hostname linnet
hostid
uname -s -n -m -o -p -i
arch
nproc
nproc --all
nproc --ignore=1
OMP_NUM_THREADS=7 nproc
taskset 1 nproc

# date, sleep
date -u -d @0
date -u -d '2026-01-01 12:00' +%s
TZ=UTC-2 date -d @86400 +%T
date -r /dev/null +%s | numbers
date +%N | wc -c
setpriv --reuid 1000 --clear-groups date -s '2031-01-01'; echo $?
date -Ins -d @1.5
try sleep x
try sleep -1
sleep 0.05 0.05
sleep 0; echo $?

# tail follows
echo one > f
tail ---disable-inotify -s 0.1 -f f > out 2>&1 &
await grep -q one out
echo two >> f
await grep -q two out
: > f
echo three >> f
await grep -q three out
kill $!
wait $!
cat out

# tail follows a name
echo one > f
tail ---disable-inotify -F -s 0.1 f > out 2>&1 &
await grep -q one out
mv f g
echo two > f
await grep -q two out
rm f
await grep -q inaccessible out
kill $!
wait $!
cat out

# tail ends with a process
sleep 0.5 &
tail ---disable-inotify -f -s 0.1 --pid=$! /etc/hostname
echo $?
seq 1000 | tail -n 2
seq 1000 | tail -c 5
seq 1000 > f
tail -n 2 f
tail -c +3890 f
tail -n +999 f
tail -q -n 1 f f
try tail nosuch
try tail -f . 2>&1

# tee, yes, head
echo t | tee a b
cat a b
echo u | tee -a a > /dev/null
cat a
yes | head -n 2
yes x | dd bs=4 count=2 iflag=fullblock status=none
echo t | tee /dev/full; echo $?
echo t | tee -p nosuch/a; echo $?
(tee /dev/null; echo "status $?" > status) < /dev/zero | head -c 3 | od -c
cat status
yes > /dev/full; echo $?
bash -c 'trap "" PIPE; yes | true; echo ${PIPESTATUS[0]}'
bash -c 'yes | true; echo ${PIPESTATUS[0]}'
seq 100000 | head -n -99998
head -c 3 /dev/zero | od -c

# kill, wait status
sh -c 'kill -SEGV $$'; echo $?
sh -c 'kill -PIPE $$'; echo $?
for signal in HUP INT QUIT ABRT USR1 ALRM XCPU IO PWR SYS RTMIN RTMAX; do
	sh -c "kill -$signal \$\$"; echo "$signal $?"
done
for signal in CHLD CONT URG WINCH; do
	sh -c "kill -$signal \$\$"; echo "$signal $?"
done
ulimit -c unlimited
cd /tmp
sh -c 'kill -ABRT $$'; echo $?
ls

# stty
stty; echo $?
stty size; echo $?
stty -a < /dev/ptmx
stty -F /dev/ptmx rows 30 cols 90
try stty -F /etc/passwd
try stty -F /dev/null

# basename and others that ask the kernel little
basename /a/b.c .c
dirname /a/b
factor 1234567890
expr 3 + 4
seq -s, 5
numfmt --to=iec 12345678
printf '%s %d\n' a 5
/usr/bin/echo -e 'a\tb'
getconf PAGE_SIZE
getconf CLK_TCK
getconf _NPROCESSORS_ONLN
getconf _NPROCESSORS_CONF
getconf ARG_MAX
getconf OPEN_MAX
getconf CHILD_MAX | numbers
getconf PATH_MAX /
getconf NAME_MAX /tmp
getconf PIPE_BUF /
getconf LINK_MAX /tmp
getconf FILESIZEBITS /tmp
