// The library as an embedder gets it: the bundle, from a program of their own.
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const library = new URL('../../dist/index.js', import.meta.url).href;

it('runs programs, one after the other and at once, and says how they ended', () => {
  const script = `
    import { run } from ${JSON.stringify(library)};
    const results = [await run(['sh', '-c', 'echo $GREETING; exit 5'], { env: { GREETING: 'hello' } })];
    results.push(...await Promise.all([run(['sh', '-c', 'kill -TERM $$']), run(['true'])]));
    const messages = [];
    results.push(await run(['no-such-command'], { onMessage: (text) => messages.push(text) }));
    console.log(JSON.stringify({ results, messages }));`;
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  const [greeting, rest] = result.stdout.split('\n');
  expect(greeting).toBe('hello');
  expect(JSON.parse(rest)).toEqual({
    results: [{ code: 5 }, { signal: 15, core: false }, { code: 0 }, { code: 127 }],
    messages: ['lxjit: no-such-command: command not found'],
  });
  expect(result.stderr).toBe('');
});
