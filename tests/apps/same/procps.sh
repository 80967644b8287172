# ps: what a process is
sleep 100 &
ps -o pid,ppid,pgid,sid,user,ruser,suser,fuser,euser,group,rgroup,egroup,uid,gid,tty,tpgid,comm,args -p "$!,$$,1"

# ps: how a process is scheduled
nice -n 5 sleep 100 &
await in_state $! S
ps -o ni,pri,nlwp,cls,policy,rtprio,sched,psr,stat,s,f,time,cputime,c,thcount -p $! | columns NI PRI NLWP CLS POL RTPRIO SCH STAT S THCNT

# ps: masks of signals
trap '' HUP
trap : USR1
ps -o pending,blocked,ignored,caught,comm -p $$
bash -c 'kill -STOP $$' &
await in_state $! T
kill -TERM $!
ps -o pending,blocked,ignored,caught,stat -p $!
kill -KILL $!
wait $!
echo $?

# ps: the formats that have letters
sleep 100 &
ps -f -p $! | columns UID PID PPID TTY CMD
ps -F -p $! | columns UID PID PPID TTY CMD
ps -y -l -p $! | columns S UID PID PPID PRI NI TTY CMD
ps j -p $!
ps u -p $! | columns USER PID TTY STAT COMMAND
ps v -p $! | columns PID TTY STAT TIME COMMAND
ps s -p $!
ps l -p $! | columns UID PID PPID PRI NI STAT TTY TIME COMMAND
ps X -p $! | columns PID STAT TTY TIME COMMAND

# ps: threads
sleep 100 &
ps -L -f -p $! | columns UID PID PPID LWP NLWP TTY CMD
ps -T -p $!
ps m -p $!

# ps: which processes
sleep 100 &
sleep 200 &
ps -C sleep -o args=
ps --ppid $$ -o args= --sort=-pid
ps -s $$ -o comm=
ps -u root -U root -G root -g $$ -o comm= | sort | uniq -c | awk '$2 == "sleep"'
ps -N -p 2 --ppid 2 -o pid,ppid,args
ps -e -o comm= | grep -c '^sleep$'
try ps -p 29999
try ps -C nosuch
try ps -o nosuch
try ps --nosuch

# ps: trees
sh -c 'sleep 100; :' &
await in_state $! S
ps -H -N -p 2 --ppid 2 -o pid,ppid,args
ps f -N -p 2 --ppid 2 -o pid,args

# ps: a zombie, a stopped one and one that wastes time
sh -c 'exec sleep 100' &
sh -c 'sleep 0.3 & echo $! > child; exec sleep 100' &
parent=$!
await test -s child
await in_state "$(cat child)" Z
ps -o stat,comm,args --ppid $parent
kill -STOP $parent
await in_state $parent T
ps -o stat,comm -p $parent
sh -c 'while :; do :; done' &
ps -o stat,args -p $!

# ps: names with blanks, and none
cp /usr/bin/sleep 'a b) R 1'
'./a b) R 1' 100 &
await pgrep -x 'a b\) R 1'
ps -o stat,comm,args -p $!
bash -c 'exec -a "" sleep 100' &
await in_state $! S
ps -o args -p $!
bash -c 'exec -a "$(printf "tab\there\nline")" sleep 100' &
bash -c 'exec -a "a very long name, far longer than a comm" sleep 100' &
await sh -c 'test $(pgrep -c -x sleep) = 3'
ps -o args -C sleep

# ps: the environment
env -i A=b C='d e' sleep 100 &
await in_state $! S
ps e -p $! -o args

# ps: other columns
sleep 100 &
ps -o etimes=,etime=,lstart= -p $! | wc -l
ps -o maj_flt,oom,ouid,lsession,seat,unit,supgid,supgrp,cgroup,lxc,machine,slice,numa,luid -p $! 2>&1 | columns OWNER SESSION SEAT UNIT SUPGID SUPGRP LXC MACHINE SLICE
ps -o exe,comm,environ= -p $! | awk '{print $1, $2}'

# top: one process, in batch
sleep 100 &
top -b -n 1 -p $! | numbers | sed 's/\([:,]\) *N/\1 N/g' # 100.0 has no space before it
top -b -n 2 -d 0.1 -p $! | grep -c '^top - '
top -b -n 1 -p $! -c -w 100 | tail -n 1 | awk '{print $1, $2, $3, $4, $8, $12, $13}'
top -b -n 1 -H -p $! | sed -n 2p | numbers
top -b -n 1 -p $! -o PID -E m | sed -n '4,5p' | numbers
try top -b -n 1 -p 29999 | tail -n 1
try top -b -n 0
top -b -n 1 -u nobody | sed -n '7,$p'

# free
free | numbers
free -h | sed -E 's/[0-9.]+.i?/N/g; s/ +/ /g'
free -w -t -m | numbers
free -l -k | numbers
free -b --si | numbers
free -b | awk '/^Mem/ { print ($2 >= $3 + $4), ($7 <= $2), ($2 > 100000000) }'
free -s 0.1 -c 2 | grep -c Mem

# vmstat
vmstat | numbers
vmstat -a | numbers
vmstat -s | numbers
vmstat -f | numbers
vmstat -w 1 2 | wc -l
vmstat -n -S M | numbers
try vmstat -p sda
vmstat -d
vmstat -D

# uptime, w
uptime | sed -E 's/[0-9:.]+/N/g; s/ (days?|min|users?)//g'
uptime -p | numbers | sed 's/minutes/minute/'
uptime -s | numbers
w | sed 1d
w -h
w -s nobody | sed 1d

# pgrep: by name, parent, terminal, user, age
sleep 100 &
sleep 200 &
first=$(pgrep -o sleep)
pgrep sleep
pgrep -l sleep
pgrep -a sleep
pgrep -c sleep
pgrep -n sleep
pgrep -x slee; echo $?
pgrep -u root -x sleep
pgrep -U nobody sleep; echo $?
pgrep -P $$ sleep
pgrep -P 1 sleep
pgrep -f 'sleep 2'
pgrep -r S -x sleep
pgrep -r Z sleep
pgrep -s $$ sleep
pgrep -s 0 sleep
pgrep -g 0 sleep
pgrep -d, sleep
pgrep -t pts/0 sleep; echo $?
pgrep -w -c sleep
pgrep --ns $$ sleep
pgrep -F /nosuch; echo $?
echo "$first" > pid
pgrep -F pid -a
pgrep -L -F pid; echo $?
pgrep -O 1000 sleep; echo $?
pgrep; echo $?

# pkill: which signal, and whom
sleep 100 &
first=$!
sleep 200 &
second=$!
await in_state $! S
pkill -e -STOP sleep
await in_state $second T
ps -C sleep -o stat=
pkill -CONT sleep
await in_state $first S
pkill -0 sleep; echo $?
pkill -e -f 'sleep 1'
wait $first
echo $?
{ pkill -USR1 -x sleep; wait $second; } 2> /dev/null # where bash tells of it depends on who is first
echo $?
pkill nosuch; echo $?
pkill -q 3 -USR2 nosuch; echo $?

# pidof, pidwait
sleep 100 &
sleep 200 &
pidof sleep
pidof -s sleep
pidof -o $! sleep
pidof -x case; echo $?
pidof nosuch; echo $?
pidof -q sleep; echo $?
(/usr/bin/sleep 0.3; pkill -f 'sleep [12]00') &
pidwait -e -f 'sleep [12]00' | sort -k 5; echo $?
pidwait nosuch; echo $?

# pmap
sleep 100 &
await in_state $! S
pmap -q $! | awk '{ print $3, $4, $5, $6 }' | grep -v '^r.*anon\|\[ v\|^$' | sort
pmap $! | tail -n 1 | numbers
pmap -x $! | sed '1d;/^total/d;/^--/d' | columns Mode Mapping | grep -v '\[ '
pmap -x $! | sed -n '2p;$p' | numbers
pmap -d $! | tail -n 1 | numbers
pmap -X $! | sed -n 2p
pmap -XX $! | sed -n 2p
pmap -p $! | awk '/\// { print $3, $4 }'
pmap -q 29999; echo $?

# pwdx
mkdir 'a b'
cd 'a b'
pwdx $$ 1
rmdir ../'a b'
pwdx $$
try pwdx 29999
try pwdx x

# sysctl: read
sysctl kernel.ostype kernel.pid_max kernel.hostname kernel.domainname kernel.core_pattern kernel.core_uses_pid kernel.ngroups_max
sysctl kernel.cap_last_cap kernel.randomize_va_space kernel.ctrl-alt-del
sysctl fs.nr_open fs.pipe-max-size fs.protected_symlinks fs.suid_dumpable
sysctl vm.overcommit_memory vm.overcommit_ratio vm.swappiness vm.max_map_count vm.panic_on_oom
sysctl -n kernel.ostype
sysctl -N kernel.ostype
sysctl -e kernel.nosuch; echo $?
try sysctl kernel.nosuch
sysctl -b kernel.ostype; echo

# sysctl: write
sysctl -w kernel.domainname=example vm.overcommit_memory=1
sysctl vm.overcommit_memory kernel.domainname
sysctl -w vm.overcommit_memory=0 kernel.domainname='(none)'
try sysctl -w kernel.ostype=x
try sysctl -w vm.overcommit_memory=x
try sysctl -w vm.overcommit_memory=7
try sysctl -w kernel.nosuch=1
try sysctl -q -w vm.swappiness=60
printf '# a comment\nkernel.panic = 3\n-kernel.nosuch=1\nvm/swappiness=60\n' > conf
try sysctl -p conf
sysctl -w kernel.panic=0
try sysctl -p /nosuch
sysctl -w vm.max_map_count=65530 kernel.randomize_va_space=0 kernel.core_uses_pid=0

# skill, snice, kill
sleep 100 &
sleep 200 &
skill -l
snice -l | head -n 2
snice +5 -p $!
ps -o ni= -p $!
skill -TERM -p $!
wait $!
echo $?
/usr/bin/kill -l
/usr/bin/kill -L | head -n 3
/usr/bin/kill -l 9 TERM 137
try /usr/bin/kill -0 29999
try /usr/bin/kill -NOSUCH 1
/usr/bin/kill -9 -$$

# slabtop, tload, watch
slabtop -o | sed -n '1,7p' | numbers
try watch -t -n 0.1 -g 'date +%N' | wc -l
timeout 2 watch -x -t -n 1 echo seen | grep -c seen
