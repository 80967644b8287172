# sort
seq 20000 | sort -R --random-source=/etc/passwd | sort -n | md5sum
seq 20000 | sort -n -r -S 100k -T . | md5sum
seq 20000 | sort --parallel=2 -k 1.2 | md5sum
seq 5 > f
sort -o f -r f
cat f
sort -c f; echo $?
sort -m f f
printf 'b\na\nb\n' | sort -u
sort -S 1M --compress-program=gzip f
try sort nosuch
try sort -o nosuch/x f
sort f > /dev/full; echo $?
seq 3 | sort -z | od -c

# split, csplit
seq 100 | split -l 30 - a
wc -l a*
seq 100 | split -n r/3 -d - b
wc -l b*
seq 100 > f
split -n 3 f c
wc -c c*
split -b 100 --filter='wc -c' f
try split -n 3 nosuch
seq 9 | csplit - 3 6
cat xx02

# shuf
seq 5 | shuf --random-source=/etc/passwd
shuf -i 1-1000 | sort -n | md5sum
shuf -e -n 1 a
seq 3 | shuf -r -n 5 | wc -l

# sums
echo text > f
cksum f
md5sum f
sha1sum f
sha224sum f
sha256sum f
sha384sum f
sha512sum f
b2sum f
sum f
md5sum f > sums
md5sum -c sums
echo x >> f
md5sum -c sums; echo $?
try md5sum .

# lines and fields
printf 'a\tb\n' | expand | od -c
printf 'a       b\n' | unexpand -a | od -c
paste <(seq 3) <(seq 4 6)
join <(seq 3) <(seq 2 5)
comm <(seq 3) <(seq 2 5)
seq 3 | tac
seq 5 | nl
seq 30 | pr -3 -t -l 10
seq 10 | fmt -w 10
echo abcdef | fold -w 2
cut -d: -f 1,3 /etc/passwd
printf 'a\na\nb\n' | uniq -c
tr a-z A-Z < /etc/hostname
ptx -O <<< 'a b c' | head -n 2
tsort <<< 'a b b c'
wc /etc/passwd
wc -c < /etc/passwd
wc -l /proc/self/limits
od -An -tx1 <<< abc
base64 <<< hi
base32 <<< hi
basenc --base16 <<< hi
cat -A <<< $'a\tb'
cat nosuch; echo $?
cat . ; echo $?
cat < f > f; echo $?
echo x > g; cat g >> g; echo $?

# gzip, tar
mkdir a
seq 1000 > a/f
ln a/f a/h
ln -s f a/s
mkfifo a/p
mknod a/n c 1 3
chmod 4711 a/f
chown -R 5:6 a
find a -exec touch -h -d @1000 {} +
tar cf t.tar --sort=name a
tar tvf t.tar
md5sum t.tar
tar czf t.tgz a
mkdir o
tar xpf t.tgz -C o
ls -ln --time-style=+%s o/a
diff -r a/f o/a/f && echo same
tar df t.tar; echo $?
echo more >> a/f
touch -d @2000 a/f
tar df t.tar; echo $?
tar rf t.tar a/s
tar --delete -f t.tar a/p
tar tf t.tar
truncate -s 1M sparse
tar -S -cf sp.tar sparse
stat -c '%s' sp.tar
tar xf sp.tar
stat -c '%s %b' sparse
tar cf - a | (cd o && tar xf - && ls)
try tar xf nosuch.tar
gzip -9 < a/f | gunzip | cmp - a/f
try gzip -k a/f
gzip -kf a/f
ls -ln --time-style=+%s a
gzip -l a/f.gz
zcat a/f.gz | tail -n 1
try gzip -t t.tar
gunzip -c t.tgz | tar tf - | wc -l
