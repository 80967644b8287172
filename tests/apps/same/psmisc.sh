# pstree
sh -c 'sleep 100; :' &
await pgrep -x sleep
pstree -a -p $$
pstree $$
pstree -p $! -A
pstree -s $!
pstree -g $$
pstree -n -h $$
pstree -l -c $$
pstree -u $! root
pstree -T $!
pstree -t $!
pstree -C age $! | cat -v
pstree nobody; echo $?
pstree 29999; echo $?
setpriv --reuid 65534 --clear-groups sleep 200 &
await pgrep -u nobody sleep
pstree -u $$
pstree nobody

# killall
sleep 100 &
first=$!
sleep 200 &
second=$!
await in_state $second S
killall -0 sleep; echo $?
killall -v -s STOP sleep
await in_state $second T
killall -CONT sleep
killall -i sleep < /dev/null; echo $?
killall -u nobody sleep; echo $?
killall -o 1h sleep; echo $?
killall -y 1h -INT sleep; echo $?
in_state $first S && echo "ignores INT"
disown -a
killall -r 'sle.*' -USR1
await sh -c "! ps -p $first,$second"
try killall nosuch
try killall -q nosuch
killall -l
try killall -s NOSUCH sleep
sh -c 'exec sleep 100' &
await pgrep -x sleep
killall -w sleep; echo $?
cp /usr/bin/sleep a_very_long_name_of_a_program
./a_very_long_name_of_a_program 100 &
await pgrep a_very_long_nam
killall -v a_very_long_name_of_a_program
wait

# prtstat, pslog
sleep 100 &
await in_state $! S
prtstat $! | sed -E 's/0x[0-9a-f]+/X/g' | numbers
prtstat -r $! | sed -E 's/0x[0-9a-f]+/X/g' | numbers
prtstat $! | grep 'State\|Parent\|Group\|Policy'
try prtstat 29999
exec 9> some.log
pslog $$
pslog 29999; echo $?

# fuser: files
echo x > file
sleep 100 < file &
await in_state $! S
fuser file
fuser -v file
fuser -u file
fuser -a file /etc/hostname
fuser -s file; echo $?
fuser -s /etc/hostname; echo $?
try fuser nosuch
fuser -i -k file < /dev/null
disown
fuser -k -USR1 file; echo
await sh -c '! ps -p '$!
fuser file; echo $?
fuser -l

# fuser: directories, programs, mount points
mkdir m
mount -t tmpfs small m
cp /usr/bin/sleep m/
m/sleep 100 &
disown # or bash tells of its end, at one time or another
(cd m && exec sleep 200) &
disown
await sh -c 'test $(pgrep -c -x sleep) = 2'
fuser m
fuser m/sleep
fuser -m m
fuser -v m/sleep
fuser -M m; echo $?
fuser -M /tmp/m/sleep; echo $?
fuser -w -k m; echo $?
fuser -k m/sleep; echo
fuser -k -M m; echo $?
await sh -c 'test $(pgrep -c -x sleep) = 0'
umount m; echo $?

# killall5
(exec setsid sleep 100) &
await pgrep -x sleep
/sbin/killall5 -l 2>&1 | head -n 1
/sbin/killall5 -0; echo $?
