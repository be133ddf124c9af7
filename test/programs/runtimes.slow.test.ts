// Language runtimes: their threads, garbage collectors, code generators, and the faults that they turn into exceptions.
import { describe, test } from 'vitest';
import { guest, same } from '../harness.ts';

const SLOW = 300_000;
const run = (command: readonly string[], env: Record<string, string> = {}) =>
  same(command, { timeout: SLOW, env });

const node: Record<string, string> = {
  'files and processes':
    'const fs=require("fs"); fs.writeFileSync("x","hi"); console.log(fs.readFileSync("x","utf8"), fs.readdirSync(".")); console.log(require("child_process").execFileSync("echo",["sub"]).toString()); setTimeout(()=>{console.log("later"); process.exit(3)},10)',
  'hot code':
    'function f(n){return n<2?n:f(n-1)+f(n-2)}; console.log(f(22)); let s=0; for(let i=0;i<300000;i++) s=(s*31+i)|0; console.log(s, BigInt(3)**50n, [3,1,2].sort(), new Map([[1,2]])); const t=[]; for(let i=0;i<20000;i++) t.push({i}); console.log(t.length)',
  workers:
    'const {Worker}=require("worker_threads"); const shared=new Int32Array(new SharedArrayBuffer(4)); let left=2; for(let n=0;n<2;n++) new Worker("const {workerData:a,parentPort:p}=require(\'worker_threads\'); for(let i=0;i<1000;i++) Atomics.add(a,0,1); p.postMessage(1)",{eval:true,workerData:shared}).on("exit",(c)=>{ if(!--left) console.log(shared[0],c) })',
  errors: 'process.on("exit",(c)=>console.log("exit",c)); null.x',
};

const ruby: Record<string, string> = {
  threads:
    't=4.times.map{|i| Thread.new{ i*i }}; p t.map(&:value); q=Queue.new; Thread.new{3.times{|i| q<<i}}; p 3.times.map{q.pop}; m=Mutex.new; n=0; 4.times.map{Thread.new{100.times{m.synchronize{n+=1}}}}.each(&:join); p n',
  processes:
    'k=fork{exit 3}; Process.wait k; p $?.exitstatus; puts `echo hi`; r,w=IO.pipe; fork{r.close; w.puts "child"}; w.close; p r.read; Process.waitall; trap("USR1"){puts "trapped"}; Process.kill("USR1",$$); sleep 0.05; begin; 1/0; rescue => e; p e; end; exit 5',
  fibers:
    'f=Fiber.new{3.times{|i| Fiber.yield i}; :end}; p 4.times.map{f.resume}; e=Enumerator.new{|y| y<<1<<2}; p e.next,e.next; GC.start; p (1..2000).map{|i| i.to_s*3}.join.size, 2**200, "äö".upcase',
};

const python: Record<string, string> = {
  asyncio:
    'import asyncio\nasync def f(i): await asyncio.sleep(0.01*(3-i)); return i\nasync def m():\n  print(await asyncio.gather(*[f(i) for i in range(3)])); p=await asyncio.create_subprocess_exec("echo","hi",stdout=-1); print(await p.communicate())\n  s=await asyncio.start_unix_server(lambda r,w: w.close(),"s"); r,w=await asyncio.open_unix_connection("s"); print(await r.read()); w.close(); s.close()\n  try: await asyncio.wait_for(asyncio.sleep(9),0.05)\n  except asyncio.TimeoutError: print("timed out")\nasyncio.run(m())',
  'the start methods of multiprocessing':
    'import multiprocessing as m, os\nopen("w.py","w").write("def f(x): return x+1\\n")\nimport sys; sys.path.insert(0,os.getcwd()); import w\nfor how in ("fork","spawn","forkserver"):\n  with m.get_context(how).Pool(1) as p: print(how, p.map(w.f,[1,2]))\nimport shutil; shutil.rmtree("__pycache__",True)',
  executors:
    'import concurrent.futures as c, threading, signal, os, faulthandler\nwith c.ThreadPoolExecutor(4) as e: print(sorted(e.map(lambda x:x*x, range(8))))\nb=threading.Barrier(3); out=[]\ndef w(i): b.wait(); out.append(i)\nts=[threading.Thread(target=w,args=(i,)) for i in range(3)]; [t.start() for t in ts]; [t.join() for t in ts]; print(sorted(out)); l=threading.local(); ev=threading.Event(); threading.Timer(0.02,ev.set).start(); print(ev.wait(5)); signal.signal(signal.SIGINT, signal.default_int_handler)\ntry: os.kill(os.getpid(),signal.SIGINT); signal.pause()\nexcept KeyboardInterrupt: print("interrupted")',
};

/** Processes that share memory. */
const sharing: Record<string, string> = {
  multiprocessing:
    'import multiprocessing as m\ndef sq(x): return x*x\nif __name__=="__main__":\n  with m.Pool(2) as p: print(p.map(sq,range(5)))\n  v=m.Value("i",0)\n  def inc(v):\n    for _ in range(100):\n      with v.get_lock(): v.value+=1\n  ps=[m.Process(target=inc,args=(v,)) for _ in range(2)]; [p.start() for p in ps]; [p.join() for p in ps]; print(v.value, [p.exitcode for p in ps])\n  q=m.Queue(); k=m.Process(target=lambda: q.put("sent")); k.start(); print(q.get()); k.join()',
};

describe('Go', () => {
  test('goroutines, faults, garbage, preemption', () => run([guest('languages/goroutines.go')]));
});

describe('Rust', () => {
  test('threads and panics', () => run([guest('languages/threads.rs')]));
});

describe('Java', () => {
  const classes = guest('languages/Threads.java');
  test('threads, exceptions, garbage', () => run(['java', '-cp', classes, 'Threads']));
  test('in the interpreter only', () => run(['java', '-Xint', '-cp', classes, 'Threads']));
  test('javap', () => run(['javap', '-cp', classes, 'Threads']));
});

describe('node', () => {
  for (const [name, code] of Object.entries(node)) {
    test(name, () => run([process.execPath, '-e', code]));
  }
});

describe('ruby', () => {
  for (const [name, code] of Object.entries(ruby)) test(name, () => run(['ruby', '-e', code]));
});

describe('python3', () => {
  for (const [name, code] of Object.entries(python)) {
    test(name, () => run(['/usr/bin/python3', '-c', code], { PYTHONHASHSEED: '0' }));
  }
});

describe('python3 with shared memory', () => {
  for (const [name, code] of Object.entries(sharing))
    test(name, () => run(['/usr/bin/python3', '-c', code]));
});

describe('perl', () => {
  test('threads', () =>
    run([
      'perl',
      '-e',
      'use threads; use threads::shared; my $n : shared = 0; my @t = map { threads->create(sub { lock $n; $n += $_[0]; $_[0] * 2 }, $_) } 1..4; print join(",", map { $_->join } @t), " $n\\n"; my $q = fork; exit 3 unless $q; waitpid $q, 0; print $? >> 8, "\\n"',
    ]));
});
