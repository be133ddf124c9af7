// The examples of docs/library.md run, and print what their comments say.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { busyboxTar } from './busybox.ts';

const tar = busyboxTar('tar.gz');
afterAll(() => rmSync(tar));

const root = new URL('../..', import.meta.url);
const text = readFileSync(new URL('docs/library.md', root), 'utf8');
const examples = [...text.matchAll(/^## (.*?)$|^```js\n(.*?)^```/gms)];

let title = '';
const cases = examples.flatMap(([, heading, code]) => {
  if (heading !== undefined) title = heading;
  return code === undefined ? [] : [[title, code] as const];
});

/** What `console.log(…); // words` promise. */
const promised = (code: string): string[] =>
  [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, words]) => words);

const words = (output: string): string => output.replace(/\s+/g, ' ');

describe('docs/library.md', () => {
  it.each(cases)('%s', (_title, code) => {
    const script = code.replaceAll("'busybox.tar'", JSON.stringify(tar));
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    for (const line of promised(code)) expect(words(stdout)).toContain(line);
  });
});
