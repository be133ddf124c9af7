#!/usr/bin/env node
// The command `lxjit`. Only looks at the Node it runs on; the rest is loaded after that, so that an old Node gets a
// sentence and not a syntax error.
const NEEDED = 24;

if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  process.stderr.write(
    `lxjit: Node ${NEEDED} or newer is needed, this is ${process.version}. ` +
      'Inside the package `npx lxjit` brings its own; elsewhere see https://nodejs.org/.\n',
  );
  process.exit(125);
}

const args = process.argv.slice(2);
const { growYoungSpace, useCodeCache } = await import('./session/code-cache.ts');
useCodeCache();
growYoungSpace();
if (runsProgram(args)) (await import('./session/prestart.ts')).prestart();
const { main } = await import('./cli/main.ts');
await main(args);

/** Most likely: it is only a matter of starting a worker early. */
function runsProgram([first]: readonly string[]): boolean {
  return (
    first !== undefined && !['syscalls', 'cache', '--help', '-h', '--version', '-V'].includes(first)
  );
}
