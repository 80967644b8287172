# nice, renice
renice 5 -p $$
renice -n 3 -p $$
ps -o ni= -p $$
renice -n -2 --relative -p $$
sleep 100 &
renice 10 -g $$
renice 11 -u nobody; echo $?
ps -o ni= -p $!
try renice 5 -p 29999
setpriv --reuid 1000 --clear-groups renice -5 -p $$; echo $?
renice 50 -p $$
renice -50 -p $$

# ionice
ionice -p $$
ionice -c 2 -n 3 ionice
ionice -c 3 ionice
ionice -c 1 -n 0 ionice
try ionice -c 5 true
ionice -c 2 -n 7 -p $$
ionice -p $$
try ionice -p 29999
ionice -c 0 ionice

# chrt
chrt -p $$
chrt -f 10 chrt -p 0 | sed 's/pid [0-9]*/pid N/'
chrt -r 20 sh -c 'chrt -p $$'
chrt -b 0 sh -c 'chrt -p $$'
chrt -o 0 sh -c 'chrt -p $$'
chrt -i 0 sh -c 'chrt -p $$; nice'
chrt -m | grep -v DEADLINE
try chrt -f 100 true
try chrt -f 0 true
try chrt -o 5 true
chrt -R -f 5 sh -c 'chrt -p $$; sh -c "chrt -p \$\$"'
chrt -a -p $$
sleep 100 &
chrt -f -p 3 $!
chrt -p $!
ps -o cls,rtprio,pri,ni -p $!
setpriv --reuid 1000 --clear-groups chrt -f 3 true; echo $?
prlimit --rtprio=5 setpriv --reuid 1000 --clear-groups --inh-caps -all chrt -f 3 true; echo $?
try chrt -p 29999

# taskset, nproc
taskset -p $$
taskset -c 0 sh -c 'taskset -cp $$; nproc'
taskset -c 1 nproc
taskset 3 nproc
try taskset -c 5 true
try taskset 0 true
taskset -c 0,1 grep Cpus_allowed_list /proc/self/status
taskset -c 0-7 grep Cpus_allowed_list /proc/self/status
sleep 100 &
taskset -p 2 $!
taskset -a -cp $!
taskset -c 1 sleep 200 &
await in_state $! S
ps -o psr= -p $!
try taskset -p 29999

# uclampset, choom
sleep 100 &
choom -p $! | sed 's/: [1-9][0-9]*/: N/'
choom -n 300 -p $!
choom -p $! | tail -n 1
choom -n -500 -- cat /proc/self/oom_score_adj
try choom -n 2000 -- true
setpriv --reuid 1000 --clear-groups choom -n -5 -- true; echo $?
setpriv --reuid 1000 --clear-groups choom -n 5 -- cat /proc/self/oom_score_adj

# prlimit, ulimit
prlimit -p $$ --noheadings -o RESOURCE,SOFT,HARD,UNITS | grep -v 'NPROC\|SIGPENDING\|MEMLOCK'
prlimit --nofile=100:200 -p $$
prlimit --nofile -p $$
prlimit --noheadings --raw -o RESOURCE,SOFT,HARD --core --nofile -p $$
ulimit -n
ulimit -Hn
try prlimit --nofile=300:200 -p $$
prlimit --nofile=:150 -p $$
prlimit --nofile -p $$ --noheadings
ulimit -c unlimited; ulimit -c
try prlimit --fsize=1000 -- dd if=/dev/zero of=big bs=500 count=5
stat -c %s big
sh -c 'ulimit -t 1; while :; do :; done'; echo $?
sh -c 'ulimit -v 50000; exec sort -S 200M --parallel=1 /proc/self/maps' > /dev/null; echo $?
prlimit --nproc=1 setpriv --reuid 1000 --clear-groups sh -c '/bin/true; /bin/true'; echo $?
prlimit --stack=65536 sh -c 'echo st'
prlimit --nofile=3 cat /etc/hostname; echo $?
setpriv --reuid 1000 --clear-groups prlimit --nofile=10000000 true; echo $?
try prlimit --nofile=99999999 true
try prlimit -p 29999
setpriv --reuid 1000 --clear-groups prlimit -p $$ --nofile=5; echo $?

# flock
flock lock echo in
flock -n lock sh -c 'flock -n lock echo no || echo busy $?'
flock -s lock flock -s -n lock echo both
flock -s lock flock -x -n lock echo both; echo $?
flock -w 0.2 lock -c 'flock -w 0.1 lock true; echo $?'
(flock 9; echo nine) 9> lock
flock -E 7 -n lock sh -c 'flock -E 7 -n lock true; echo $?'
flock -u 9 9> lock; echo $?
try flock -u 9
flock -x -o lock echo o
flock . true; echo $?
flock --verbose -n lock true | numbers
(flock 9; sleep 0.3; echo first) 9> lock &
await grep -q FLOCK /proc/locks
flock lock echo second
try flock nosuch/lock true
flock -F lock sh -c 'grep -c FLOCK /proc/locks'
lslocks -n -o TYPE,MODE,M,START,END
flock lock lslocks -n -o COMMAND,TYPE,SIZE,MODE,M,START,END,PATH,BLOCKER

# setsid, setarch, setpgid
setsid sh -c 'ps -o pid,pgid,sid,tty -p $$'
try setsid -w sh -c 'exit 3'
try setsid nosuch
setsid -f sh -c 'ps -o ppid= -p $$ > out'
await test -s out
cat out
setarch -R cat /proc/self/personality
setarch i686 uname -m
setarch x86_64 uname -m
setarch --uname-2.6 uname -r | cut -c1-4
linux32 uname -m
linux64 uname -m
try setarch nosuch true
setarch -L -B -Z cat /proc/self/personality
setarch --list | head -n 1

# setpriv
setpriv --dump
setpriv --reuid 1000 --clear-groups id
setpriv --reuid 1000 --regid 1000 --groups 5,6 --no-new-privs setpriv --dump
setpriv --no-new-privs grep NoNewPrivs /proc/self/status
setpriv --bounding-set -sys_admin grep Cap /proc/self/status
setpriv --inh-caps +chown --ambient-caps +chown grep Cap /proc/self/status
setpriv --inh-caps -all --bounding-set -all grep Cap /proc/self/status
setpriv --pdeathsig TERM setpriv --dump | grep -i death
setpriv --ruid 1000 grep Uid /proc/self/status
setpriv --euid 1000 grep Uid /proc/self/status
setpriv --securebits +noroot,+keep_caps_locked setpriv --dump | grep -i secure
setpriv --reuid 1000 --clear-groups setpriv --reuid 0 true; echo $?
setpriv --reuid 1000 --clear-groups --inh-caps +kill --ambient-caps +kill sh -c 'kill -0 1; echo $?'
setpriv --reuid 1000 --clear-groups sh -c 'kill -0 1; echo $?'
setpriv --reset-env env
try setpriv --nosuch true

# kill
sleep 100 &
/usr/bin/kill -s TERM $!
wait $!
echo $?
sh -c 'trap "echo got" USR1; echo > ready; while :; do sleep 0.05; done' > out &
await test -e ready
/usr/bin/kill -q 5 -s USR1 $!
await grep -q got out
kill -9 $!
wait $!
echo $?
try kill -0 29999
setpriv --reuid 1000 --clear-groups sh -c 'kill 1'; echo $?
(sleep 0.2; sleep 0.2) &
kill -0 $!; echo $?
wait

# what has no place here is refused
try unshare --nosuch
try nsenter -t 29999 -m true
try pivot_root . .
try switch_root /nosuch x
try swapon /etc/passwd
try swapon nosuch
swapon -s
swapoff -a; echo $?
try fsfreeze -f /etc
try fstrim /
try blockdev --getsize64 /etc/passwd
try losetup nosuch
blkid; echo $?
try findfs LABEL=x
try chcpu -e 5

# dmesg
dmesg > /dev/null; echo $?
echo '<3>hello kmsg' > /dev/kmsg
echo '<12>a user warning' > /dev/kmsg
echo 'no level' > /dev/kmsg
dmesg -r | tail -n 3 | sed 's/\[.*\]//'
dmesg -t | tail -n 3
dmesg -x -t | tail -n 3
dmesg -l err -t | tail -n 1
dmesg -f user -t | tail -n 1
dmesg -n 4; echo $?
cat /proc/sys/kernel/printk
dmesg -n 5
dmesg -E; echo $?
dmesg -D; echo $?
cat /proc/sys/kernel/printk
dmesg -E
dmesg -c > /dev/null
dmesg
echo again > /dev/kmsg
dmesg -t
dmesg -J | sed 's/ *[0-9.]\+/ N/'
dmesg -C; echo $?
dmesg --follow-new -t > out &
await in_state $! S
sleep 0.2
echo follow > /dev/kmsg
await grep -q follow out
kill $!
cat out
setpriv --reuid 1000 --clear-groups dmesg > /dev/null; echo $?
sysctl -q -w kernel.dmesg_restrict=1
setpriv --reuid 1000 --clear-groups dmesg; echo $?
sysctl -q -w kernel.dmesg_restrict=0
printf 'two\nlines\n' > /dev/kmsg
dmesg -t | tail -n 2
printf '\002bin\377\\\n' > /dev/kmsg
dmesg -t | tail -n 1

# script
script -q -c 'tty | sed s/[0-9]*$/N/; stty size; exit 4' out; echo $?
head -n 1 out | cut -c1-14
script -q -e -c 'exit 5' /dev/null; echo $?
script -q -c 'test -t 0 && echo in; test -t 1 && echo out; ps -o tty=,stat= -p $$ | sed s/[0-9]/N/' /dev/null
script -q -c 'stty -a' /dev/null
script -q -c 'echo a; sleep 0.1; echo b' --log-timing t --log-out o > /dev/null
wc -l < t | numbers
scriptreplay -m 0.1 -t t -O o
echo typed | script -q -c 'read x; echo "got $x"' /dev/null
script -q -c 'kill -9 $$' /dev/null; echo $?
script -q -E never -c 'cat' /dev/null < /etc/hostname
script -q -o 100 -c 'yes' out > /dev/null; stat -c %s out | numbers
