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

const { main } = await import('./cli/main.ts');
await main(process.argv.slice(2));
