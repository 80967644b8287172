# bash: jobs in a script
set -m
sleep 100 &
sleep 200 | cat &
jobs | sed 's/[0-9]*$//'
jobs -p | wc -l
kill -STOP %1
await in_state "$(jobs -p %1)" T
jobs
bg %1
jobs %1
second=$!
first=$(jobs -p %1)
{ kill %1; wait "$first"; } > /dev/null 2>&1; echo $?
disown -a
kill -- -"$(ps -o pgid= -p $second | tr -d ' ')"
await sh -c '! ps -p '$second
(sleep 0.1; exit 5) &
wait -n; echo $?
sleep 0.1 &
fg %% ; echo $?
disown -a
jobs
ps -o pgid= -p $$ | wc -l
set +m
sleep 100 &
[ "$(ps -o pgid= -p $!)" = "$(ps -o pgid= -p $$)" ] && echo "one group"

# bash: traps and waits
trap 'echo EXIT' EXIT
trap 'echo USR1' USR1
kill -USR1 $$
(sleep 0.1; exit 3) &
wait $!; echo $?
wait 29999; echo $?
trap 'echo CHLD' CHLD
/bin/true
trap - CHLD
(trap '' TERM; kill $BASHPID; echo alive)
(kill -TERM $BASHPID; echo dead); echo $?
trap 'echo WINCH' WINCH
kill -WINCH $$
sleep 1 &
(sleep 0.1; kill -USR1 $$) &
wait $(jobs -p | head -n 1); echo $?
trap -p USR1
exec 3>&1
{ echo out; echo err >&2; } 2>&1 >&3 | sed 's/^/piped /'
set -o pipefail
false | true; echo $?
true | sh -c 'kill -PIPE $$' | true; echo $? "${PIPESTATUS[@]}"

# bash: coprocesses, substitutions, descriptors
coproc cat
echo hi >&"${COPROC[1]}"
read -r x <&"${COPROC[0]}"; echo "$x"
cat <(echo a) <(echo b)
echo c > >(cat); wait $!
exec 5<> rw
echo w >&5
cat rw
exec 5>&-
echo x >&5; echo $?
read -t 0.1 x < <(sleep 1); echo $?
read -r -N 3 x <<< abcdef; echo "$x"
mapfile -t l < /etc/passwd; echo ${#l[@]}
[[ -p /dev/stdin ]]; echo $?
echo | [[ -p /dev/stdin ]]; echo $?
exec {fd}< /etc/passwd; echo $((fd >= 10))
ls -l /proc/self/fd | awk 'NR > 1 { print $9, $10, $11 }' | sed 's/:\[.*\]//'
echo x > /dev/fd/1 | cat
cat /dev/stdin <<< here
set -C; echo x > rw; echo $?
set +C
[ -t 0 ]; echo $?
umask -S; umask 077; touch private; stat -c %a private
times | wc -l
ulimit -S -n
ulimit -a | grep -v 'processes\|signals\|locked'
type -a ls
command -v nosuch; echo $?
help | wc -l
printf '%(%Y)T\n' 0
echo $BASHPID $PPID $$ $UID $EUID
enable -a | wc -l
cd nosuch; echo $?
cd /proc/self && pwd -P
cd /tmp/.. && pwd

# dash
dash -c 'echo $((1+2)); f() { return 3; }; f || echo $?'
dash -c 'trap "echo T" TERM; kill $$; echo after'
dash -c 'sleep 1 & kill $!; wait $!; echo $?'
dash -c 'set -m; sleep 0.1 & jobs; fg'; echo $?
dash -c 'kill -SEGV $$'; echo $?
dash -c 'ulimit -f 1; dd if=/dev/zero of=ff bs=1024 count=10 2> /dev/null'; echo $?
dash -c 'exec 9< /nosuch'; echo $?
dash -c 'exec /nosuch'; echo $?
dash -c '/tmp'; echo $?
dash -c '/etc/passwd'; echo $?
dash -c 'nosuch'; echo $?
dash -c 'umask 022; umask; ulimit -n'
dash -c 'read -r a b < /etc/passwd; echo $a'
dash -c 'cat <<X
here
X'
dash -c 'echo a | (read x; echo $x; exit 4)'; echo $?
dash -c 'exec 3<&0; readlink /proc/self/fd/3'
dash -c 'true & wait; echo $?'
dash -c '(trap "" INT; kill -INT $$; echo no); echo $?'; echo $?

# programs that are none
printf '#!/nosuch\n' > bad; chmod +x bad; ./bad; echo $?
printf '#!/bin/sh -e\nfalse\necho no\n' > e; chmod +x e; ./e; echo $?
printf '#! /usr/bin/env bash\necho $0 $*\n' > env; chmod +x env; ./env a b; echo $?
printf 'echo plain $0\n' > plain; chmod +x plain; ./plain
: > empty; chmod +x empty; ./empty; echo $?
env ./empty; echo $?
head -c 100 /bin/true > cut; chmod +x cut; env ./cut; echo $?
cp /bin/true busy; exec 8>> busy; env ./busy; echo $?
exec 8>&-; ./busy; echo $?
sleep 100 & await in_state $! S
cp /usr/bin/sleep run; ./run 100 & await in_state $! S
try dd if=/dev/null of=run conv=notrunc status=none
rm run; echo $?
printf '#!./e2\n' > e1; printf '#!./e1\n' > e2; chmod +x e1 e2; env ./e1; echo $?
chmod -x e; env ./e; echo $?
setpriv --reuid 1000 --clear-groups sh -c 'printf "#!/bin/sh\necho hi\n" > x'; echo $?
cp /usr/bin/id suid; chmod 4755 suid; chown 7 suid; chmod 4755 suid; setpriv --reuid 1000 --clear-groups ./suid -u
setpriv --reuid 1000 --clear-groups --no-new-privs ./suid -u

# sed, grep, gawk
seq 10 > f
sed -i 's/5/five/' f
grep -n five f
sed -i.bak '1d' f; ls f*
sed -n '$=' f
sed 'w copy' f > /dev/null; cmp f copy; echo $?
sed -s -n '$p' f f.bak
sed '1e echo run' f | head -n 1
sed --follow-symlinks -i s/9/nine/ f; tail -n 2 f
try sed p nosuch
try sed -i p .
sed -n 'p' < f > /dev/full; echo $?
mkdir d; echo root > d/x; ln -s nosuch d/broken
grep -r root d
grep -R root d 2>&1 | sort
grep -c . /proc/self/status | numbers
grep root d; echo $?
grep -z -a -o 'HOME=[^:]*' /proc/self/environ | tr '\0' '\n'
grep -q root /etc/passwd nosuch; echo $?
grep -s x nosuch; echo $?
grep x < f > f; echo $?
grep -U -a -b -o root /etc/passwd
gawk 'BEGIN { "date +%Y" | getline y; print (y > 2000); while (("seq 3" | getline x) > 0) s += x; print s; print system("exit 3") }'
gawk 'BEGIN { print "x" | "cat"; print close("cat"); printf "%s\n", ENVIRON["HOME"] }'
gawk 'BEGIN { print PROCINFO["pid"], PROCINFO["ppid"], PROCINFO["pgrpid"], PROCINFO["uid"] }'
gawk 'BEGIN { c = "cat"; print "co" |& c; close(c, "to"); c |& getline l; print l }'
gawk 'BEGIN { PROCINFO["cat", "pty"] = 1; c = "cat"; print "pty" |& c; c |& getline l; print l }' 2> /dev/null
gawk 'BEGIN { print system("kill -9 $$") }'
gawk '{ print > "/dev/stderr" }' <<< err
gawk 'BEGIN { print getline < "nosuch"; print ERRNO }'
gawk 'BEGIN { printf "x" > "/dev/full"; print close("/dev/full") }'; echo $?
