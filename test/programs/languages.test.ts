// Interpreters and tools: perl, python3, lua, sqlite3, bc, git, tar with its compressors.
import { describe, test } from 'vitest';
import { sameScripts } from '../harness.ts';

const PYTHON = '/usr/bin/python3';

/** Each in a python of its own. */
const python: Record<string, string> = {
  json: 'import json; d={"a":[1,2.5,None,True],"ü":"\\u20ac"}; s=json.dumps(d,sort_keys=True,indent=1); print(s); print(json.loads(s)==d)',
  subprocess:
    'import subprocess as s; print(s.run(["echo","hi"],capture_output=True).stdout); p=s.Popen(["cat"],stdin=s.PIPE,stdout=s.PIPE); print(p.communicate(b"x"*100000)[0][-3:]); print(s.call("exit 3",shell=True))',
  'subprocess timeout':
    'import subprocess as s\ntry: s.run(["sleep","50"],timeout=0.2)\nexcept s.TimeoutExpired: print("timed out")',
  exceptions:
    'import sys,traceback\ndef f(n): return 1/n if n<1 else f(n-1)\ntry: f(3)\nexcept ZeroDivisionError as e: print(repr(e), len(traceback.extract_tb(e.__traceback__)))\nsys.exit(5)',
  files:
    'import os,tempfile,shutil,pathlib,struct,mmap\np=pathlib.Path("d"); p.mkdir(); (p/"f").write_text("hello\\n"*10); print((p/"f").stat().st_size, sorted(os.listdir("d")))\nwith open("d/f","r+b") as f:\n  m=mmap.mmap(f.fileno(),0); m[0:5]=b"HELLO"; m.flush(); m.close()\nprint(open("d/f").readline()); shutil.copytree("d","e"); shutil.rmtree("d"); print(os.listdir(".")); print(struct.pack("<IHbd",1,2,-3,.5).hex())',
  threads:
    'import threading as t, queue; q=queue.Queue(); ts=[t.Thread(target=lambda i=i:q.put(i*i)) for i in range(8)]; [x.start() for x in ts]; [x.join() for x in ts]; print(sorted(q.get() for _ in ts)); l=t.Lock(); n=[0]\ndef w():\n  for _ in range(1000):\n    with l: n[0]+=1\nts=[t.Thread(target=w) for _ in range(4)]; [x.start() for x in ts]; [x.join() for x in ts]; print(n)',
  'fork and signals':
    'import os,signal,time\nr,w=os.pipe(); pid=os.fork()\nif pid==0: os.write(w,b"child"); os._exit(7)\nprint(os.read(r,9), os.waitstatus_to_exitcode(os.waitpid(pid,0)[1])); n=[]; signal.signal(signal.SIGALRM,lambda s,f:n.append(s)); signal.setitimer(signal.ITIMER_REAL,0.05,0.05); signal.pause(); signal.setitimer(signal.ITIMER_REAL,0); print("alarm",n[0]); os.kill(os.getpid(),signal.SIGTERM)',
  multiprocessing:
    'import multiprocessing as m\nfrom multiprocessing import shared_memory as s\ndef f(v,l,q,n):\n  for _ in range(50):\n    with l: v.value+=1\n  x=s.SharedMemory(name=n); x.buf[0]+=1; x.close(); q.put("done")\nc=m.get_context("fork"); v=c.Value("i",0); l=c.Lock(); q=c.Queue(); x=s.SharedMemory(create=True,size=99)\nps=[c.Process(target=f,args=(v,l,q,x.name)) for _ in range(2)]; [p.start() for p in ps]; [p.join() for p in ps]; print(v.value,x.buf[0],q.get(),q.get()); x.close(); x.unlink()\nwith c.Pool(2) as p: print(p.map(abs,range(-9,9)))',
};

/** All of them in one: its start takes longer than they do. */
const calculations: Record<string, string> = {
  hashlib:
    'import hashlib as h; d=b"lxjit"*1000\nfor a in ("md5","sha1","sha256","sha512","blake2b","sha3_256"): print(a,h.new(a,d).hexdigest())',
  'os.walk':
    'import os\nfor r,d,f in os.walk("/usr/share/perl5"):\n  d.sort(); print(r,len(d),sorted(f)[:3])',
  float:
    'import math; print([math.sin(i)*1e10 for i in range(20)], 0.1+0.2, 1e308*10, float("nan"), math.pi**50, 2**0.5, math.fsum([.1]*10), 7.0//2, -7%3.5, round(2.675,2), "%.30f"%0.1, math.gamma(5.5), math.erf(0.3))',
  'big integers':
    'import math; print(math.factorial(300)); print(pow(3,10**5,10**50+7)); print(2**1000//3**200, int("9"*100)**3, math.isqrt(10**60+1))',
  decimal:
    'from decimal import *; getcontext().prec=60; print(Decimal(2).sqrt(), Decimal(1)/7); from fractions import Fraction as F; print(sum(F(1,i) for i in range(1,40)))',
  text: 'import re,textwrap,string; print(re.findall(r"(\\w+)@(\\w+)", "a@b c@dd")); print(textwrap.fill("x "*100,40)); print("ÄÖ".lower(), "straße".upper(), sorted("bca"), "{:>10.3e}|{:08b}".format(12345.678, 37))',
  collections:
    'from collections import *; import itertools as i, functools as f, heapq; print(Counter("mississippi").most_common(2), list(i.permutations("abc"))[:4], f.reduce(lambda a,b:a*b, range(1,20)), heapq.nsmallest(3,[5,1,4,2]), deque(range(5),3))',
  recursion: 'def f(n): return f(n+1)\ntry: f(0)\nexcept RecursionError as e: print(e)',
  compression:
    'import zlib,bz2,lzma; d=b"abc"*10000+bytes(range(256)); print([len(m.compress(d)) for m in (zlib,bz2,lzma)], all(m.decompress(m.compress(d))==d for m in (zlib,bz2,lzma)))',
  random:
    'import random; random.seed(42); print([random.random() for _ in range(3)], random.sample(range(100),5), random.gauss(0,1))',
  datetime:
    'import datetime as d; print(d.datetime.fromtimestamp(1e9, d.timezone.utc), d.date(2024,2,29)+d.timedelta(365), d.datetime.strptime("2020-01-02","%Y-%m-%d").weekday())',
};
const together = Object.entries(calculations)
  .map(([name, code]) => `print("== ${name}"); exec(${JSON.stringify(code)}, {})`)
  .join('\n');

const perl: Record<string, string> = {
  text: 'my %h; $h{$_ % 7} .= chr(65 + $_ % 26) for 0..100; print "$_ $h{$_}\\n" for sort keys %h; $_ = "a1b22c"; print join("|", /(\\d+)/g), "\\n"; (my $t = "hello") =~ tr/a-y/b-z/; print "$t\\n"; printf "%.15g %s %e\\n", 1/3, 1e21, 12345.678;',
  processes:
    'print `echo sub`; open my $p, "-|", "seq 3" or die; print <$p>; close $p; print $? >> 8, "\\n"; system "exit 4"; print $? >> 8, "\\n"; if (my $k = fork) { waitpid $k, 0; print "parent $?\\n" } else { exit 3 }',
  files:
    'open F, ">f" or die; print F "line $_\\n" for 1..5; close F; open F, "f"; my @l = reverse <F>; print @l; print -s "f", "\\n"; unlink "f"; print -e "f" ? "there" : "gone", "\\n"; opendir D, "."; print sort readdir D; die "dead\\n"',
  modules:
    'use POSIX; use List::Util qw(sum max); use Data::Dumper; $Data::Dumper::Sortkeys = 1; print floor(3.7), sum(1..10), max(3, 9, 2), "\\n"; print Dumper({ a => [1, { b => 2 }], c => undef }); use Digest::MD5 "md5_hex"; print md5_hex("x"), "\\n"; print strftime("%Y-%m-%d", gmtime 0), "\\n"; use Math::BigInt; print Math::BigInt->new(2)->bpow(200), "\\n"',
};

const sql = `create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i+1 from n where i<500) insert into t select i, 'row '||i, i*1.5 from n;
create index tb on t(b); select count(*), sum(c), max(b) from t; select * from t where b like 'row 49%' order by a desc limit 3;
begin; delete from t where a%2; select count(*) from t; rollback; select count(*) from t; pragma integrity_check; explain query plan select * from t where b='row 7';
select upper('abc'), round(2.5), strftime('%Y', 0, 'unixepoch'), json_extract('{"a":[1,2]}', '$.a[1]'); select nosuch;`;

const git = `export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_AUTHOR_DATE="1000000000 +0000" GIT_COMMITTER_DATE="1000000000 +0000" HOME=$PWD
git init -q -b main r; cd r; echo one > f; mkdir d; seq 100 > d/g; git add .; git commit -q -m first; git log --stat; echo two >> f; git diff; git commit -qam second; git log --oneline; git rev-parse HEAD HEAD~1 HEAD^{tree}
git checkout -q -b side HEAD~1; echo s > s; git add s; git commit -q -m side; git checkout -q main; git merge -q -m merged side; git log --graph --format=%s; git tag v1; git describe; git status --short; git fsck --full; git gc -q; git count-objects -v | grep in-pack
cd ..; git clone -q r c; cd c; git log -1 --format=%H; git branch -a; git show --stat HEAD~1; cat f; git blame -s f; git grep -n 42; git stash list; git config --list --local | sort | grep -v url; git archive HEAD | md5sum; rm .git/index ../r/.git/index`;

const archives: Record<string, string> = {
  'tar and gzip':
    'tar czf t.tgz --sort=name --mtime=@0 --owner=0 --group=0 d; md5sum t.tgz; tar tzvf t.tgz | cut -c1-30; mkdir o; tar xzf t.tgz -C o; diff -r d o/d && echo same',
  'tar and xz':
    'tar cJf t.txz --sort=name --mtime=@0 d; tar tJf t.txz; mkdir o; tar xJf t.txz -C o; diff -r d o/d && echo same; xz -l t.txz | tail -1; xz -9 -T1 < d/text | md5sum',
  'tar and zstd':
    'tar --zstd -cf t.tzst --sort=name --mtime=@0 d; tar --zstd -tf t.tzst; zstd -19 -q -c d/text | md5sum; zstd -q -3 -c d/text | zstd -d | md5sum; zstd -q -T2 d/text -o z; zstd -t -q z; echo $?',
  'gzip and bzip2':
    'gzip -9nc d/text | md5sum; gzip -nc d/text > g; gzip -t g.gz 2>&1; gunzip -c < g | md5sum; zcat g | wc -c; bzip2 -c d/text | md5sum; bzip2 -c d/text | bunzip2 | md5sum',
};
const archiveFiles = {
  'd/text': Array.from(
    { length: 1500 },
    (_, i) => `${i} ${(i * 2654435761) % 97} lorem ipsum ${i % 13}\n`,
  ).join(''),
  'd/small': 'x',
  'd/e/empty': '',
};

const lua =
  'local t={} for i=1,2000 do t[i]=(i*7919)%1009 end table.sort(t) print(t[1],t[1000],#t,string.format("%.14g %q %x",math.pi,"a\\n",255),("x"):rep(5),7//2,2^53,1e15,3|4) print(type(select(2,pcall(error,{})))) print(select("#",table.unpack({1,2,3}))) local co=coroutine.wrap(function() for i=1,3 do coroutine.yield(i) end end) print(co(),co(),co()) print(string.gsub("hello world","o","0")) print(io.popen("echo p"):read()) os.exit(3)';
const bc = `2^300
scale=50
4*a(1)
e(1)
sqrt(2)
define f(n){ if(n<2) return 1; return n*f(n-1) }
f(50)
1/0`;
const openssl =
  'for d in md5 sha1 sha256 sha512 sha3-256 blake2b512 sm3; do openssl dgst -$d f; done; for c in aes-128-cbc aes-256-ctr aes-192-ecb camellia-256-cbc chacha20 des-ede3-cbc; do openssl enc -$c -K 00112233445566778899aabbccddeeff0011223344556677 -iv 000102030405060708090a0b0c0d0e0f -in f 2>/dev/null | md5sum; done; openssl prime 1000003';

const others: Record<string, readonly string[]> = {
  lua: ['lua5.4', '-e', lua],
  'sqlite3 on a file': ['sh', '-c', `sqlite3 db << 'END'\n${sql}\nEND`],
  bc: ['sh', '-c', `bc -l << 'END'\n${bc}\nEND`],
  git: ['sh', '-c', git],
  openssl: ['sh', '-c', openssl],
};

describe('python3', () => {
  const env = { PYTHONHASHSEED: '0', LC_ALL: 'C.UTF-8' };
  const scripts = { ...python, calculations: together };
  const check = sameScripts({ command: [PYTHON, '-c'], scripts, env });
  test.for(Object.keys(scripts))('%s', check);
});

describe('other programs', () => {
  const commands: Record<string, readonly string[]> = { ...others };
  for (const [name, script] of Object.entries(perl))
    commands[`perl: ${name}`] = ['perl', '-we', script];
  for (const [name, script] of Object.entries(archives)) commands[name] = ['sh', '-c', script];
  const files = { f: 'lxjit '.repeat(3000), ...archiveFiles };
  const check = sameScripts({ scripts: commands, files, env: { PERL_HASH_SEED: '0' } });
  test.for(Object.keys(commands))('%s', check);
});
