// Binaryen's package is one JavaScript file of 15 MB with its wasm module inside a string: reading that takes a third of a
// second and a hundred megabytes. The build takes them apart: dist/binaryen.wasm, and the JavaScript goes into the bundle.
// Where a later version is built otherwise, the package is used as it is.
import { readFileSync, writeFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/** The module, as an argument of the function that makes bytes of it. */
const START = /(\?\?=\w+\()`\\0asm/;

/** The end of it: a worker that is ended while it awaits at the top level brings the process down (V8), so it must not. */
const AWAIT = /var (\w+)=await (\w+)\(\),(\$?\w+)=\1;export\{\3 as default\};?\s*$/;

interface Parts {
  readonly script: string;
  readonly wasm: Uint8Array;
}

function takeApart(source: string): Parts | undefined {
  const match = START.exec(source);
  if (match === null) return undefined;
  const start = match.index + match[1].length;
  let end = start + 1;
  while (source[end] !== '`') end += source[end] === '\\' ? 2 : 1;
  const text = new Function(`return ${source.slice(start, end + 1)}`)() as string;
  // Null characters stand as U+0100, so that the file holds no control characters.
  const wasm = Uint8Array.from(text, (char) => (char.charCodeAt(0) > 255 ? 0 : char.charCodeAt(0)));
  // The call stays, and gets bytes already.
  const call = source.slice(match.index + 3, start);
  const rest = source
    .slice(end + 2)
    .replace(
      AWAIT,
      (_, _value, make, name) =>
        `var ${name};export{${name} as default};export const ready=${make}().then(m=>{${name}=m});`,
    );
  const script = source.slice(0, match.index + 3) + READ + rest;
  return call.endsWith('(') && WebAssembly.validate(wasm) ? { script, wasm } : undefined;
}

const READ =
  '(globalThis.process.getBuiltinModule("node:fs").readFileSync(new URL("binaryen.wasm",import.meta.url)))';

/** Bundles the script, and writes the module to `wasmFile`. */
export function separateBinaryen(wasmFile: string): Plugin {
  return {
    name: 'binaryen',
    setup(build) {
      build.onResolve({ filter: /^binaryen$/ }, async ({ kind, pluginData }) => {
        if (pluginData === 'own') return undefined;
        const { path } = await build.resolve('./node_modules/binaryen/index.js', {
          resolveDir: build.initialOptions.absWorkingDir!,
          kind,
          pluginData: 'own',
        });
        const parts = takeApart(readFileSync(path, 'utf8'));
        if (parts === undefined) return { path: 'binaryen', external: true };
        writeFileSync(wasmFile, parts.wasm);
        return { path, namespace: 'binaryen', pluginData: parts.script };
      });
      build.onLoad({ filter: /.*/, namespace: 'binaryen' }, ({ pluginData }) => ({
        contents: pluginData as string,
        loader: 'js',
      }));
    },
  };
}
