# lsof: a process
echo text > file
sleep 100 < file 3>> file 4<> /dev/null 5< /etc &
await in_state $! S
lsof -p $! | awk '{ print $1, $2, $3, $4, $5, $7, $NF }' | grep -v ' DIR '
lsof -p $! -a -d cwd,rtd,txt,0-9 | awk '{ print $1, $3, $4, $5, $NF }'
lsof -F pcfn -p $!
lsof -F acLuRg -d 0 -a -p $!
lsof -o -a -d 0-9 -p $! | awk '{ print $4, $5, $7, $NF }'
lsof -l -a -d 0 -p $! | awk '{ print $1, $2, $3, $4 }'
lsof -R -a -d 0 -p $! | awk '{ print $1, $2, $3, $4, $5 }'
lsof -g -a -d 0 -p $! | awk '{ print $1, $2, $3, $4, $5 }'
lsof +fg -a -d 0-9 -p $! | awk '{ print $4, $5, $6, $NF }'
lsof -K -a -d 0 -p $! | awk '{ print $1, $2, $NF }'
try lsof -p 29999

# lsof: a file
echo text > file
sleep 100 < file &
await in_state $! S
lsof file | awk '{ print $1, $2, $3, $4, $5, $7, $9 }'
lsof -t file
lsof -t /tmp/file /etc/hostname; echo $?
lsof -c sleep -a -d 0 -F n
lsof -c /sle/ -t
lsof -u root -t | grep -c "^$!\$"
lsof -u nobody; echo $?
lsof +D /tmp | awk '$4 != "cwd" { print $1, $2, $4, $9 }'
lsof +d /tmp -a -d 0-9 -t
lsof nosuch; echo $?
rm file
lsof -a -d 0 -p $! | awk '{ print $NF, $(NF - 1) }'
lsof +L1 | awk '{ print $1, $2, $4, $NF }' | grep sleep

# lsof: pipes, mounts, threads
sleep 100 | cat &
await pgrep -x cat
lsof -a -d 0,1 -c sleep -c cat | awk '{ print $1, $2, $4, $5, $NF }'
lsof -E -a -d 1 -c sleep | awk '{ print $1, $2, $4, $5, $NF }'
mkfifo fifo
cat fifo &
sleep 200 > fifo &
await pgrep -f 'sleep 200'
lsof fifo | awk '{ print $1, $2, $4, $5, $NF }'
mkdir m
mount -t tmpfs small m
(cd m && exec sleep 300) &
await pgrep -f 'sleep 300'
lsof m | awk '{ print $1, $2, $4, $5, $NF }'
lsof -w /proc | head -n 1 | numbers
pkill -f 'sleep 300'
wait $!
umount m
