// A tar as GNU tar writes it, in its formats and compressions: the session shows what the tar holds.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { busyboxRoot, lxjit } from './busybox.ts';

const root = busyboxRoot();
const out = mkdtempSync(join(tmpdir(), 'lxjit-tar-'));
afterAll(() => {
  for (const dir of [root, out]) rmSync(dir, { recursive: true });
});

const LONG = 'n'.repeat(120);
mkdirSync(join(root, 'things'));
execFileSync(
  'sh',
  [
    '-c',
    `echo one > file; ln file hard; ln -s file link; mkfifo fifo; mkdir -p ${LONG}/${LONG}; echo deep > ${LONG}/${LONG}/f;
     chmod 4751 file; chmod 1777 ${LONG}; touch -d '2001-02-03 04:05:06.789' file; touch -hd 2002-01-01 link; mknod null c 1 3 || true`,
  ],
  { cwd: join(root, 'things') },
);
// Holes at the start, in the middle and at the end, and more pieces than a header has room for.
const holes = openSync(join(root, 'things/holes'), 'w');
for (let i = 1; i < 60; i++) writeSync(holes, `piece ${i}\n`, i * 100_000);
ftruncateSync(holes, 7_000_000);
closeSync(holes);
writeFileSync(join(root, 'things/hole'), '');
truncateSync(join(root, 'things/hole'), 300_000);

const SHOW =
  'cd /things; find . | sort | while read f; do stat -c "%n %f %h %u %g %t:%T %Y" "$f"; done; cat hard; cat n*/n*/f; readlink link; sha256sum holes hole';

it.each([
  ['pax', 'tar', []],
  ['gnu', 'tar.gz', []],
  ['gnu', 'tar', ['--sparse']],
  ['pax', 'tar', ['--sparse', '--sparse-version=0.0']],
  ['pax', 'tar', ['--sparse', '--sparse-version=0.1']],
  ['pax', 'tar.zst', ['--sparse', '--sparse-version=1.0']],
])('%s, %s %j', async (format, end, options) => {
  const tar = join(out, `t.${end}`);
  execFileSync('tar', ['-C', root, `--format=${format}`, ...options, '-caf', tar, '.']);
  const native = execFileSync('busybox', [
    'sh',
    '-c',
    SHOW.replace('/things', join(root, 'things')),
  ]);
  await using session = await lxjit.Session.create({ root: { tar } });
  const { stdout, stderr } = await session.run(['sh', '-c', SHOW]);
  expect(stderr.toString()).toBe('');
  // A directory's number of links depends on the file system.
  const text = (bytes: Buffer): string => bytes.toString().replace(/^(\S+ 4\S+) \d+/gm, '$1');
  expect(text(stdout)).toBe(text(native));
});
