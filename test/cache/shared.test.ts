// A store of translations on a real HTTP server: nginx with its WebDAV module, as it comes from Debian.
import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync, hash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { guest, LXJIT, scratch } from '../harness.ts';

const dir = scratch();
const program = guest('hot.c');
const expected = spawnSync(program, { encoding: 'utf8' }).stdout;
let url = '';
let stop: () => Promise<void> = async () => {};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What a user would write to have a store. */
const configuration = (port: number): string => `
daemon off;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events {}
http {
  access_log ${dir}/access.log;
  client_body_temp_path ${dir}/body;
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 256m;
    location / {
      root ${dir}/store;
      dav_methods PUT;
      create_full_put_path on;
    }
  }
}`;

beforeAll(async () => {
  const port = await freePort();
  mkdirSync(join(dir, 'store'), { mode: 0o777 });
  writeFileSync(join(dir, 'nginx.conf'), configuration(port));
  const asRoot = process.getuid?.() === 0 ? ['-g', 'user root;'] : [];
  const server = spawn('nginx', [
    '-c',
    join(dir, 'nginx.conf'),
    '-e',
    join(dir, 'error.log'),
    ...asRoot,
  ]);
  const ended = new Promise<void>((resolve) => server.on('close', () => resolve()));
  stop = () => {
    server.kill('SIGTERM');
    return ended;
  };
  url = `http://127.0.0.1:${port}/lxjit/`;
  for (let turn = 0; turn < 200; turn++) {
    if (await fetch(url).catch(() => undefined)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(readFileSync(join(dir, 'error.log'), 'utf8'));
});

afterAll(async () => {
  await stop();
  rmSync(dir, { recursive: true, force: true });
});

const key = (name: string): string => {
  const file = join(dir, `${name}.pem`);
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(`${file}.pub`, publicKey.export({ type: 'spki', format: 'pem' }));
  return file;
};
const ours = key('ours');

/** Runs the program on a machine with the cache directory `cache`. */
function run(cache: string, keys = ours): { modules: number; keptModules: number } {
  const env = { ...process.env, LXJIT_CACHE_URL: url, LXJIT_CACHE_KEY: keys, HOME: dir };
  const args = [LXJIT, `--cache=${join(dir, cache)}`, '--stats=json', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  expect(stdout).toBe(expected);
  return JSON.parse(stderr.trim().split('\n').at(-1)!).translation;
}

const stored = (): string[] =>
  readdirSync(join(dir, 'store'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    /[0-9a-f]{64}$/.test(name),
  );

/** Did a run with that cache directory take something from the store, or put it there? */
const isShared = (cache: string): boolean =>
  readdirSync(join(dir, cache), { recursive: true, encoding: 'utf8' }).some((name) =>
    name.endsWith('/shared'),
  );

it('what one machine has translated, others need not', () => {
  expect(run('first').modules).toBeGreaterThan(0);
  expect(stored().filter((name) => name.includes('/cas/')).length).toBeGreaterThan(0);
  expect(isShared('first')).toBe(true);
  expect(run('second', `${ours}.pub`).keptModules).toBeGreaterThan(0);
  expect(isShared('second')).toBe(true);
});

it('what somebody else has signed is not used', () => {
  run('third', `${key('theirs')}.pub`);
  expect(isShared('third')).toBe(false);
});

it('what was changed on the server is not used', () => {
  for (const name of stored().filter((name) => name.includes('/cas/'))) {
    const file = join(dir, 'store', name);
    const bytes = readFileSync(file);
    bytes[bytes.length - 100] ^= 1;
    writeFileSync(file, bytes);
  }
  run('fourth', `${ours}.pub`);
  expect(isShared('fourth')).toBe(false);
});

it('a reference to another pack is not used', () => {
  // One that is there and is what it says: only the signature is of another.
  const [pack] = stored().filter((name) => name.includes('/cas/'));
  const bytes = readFileSync(join(dir, 'store', pack));
  const sum = hash('sha256', bytes, 'hex');
  writeFileSync(join(dir, 'store', dirname(pack), sum), bytes);
  for (const name of stored().filter((name) => name.includes('/ac/'))) {
    const file = join(dir, 'store', name);
    writeFileSync(file, readFileSync(file, 'latin1').replace(/ [0-9a-f]{64}/, ` ${sum}`));
  }
  run('fifth', `${ours}.pub`);
  expect(isShared('fifth')).toBe(false);
});

it('a store that is not there costs nothing but speed', async () => {
  await stop();
  expect(run('sixth').modules).toBeGreaterThan(0);
});
