// coreutils, grep, sed, awk, findutils, busybox: the commands people type, compared with the native run.
import { describe, test } from 'vitest';
import { sameScripts } from '../harness.ts';

const text = Array.from(
  { length: 500 },
  (_, i) => `${(i * 7919) % 1000}\tline ${i} ${i % 3 ? 'odd' : 'even'}`,
).join('\n');
const files = {
  'a.txt': `${text}\n`,
  'b.txt': 'one\ntwo\nthree\n',
  'sub/c.txt': 'nested\n',
  'sub/deep/d': 'x'.repeat(5000),
};

const env = { LC_ALL: 'C' };

/** Each runs under `sh -c` in a directory with the files above. */
const commands: Record<string, string> = {
  'ls -la':
    'touch -d @1000000000 * sub/* sub/deep/d; chmod 640 a.txt; ls -lR --time-style=full-iso . | grep -v total; ls -i > /dev/null; ls -1aF sub',
  'ls of a system directory':
    'ls -lR /usr/share/doc/coreutils /usr/share/perl5 | md5sum; ls -U /usr/share | head -50',
  sort: 'sort -n a.txt | md5sum; sort -k2,2 -k1,1nr a.txt | md5sum; sort -u -R --random-source=/dev/zero a.txt | md5sum; sort -rh b.txt',
  'cut, tr, wc':
    'cut -f1 a.txt | tr 0-9 a-j | md5sum; wc a.txt b.txt; wc -lwc < a.txt; tr -d aeiou < b.txt',
  date: 'date -u -d @1234567890 +%FT%T; TZ=Europe/Paris date -d @0 +%c; date -d "2020-02-29 +1 year" +%F',
  stat: 'touch -d @1000000000.123456789 *; stat -c "%n %s %a %F %h %Y" *; stat -f -c %T / > /dev/null; stat -c "%t %T %F" /dev/null /dev/zero /dev/full',
  'cp -a':
    'ln -s b.txt link; ln a.txt hard; find . -exec touch -h -d @1000000000.123456789 {} +; c=$PWD.copy; cp -a . $c; (cd $c; ls -lR --time-style=full-iso . | grep -v total); rm -r $c',
  'mv and rm -r': 'mv b.txt z.txt; mv z.txt sub/; ls sub; rm -r sub; ls; rm nothere; rmdir nothere',
  'ln and readlink':
    'ln -s ../x y; readlink y; ln -s loop loop; cat loop; readlink -f /usr/bin/../lib; realpath sub/../b.txt | sed s,.*/,,',
  'du and df':
    'du -ab --time-style=+ sub | sort; df / > /dev/null; du -s --apparent-size -B1 sub/deep/d',
  dd: 'dd if=/dev/zero of=z bs=1k count=3 seek=1 status=none; od -c z; dd if=a.txt bs=100 skip=2 count=1 status=none; dd if=b.txt conv=ucase status=none',
  'seq and numbers':
    'seq 5 -2 -5; seq 0.1 0.1 1; seq -w 8 11; factor 1234567890123456789; numfmt --to=iec 123456789; printf "%.20Lf\\n" 0.1',
  tee: 'echo x | tee t1 t2 > t3; cat t1 t2 t3; echo y | tee -a t1; cat t1',
  timeout:
    'timeout 0.1 sleep 50; echo $?; timeout 50 true; echo $?; timeout -s KILL 0.1 sleep 50; echo $?',
  checksums:
    'md5sum *.txt; sha1sum a.txt; sha256sum a.txt; sha512sum a.txt; b2sum a.txt; cksum a.txt; sum a.txt; base64 b.txt | base64 -d',
  'head and tail': 'head -n -490 a.txt; tail -c 20 a.txt; tail -n +498 a.txt; head -c 7 b.txt',
  'text tools':
    'paste b.txt b.txt; join b.txt b.txt; comm -12 b.txt b.txt; fold -w 3 b.txt; nl b.txt; tac b.txt; rev b.txt; expand a.txt | md5sum; uniq -c b.txt; shuf -n 1 -e only; split -l 100 a.txt part.; ls part.*; csplit -s a.txt 100; ls xx*',
  'od and xxd': 'od -An -tx1z b.txt; od -tfF < a.txt | md5sum; od -t d4 -N 32 a.txt',
  env: 'env -i A=1 B=2 env; env -u HOME sh -c "echo [$HOMELESS]"; printenv NOPE; echo $?',
  'id and users': 'id; id -u; whoami; groups; id nobody; getent passwd root',
  uname: 'uname -s -m -o; nproc > /dev/null; arch; tty; echo $?',
  'chmod, chown, touch':
    'chmod u=rwx,go= b.txt; stat -c %a b.txt; chmod +x sub; chown 0:0 b.txt; touch -r a.txt b.txt; test a.txt -ot b.txt; echo $?; test a.txt -ef a.txt; echo $?; mkdir -m 700 -p p/q/r; stat -c %a p p/q p/q/r',
  truncate:
    'truncate -s 10K t; stat -c %s t; truncate -s 5 a.txt; cat a.txt; echo; fallocate -l 100 f; stat -c %s f; mktemp -u XXXX > /dev/null; mkdir d; mktemp -d d/XXX > /dev/null; ls d | wc -l; rm -r d',
  'test and expr':
    'expr 3 + 4 \\* 2; expr length hello; expr abc : "a\\(.\\)c"; [ -r a.txt -a ! -d a.txt ]; echo $?; test 5 -gt 3; echo $?; test -L a.txt; echo $?',
  errors:
    'cat nothere; ls nothere; mkdir b.txt; cp; mv a.txt; rm -r; cat sub; cd nothere; echo $?; ls --nosuch; head -n x b.txt',
  'writing to full':
    'echo x > /dev/full; cat a.txt > /dev/full; echo $?; dd if=/dev/zero of=/dev/full count=1 status=none; cat /dev/null; head -c 5 /dev/zero | od',
  grep: 'grep -n even a.txt | head -3; grep -c odd a.txt; grep -E "^(1|2).*(3|4)$" a.txt | md5sum; grep -ri nested .; grep -o "line [0-9]*5 " a.txt | head -2; grep -v line a.txt; echo $?; grep -P "\\d{3}\\tline (?=4)" a.txt | head -2; grep -w two b.txt; echo aXb | grep -i x',
  sed: 'sed -n "2p;$=" b.txt; sed "s/o/0/g;y/abc/xyz/" b.txt; sed -i.bak "s/one/ONE/" b.txt; cat b.txt b.txt.bak; sed -E "s/(t)(.)/\\2\\1/" b.txt; sed "1!G;h;\\$!d" b.txt; sed "/two/,/three/d" b.txt',
  mawk: 'mawk \'{s+=$1} END {print s, NR, s/NR}\' a.txt; mawk -F"\\t" \'{n[$2]++} END {for (k in n) c++; print c}\' a.txt; mawk \'BEGIN {printf "%5.2f %s %d\\n", 3.14159, substr("hello", 2, 3), length("abc"); print sin(1), exp(1), log(10), sqrt(2), int(-3.7), 2^0.5}\'; echo "a:b" | mawk -F: "{print \\$2}"',
  'find and xargs':
    'find . -type f | sort; find . -name "*.txt" -size +1k; find sub -type d -exec echo {} \\;; find . -type f -print0 | sort -z | xargs -0 -n 2 echo; find . -newer a.txt | wc -l > /dev/null; find . -empty; find . -name d -delete; find . | sort; seq 20 | xargs -P 4 -n 5 echo | sort',
  'diff and patch-like':
    'sed s/two/2/ b.txt > n; diff b.txt n; diff -u --label a --label b b.txt n; cmp b.txt n; echo $?; diff b.txt b.txt; echo $?',
  'times and sleeping':
    'sleep 0.05; time -p true 2> /dev/null; echo $?; nice -n 5 nice; nohup echo hup 2> /dev/null',
  kill: 'sleep 50 & kill -0 $! && echo alive; kill -9 $!; wait $!; echo $?; kill -l 15; kill -0 999999 2> /dev/null; echo $?',
};

const busybox: Record<string, string> = {
  'sh script':
    'for i in 1 2 3; do echo $((i*i)); done; x=$(echo sub); echo $x; cat <<E\nhere $x\nE',
  'ls -l': 'busybox touch -d "2001-01-01 00:00:00" *; busybox ls -l | grep -v total',
  applets:
    "busybox sort -n a.txt | busybox md5sum; busybox awk '{s+=$1} END {print s}' a.txt; busybox sed -n 3p b.txt; busybox grep -c odd a.txt; busybox wc b.txt; busybox head -2 b.txt; busybox cut -f2 a.txt | busybox tail -1",
  tar: 'busybox find . -exec busybox touch -d @1000000000 {} +; busybox tar cf t.tar *.txt sub; busybox tar tf t.tar; mkdir o; busybox tar xf t.tar -C o; busybox find o -type f | busybox sort; busybox gzip -c a.txt | busybox gunzip | busybox md5sum',
  'vi -h': 'busybox vi -h',
  'all the checksums':
    'busybox sha1sum b.txt; busybox sha256sum b.txt; busybox sha512sum b.txt; busybox sha3sum b.txt; busybox cksum b.txt; busybox crc32 b.txt; busybox base64 b.txt; busybox od -c b.txt; busybox hexdump -C b.txt; busybox xxd b.txt',
  bc: 'echo "2^64; 10/3; scale=5; 10/3" | busybox bc; busybox dc -e "2 3 + p"; busybox factor 123456; busybox expr 2 + 3; busybox seq 3; busybox cal 2 2024',
};

describe('commands', () => {
  const scripts: Record<string, readonly string[]> = {};
  for (const [name, script] of Object.entries(commands)) scripts[name] = ['sh', '-c', script];
  for (const [name, script] of Object.entries(busybox))
    scripts[`busybox-static: ${name}`] = ['busybox', 'sh', '-c', script];
  test.for(Object.keys(scripts))('%s', sameScripts({ scripts, files, env }));
});
