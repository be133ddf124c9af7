// The command line: what it understands, what it says when it does not, exit statuses, and refusals of files that cannot run.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { optionRows, parseCommandLine, UsageError } from '../../src/options.ts';
import { guest, LXJIT, runLxjit, same, scratch } from '../harness.ts';

const dir = scratch();
afterAll(() => rmSync(dir, { recursive: true }));

function fileOf(path: string): string {
  return new URL(`../../${path}`, import.meta.url).pathname;
}

/** Runs lxjit with options of its own. */
function run(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  const result = spawnSync(process.execPath, [LXJIT, ...args], {
    encoding: 'latin1',
    input: '',
  });
  return { stdout: result.stdout, stderr: result.stderr, status: result.status };
}

describe('parsing', () => {
  it('stops at PROGRAM', () => {
    const options = parseCommandLine(['--jit=off', 'ls', '--help', '--jit=x']);
    expect(options.program).toEqual(['ls', '--help', '--jit=x']);
    expect(options.help).toBe(false);
    expect(options.jit).toBe('off');
  });

  it('stops at --', () => {
    const options = parseCommandLine(['--checked', '--', '--strange', 'a']);
    expect(options.program).toEqual(['--strange', 'a']);
    expect(options.afterDashes).toBe(true);
  });

  it('takes values with = or as the next argument, but optional ones only with =', () => {
    expect(parseCommandLine(['--root', '/r', 'x']).root).toBe('/r');
    expect(parseCommandLine(['--root=/r', 'x']).root).toBe('/r');
    expect(parseCommandLine(['--strace', 'x'])).toMatchObject({ strace: '', program: ['x'] });
    expect(parseCommandLine(['--strace=f', 'x']).strace).toBe('f');
    expect(parseCommandLine(['--stats=json', 'x']).stats).toBe('json');
    expect(parseCommandLine(['--env', 'A=b=c', '--env=B', 'x']).env).toEqual([
      ['A', 'b=c'],
      ['B', undefined],
    ]);
    expect(parseCommandLine(['--mount', '/a:b:/c:ro', 'x']).mounts).toEqual([
      { host: '/a:b', guest: '/c', readOnly: true },
    ]);
    expect(parseCommandLine(['--dump=decode:0x401000', 'x']).dump).toEqual({
      what: 'decode',
      pc: 0x401000,
    });
  });

  it.each([
    [['--strce', 'x'], /unknown option '--strce'; did you mean '--strace'\?/],
    [['-x'], /unknown option '-x'/],
    [['--root'], /'--root' needs a value: DIR/],
    [['--jit=maybe'], /'--jit' cannot be 'maybe' \(it is off\|on\|always\)/],
    [['--checked=yes'], /'--checked' takes no value/],
    [['--mount', 'nonsense'], /'nonsense' is no mount/],
    [['--env', '=x'], /'=x' sets no environment variable/],
    [['--dump=tea'], /'--dump' cannot be 'tea'/],
    [['--dump=decode:zz'], /'zz' is no guest address/],
  ])('%j is refused in words', (args, words) => {
    expect(() => parseCommandLine(args)).toThrow(words);
    expect(() => parseCommandLine(args)).toThrow(UsageError);
  });
});

describe('lxjit itself', () => {
  it('--help and docs/cli.md name every option', () => {
    const { stdout, status } = run('--help');
    expect(status).toBe(0);
    const docs = readFileSync(fileOf('docs/cli.md'), 'utf8');
    for (const { name } of optionRows) {
      expect(stdout).toContain(`  --${name}`);
      expect(docs).toContain(`\`--${name}`);
    }
  });

  it('--version is that of package.json', () => {
    const { version } = JSON.parse(readFileSync(fileOf('package.json'), 'utf8')) as {
      version: string;
    };
    expect(run('--version').stdout).toBe(`lxjit ${version}\n`);
  });

  it('a bad option is one line and status 125', () => {
    expect(run('--nonsense')).toEqual({
      stdout: '',
      stderr: "lxjit: unknown option '--nonsense'\nSee 'lxjit --help'.\n",
      status: 125,
    });
  });

  it('syscalls lists the table', () => {
    const { stdout, status } = run('syscalls');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ +0 read +full +/m);
    expect(stdout).toMatch(/^\d+ system calls: /m);
    expect(stdout.split('\n').length).toBeGreaterThan(130);
  });

  it('needs neither Binaryen nor capstone to run a program that is not hot', () => {
    const copy = join(dir, 'without');
    const isWanted = (path: string): boolean =>
      !/^\.|binaryen|capstone|types$/.test(basename(path));
    cpSync(fileOf('dist'), copy, { recursive: true, filter: isWanted });
    const echo = (jit: string): string =>
      spawnSync(process.execPath, [join(copy, 'lxjit.js'), `--jit=${jit}`, '/bin/echo', 'runs'], {
        encoding: 'utf8',
      }).stdout;
    expect(echo('on')).toBe('runs\n');
    expect(echo('always')).toBe('');
  });
});

describe('exit status', () => {
  it.each([0, 1, 42, 255])('is the program’s: %i', async (status) => {
    await same(['/bin/sh', '-c', `exit ${status}`]);
  });

  it('is 128 + n after signal n, with the shell’s words', async () => {
    const segv = await runLxjit(['/bin/sh', '-c', 'kill -SEGV $$']);
    expect(segv).toMatchObject({
      status: 139,
      stderr: expect.stringMatching(/^Segmentation fault/),
    });
    const pipe = await runLxjit(['/bin/sh', '-c', 'kill -PIPE $$']);
    expect(pipe).toMatchObject({ status: 141, stderr: '' });
  });
});

describe('what cannot run gets one line and a shell’s status', () => {
  const file = (name: string, contents: string | Uint8Array, mode = 0o755): string => {
    const path = join(dir, name);
    writeFileSync(path, contents);
    chmodSync(path, mode);
    return path;
  };
  const program = readFileSync(guest('hello.c'));
  const changed = (at: number, ...bytes: number[]): Buffer => {
    const copy = Buffer.from(program);
    copy.set(bytes, at);
    return copy;
  };

  // biome-ignore format: a table
  const cases: [string, () => string, number, RegExp][] = [
    ['an unknown command',      () => 'no-such-command-here',                     127, /command not found/],
    ['an unknown path',         () => '/no/such/file',                            127, /No such file or directory/],
    ['binary data',             () => file('data', Buffer.from([0, 1, 2, 3, 0])), 126, /neither an ELF file nor a #! script/],
    ['a 32-bit file',           () => file('i386', changed(4, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 3, 0)), 126, /32-bit x86/],
    ['a file for ARM',          () => file('arm', changed(18, 183, 0)),           126, /64-bit ARM/],
    ['an object file',          () => file('object', changed(16, 1, 0)),          126, /object file/],
    ['a truncated header',      () => file('cut', program.subarray(0, 50)),       126, /truncated/],
    ['a file without x',        () => file('plain', program, 0o644),              126, /Permission denied/],
    ['a missing interpreter',   () => file('script', '#!/no/such/interpreter\n'), 127, /interpreter does not exist/],
  ];
  it.each(cases)('%s', (_name, make, status, words) => {
    const path = make();
    const result = run(path);
    expect(result.stderr).toMatch(words);
    expect(result.stderr).toMatch(/^lxjit: .*\n$/);
    expect(result.stderr.split('\n').length).toBe(2);
    expect(result.stdout).toBe('');
    const user = process.getuid?.();
    if (!(user === 0 && status === 126 && words.source.includes('Permission')))
      expect(result.status).toBe(status);
  });

  // biome-ignore format: a table
  it.each<[string[], number, RegExp]>([
    [['--cwd', '/nowhere', 'pwd'],       126, /^lxjit: pwd: cannot start in \/nowhere: No such file or directory\n$/],
    [['--root', '/nowhere', 'ls'],       125, /^lxjit: \/nowhere: no such directory\n$/],
    [['--mount', '/etc/passwd:/x', 'ls'], 125, /^lxjit: \/etc\/passwd: not a directory\n$/],
    [['--strace=/nowhere/x', 'true'],    125, /^lxjit: cannot write \/nowhere\/x: No such file or directory\n$/],
    [['--profile=/nowhere/x', 'true'],   125, /^lxjit: cannot write \/nowhere\/x: No such file or directory\n$/],
    [['--cache=/etc/passwd', 'true'],    125, /^lxjit: \/etc\/passwd: cannot be the cache: .*\n$/],
    [['syscalls', 'read'],               125, /^lxjit: 'syscalls' takes no argument 'read'\nSee 'lxjit --help'\.\n$/],
    [['cache', 'ls', 'x'],               125, /^lxjit: 'cache ls' takes no argument 'x'\n/],
  ])('%j is refused before anything runs', (args, status, words) => {
    const result = run(...args);
    expect(result.stderr).toMatch(words);
    expect(result).toMatchObject({ stdout: '', status });
  });

  it('a directory', () => {
    mkdirSync(join(dir, 'directory'), { recursive: true });
    expect(run(join(dir, 'directory'))).toMatchObject({
      status: 126,
      stderr: expect.stringMatching(/^lxjit: .*\n$/),
    });
  });

  it.each([
    ['', 'empty'],
    ['\n', 'a line'],
    ['#!\n', 'no interpreter'],
    ['echo "I am $1"; exit 3\n', 'a script'],
  ])('a text file without #! is run by the shell, as a shell does: %j', (text, name) => {
    const path = file(name, text);
    const options = { encoding: 'latin1', input: '' } as const;
    const { stdout, stderr, status } = spawnSync('sh', ['-c', '"$0" here', path], options);
    expect(run(path, 'here')).toEqual({ stdout, stderr, status });
  });
});

describe('options reach the guest', () => {
  it('--env and --cwd', () => {
    const result = run(
      '--env',
      'A=1',
      '--env',
      'HOME',
      '--cwd',
      '/usr',
      '/bin/sh',
      '-c',
      'echo $A ${HOME-unset}; pwd',
    );
    expect(result.stdout).toBe('1 unset\n/usr\n');
  });

  it('--mount, read-only', () => {
    writeFileSync(join(dir, 'shown'), 'contents');
    const script = 'cat /mnt/shown; echo; echo x > /mnt/new';
    const result = run('--mount', `${dir}:/mnt:ro`, '/bin/sh', '-c', script);
    expect(result.stdout).toBe('contents\n');
    expect(result.stderr).toMatch(/Read-only file system/);
  });

  it('bytes that are no UTF-8 pass through', () => {
    const script = `exec "$0" "$1" printf %s "$(printf '\\377\\300x')"`;
    const result = spawnSync('/bin/sh', ['-c', script, process.execPath, LXJIT], {
      encoding: 'latin1',
    });
    expect(result.stdout).toBe('\xff\xc0x');
  });
});

describe('--strace', () => {
  /** Calls as strace prints them, without what differs from run to run: addresses, pids, the loader’s own. */
  const lines = (text: string): string[] =>
    text
      .split('\n')
      .filter((line) => /^(openat|read|write|newfstatat|close|lseek|exit_group|\+\+\+)/.test(line))
      .map((line) => line.replace(/0x[0-9a-f]+/g, 'ADDRESS').replace(/ld\.so\.cache.*/, ''))
      // Node gives its children sockets, which the guest sees as pipes.
      .map((line) => line.replace('S_IFSOCK', 'S_IFIFO'));

  it.runIf(spawnSync('strace', ['-V']).status === 0)('prints what strace prints', () => {
    const path = join(dir, 'greeting');
    writeFileSync(path, 'hello "quoted"\t\x01\x012\n'.repeat(3));
    const trace = join(dir, 'native-trace');
    spawnSync('strace', ['-o', trace, 'cat', path, '/nonexistent'], { encoding: 'latin1' });
    const ours = run(`--strace=${trace}.ours`, 'cat', path, '/nonexistent');
    expect(ours.status).toBe(1);
    const withoutPids = readFileSync(`${trace}.ours`, 'latin1').replace(/^\d+ +/gm, '');
    expect(lines(withoutPids)).toEqual(lines(readFileSync(trace, 'latin1')));
  });

  it('to a file, with pids', () => {
    const trace = join(dir, 'trace');
    expect(run(`--strace=${trace}`, '/bin/sh', '-c', '/bin/true; exit 2')).toEqual({
      stdout: '',
      stderr: '',
      status: 2,
    });
    const text = readFileSync(trace, 'latin1');
    expect(text).toMatch(
      /^\d+ +execve\("\/bin\/true", \["\/bin\/true"\], 0x[0-9a-f]+ \/\* \d+ vars \*\/\) = 0$/m,
    );
    expect(text).toMatch(/^\d+ +exit_group\(2\) +(= \?)$/m);
    expect(text).toMatch(
      /wait4\(-1, \[\{WIFEXITED\(s\) && WEXITSTATUS\(s\) == 0\}\], 0, NULL\) = \d+/,
    );
  });
});

describe('--stats', () => {
  it('counts calls and instructions', () => {
    const { stderr } = run('--stats=json', '/bin/echo', 'x');
    const stats = JSON.parse(stderr) as {
      instructions: number;
      calls: { name: string; count: number }[];
    };
    expect(stats.instructions).toBeGreaterThan(10_000);
    expect(stats.calls.find((call) => call.name === 'write')?.count).toBe(1);
  });

  it('counts what was translated, and why it was left', () => {
    const { stderr } = run('--jit=always', '--stats=json', guest('hello.c', '-static'));
    const { translation, left } = JSON.parse(stderr) as {
      translation: Record<string, number>;
      left: { place: string; count: number }[];
    };
    expect(translation.regions).toBeGreaterThan(10);
    expect(translation.instructions).toBeGreaterThan(translation.regions!);
    expect(translation.compiling).toBeLessThan(translation.translating!);
    expect(translation.installedRegions).toBeGreaterThan(10);
    expect(left.some(({ place, count }) => place.includes('hello-c') && count > 0)).toBe(true);
  });
});

describe('--profile', () => {
  it('writes samples by guest symbol', () => {
    const file = join(scratch(), 'profile.json');
    run(`--profile=${file}`, '/bin/bash', '-c', 'for ((i = 0; i < 3000; i++)); do :; done');
    const { shared, profiles } = JSON.parse(readFileSync(file, 'utf8')) as {
      shared: { frames: { name: string }[] };
      profiles: { name: string; samples: number[][]; weights: number[]; endValue: number }[];
    };
    expect(profiles).toHaveLength(1);
    expect(profiles[0].name).toMatch(/^bash /);
    expect(profiles[0].samples).toHaveLength(profiles[0].weights.length);
    expect(profiles[0].endValue).toBeGreaterThan(10_000);
    expect(shared.frames.some(({ name }) => /^[a-z_]+ \(bash\)/.test(name))).toBe(true);
  });
});

describe('--stats=trace', () => {
  it('writes what ran when, as Chrome shows it', () => {
    const cwd = join(dir, 'traced');
    mkdirSync(cwd);
    const result = spawnSync(
      process.execPath,
      [LXJIT, '--stats=trace', '/bin/sh', '-c', '/bin/echo x; :'],
      { cwd, encoding: 'utf8' },
    );
    expect(result.stderr).toBe('lxjit: trace in lxjit.trace.json\n');
    const { traceEvents } = JSON.parse(readFileSync(join(cwd, 'lxjit.trace.json'), 'utf8')) as {
      traceEvents: { ph: string; cat: string; name: string; ts: number; dur: number }[];
    };
    const spans = traceEvents.filter(({ ph }) => ph === 'X');
    const find = (cat: string, name: string) =>
      spans.find((span) => span.cat === cat && span.name === name)!;
    const [sh, echo] = [find('program', 'sh'), find('program', 'echo')];
    expect(echo.ts).toBeGreaterThan(sh.ts);
    expect(echo.ts + echo.dur).toBeLessThan(sh.ts + sh.dur);
    expect(find('session', 'node and lxjit').ts).toBe(0);
    expect(find('start', 'dynamic loader').dur).toBeGreaterThan(0);
  });
});

describe('--code-limit', () => {
  it('has the oldest translations dropped', () => {
    const program = guest('kernel/warm.c');
    const { stdout, stderr } = run('--code-limit=0.02', '--stats=json', program, 'many');
    expect(stdout).toMatch(/^sum \d+\n$/);
    const { translation } = JSON.parse(stderr) as { translation: Record<string, number> };
    expect(translation.installedRegions).toBeGreaterThan(0);
    expect(translation.dropped).toBeGreaterThan(0);
  });

  it('is a number', () => {
    expect(() => parseCommandLine(['--code-limit=x', 'y'])).toThrow(/number of MB/);
  });
});

describe('--dump=decode', () => {
  it('lists the code at the entry point, as objdump does', () => {
    const program = guest('hello.c', '-static');
    const { stdout, status } = run('--dump=decode', program);
    expect(status).toBe(0);
    const entry = /Entry point address:\s+0x([0-9a-f]+)/.exec(
      execFileSync('readelf', ['-h', program], { encoding: 'utf8' }),
    )![1];
    const bytes = stdout.split('\n')[0].slice(10, 42).trim();
    expect(stdout).toMatch(new RegExp(`^ *${entry}: `));
    const objdump = execFileSync(
      'objdump',
      ['-d', `--start-address=0x${entry}`, `--stop-address=${Number(`0x${entry}`) + 16}`, program],
      {
        encoding: 'utf8',
      },
    );
    const first = new RegExp(`${entry}:\\t([0-9a-f ]+?) *\\t`).exec(objdump)![1];
    expect(bytes).toBe(first);
  });

  it.each(['region', 'wat'])('--dump=%s shows what the translator makes of it', (what) => {
    const { stdout, status } = run(`--dump=${what}`, guest('hello.c', '-static'));
    expect(status).toBe(0);
    expect(stdout).toMatch(/31 ed +xor ebp, ebp/);
    expect(stdout).toMatch(what === 'wat' ? /\(i64\.store/ : /block 0 0x[0-9a-f]+: call/);
  });

  it('says so where nothing is executable', () => {
    expect(run('--dump=decode:0x10', '/bin/true')).toMatchObject({
      status: 125,
      stderr: 'lxjit: nothing executable at 0x10\n',
    });
  });
});
