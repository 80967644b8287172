# find: tests
mkdir -p a/b/c
echo 12345 > a/one
touch a/b/empty
ln -s one a/link
ln -s nosuch a/broken
mkfifo a/fifo
mknod a/node c 1 3
ln a/one a/hard
chmod 4711 a/one
chown 5:6 a/b/empty
touch -d '2 days ago' a/b/empty
find a | sort
find a -type f -printf '%p %s %m %n %u %g %y %d %h %f\n' | sort
find a -type l -printf '%p %l %Y\n' | sort
find a -type p -o -type c | sort
find a -perm -4000 | sort
find a -perm /022 | sort
find a -user 5 -group 6
find a -nouser
find a -links 2 -type f | sort
find a -samefile a/one | sort
find a -empty | sort
find a -mtime +1
find a -newer a/b/empty -type f | sort
find a -newermt '1 day ago' -type d | sort
find a -size -1k -type f | sort
find a -size 6c | sort
find a -maxdepth 1 -mindepth 1 | sort
find a -depth | tail -n 1
find -L a -type l
find -L a -xtype l | sort
find a -lname 'n*'
find a -readable -writable -executable | sort
find a -regex '.*/[a-o]*' | sort
find a -path '*/b/*' | sort
find a -name b -prune -o -print | sort
find a -inum "$(stat -c %i a/one)" | sort
find a -used +1000
try find nosuch
setpriv --reuid 1000 --clear-groups sh -c 'find . -writable -name one'
chmod 700 a/b
setpriv --reuid 1000 --clear-groups find a -name 'e*'; echo $?

# find: actions
mkdir -p a/b/c
touch a/x a/y a/b/z
find a -type f -exec echo {} \; | sort
find a -type f -exec sh -c 'echo $#' x {} +
find a -type f -execdir pwd \; | sort
find a -name x -ok rm {} \; < /dev/null; echo
find a -name z -delete
find a -type d -empty -delete
find a | sort
find a -print0 | sort -z | tr '\0' '\n'
find a -name x -fprint out; cat out
find a -name x -ls | awk '{ print $3, $4, $5, $6, $NF }'
find a -name x -quit
find a -exec false \; ; echo $?
find a -exec false {} + ; echo $?
find a -fstype tmpfs | sort
find / -maxdepth 1 -fstype proc
find . -xdev -name x
find . -noleaf -name x

# find: proc and dev
find /proc/self/fd -type l -printf '%f %M\n' | sort
find /proc/self/ -maxdepth 1 -name 'm*' ! -name map_files -printf '%f %y %m\n' | sort
find /proc/$$/task -maxdepth 2 -name stat -printf '%y %m\n'
find /dev -maxdepth 1 \( -name null -o -name zero -o -name tty -o -name 'u*random' -o -name full \) -printf '%f %y %m %s\n' | sort
find /proc/sys/kernel -maxdepth 1 -name 'ost*' -printf '%f %m %s\n'
find /proc/1 -maxdepth 1 -name cmdline -user root -printf '%f\n'

# xargs
seq 10 | xargs
seq 10 | xargs -n 3
seq 3 | xargs -I{} echo 'a{}b'
seq 4 | xargs -P 2 -n 1 sh -c 'exit 0'; echo $?
seq 3 | xargs -n 1 false; echo $?
seq 3 | xargs sh -c 'exit 255'; echo $?
seq 3 | xargs sh -c 'kill -9 $$'; echo $?
seq 3 | xargs nosuch; echo $?
seq 3 | xargs /etc/passwd; echo $?
seq 100000 | xargs echo | wc -l
seq 100000 | xargs -s 100000 echo | wc -l
xargs -r echo < /dev/null
xargs --show-limits echo < /dev/null
printf 'a b\0c' | xargs -0 -n 1
printf '"a b" c\\ d' | xargs -n 1
seq 3 | xargs -t echo
seq 5 | xargs --process-slot-var=SLOT -P 1 -n 1 sh -c 'echo $SLOT'
head -c 150000 /dev/zero | tr '\0' x > long
xargs echo < long | wc -c
try sh -c 'xargs -s 4000000 echo < long | wc -c'
