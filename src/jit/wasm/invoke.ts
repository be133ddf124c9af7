// Binaryen's C++ exceptions go by way of JavaScript: a call with something to clean up when it throws leaves to an import
// (emscripten's invoke_…), which calls the function back from JavaScript, inside try. There are several such calls for each
// expression made or written, and they cost more than what they call. None of them throws in what is used here; so these
// imports are replaced by wasm functions that call on directly, and an exception goes up to the caller of Binaryen.
//
//   invoke(f, a, b) = table[f](a, b)            where `table` has what Binaryen's own table has, entered at its first call
//
// A module has to be there before Binaryen's is; it is written here byte by byte.

interface FunctionType {
  readonly params: Uint8Array;
  readonly results: Uint8Array;
}

interface Import {
  readonly module: string;
  readonly name: string;
  readonly type: FunctionType;
}

/** What emscripten's invoke functions look like: they call a function of the table inside try. */
const INVOKE = /^function[^{]*\{[^{}]*\btry\s*\{\s*(return )?\w+\(\w+\)\(/;

const I32 = 0x7f;
const FUNCREF = 0x70;
/** Binaryen's functions are some thousands. */
const TABLE_SIZE = 1 << 16;

/** Imports for a module compiled by emscripten, with its invoke functions replaced. `exports` gives the instance's later. */
export function withDirectInvokes(
  bytes: Uint8Array,
  imports: WebAssembly.Imports,
  exports: () => WebAssembly.Exports,
): WebAssembly.Imports {
  const invokes = readImports(bytes).filter(({ module, name, type }) => {
    const value = imports[module]?.[name];
    return type.params[0] === I32 && typeof value === 'function' && INVOKE.test(String(value));
  });
  if (invokes.length === 0) return imports;
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_SIZE });
  let own: WebAssembly.Table | undefined;
  const enter = (index: number): void => {
    own ??= Object.values(exports()).find((value) => value instanceof WebAssembly.Table);
    table.set(index, own!.get(index));
  };
  const module = new WebAssembly.Module(trampolines(invokes.map(({ type }) => type)));
  const made = new WebAssembly.Instance(module, { env: { table, enter } }).exports;
  const replaced: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const [name, values] of Object.entries(imports)) replaced[name] = { ...values };
  invokes.forEach(({ module, name }, i) => {
    replaced[module][name] = made[String(i)] as WebAssembly.ImportValue;
  });
  return replaced;
}

/** The imported functions of a wasm module. */
function readImports(bytes: Uint8Array): Import[] {
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  };
  const take = (length: number): Uint8Array => bytes.subarray(at, (at += length));
  const text = (): string => new TextDecoder().decode(take(number()));
  const types: FunctionType[] = [];
  const imports: Import[] = [];
  while (at < bytes.length) {
    const section = bytes[at++];
    const length = number();
    const end = at + length;
    if (section === 1)
      for (let left = number(); left > 0 && bytes[at++] === 0x60; left--)
        types.push({ params: take(number()), results: take(number()) });
    if (section === 2) {
      for (let left = number(); left > 0; left--) {
        const [module, name] = [text(), text()];
        // Functions come first in what emscripten writes.
        if (bytes[at++] !== 0) break;
        imports.push({ module, name, type: types[number()] });
      }
      return imports;
    }
    at = end;
  }
  return imports;
}

/** Exports "0", "1" …: functions of the given types, whose first parameter says which function of the table to call with the others. */
function trampolines(types: readonly FunctionType[]): Uint8Array<ArrayBuffer> {
  const type = (params: Iterable<number>, results: Iterable<number>) => [
    0x60,
    ...list([...params].map((p) => [p])),
    ...list([...results].map((r) => [r])),
  ];
  const enterType = 2 * types.length;
  const body = ({ params }: FunctionType, i: number): number[] => {
    const others = [...params.keys()].slice(1).flatMap((p) => [0x20, ...leb(p)]);
    const isThere = [0x20, 0, 0x25, 0, 0xd1]; // local.get 0, table.get 0, ref.is_null
    const enter = [0x04, 0x40, 0x20, 0, 0x10, 0, 0x0b]; // if, local.get 0, call 0, end
    const callOn = [...others, 0x20, 0, 0x13, ...leb(2 * i + 1), 0]; // …, local.get 0, return_call_indirect
    return sized([0, ...isThere, ...enter, ...callOn, 0x0b]);
  };
  const importOf = (name: string, kind: readonly number[]) => [
    ...ascii('env'),
    ...ascii(name),
    ...kind,
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [
      ...types.flatMap(({ params, results }) => [
        type(params, results),
        type(params.subarray(1), results),
      ]),
      type([I32], []),
    ]),
    ...section(2, [
      importOf('enter', [0, ...leb(enterType)]),
      importOf('table', [1, FUNCREF, 0, ...leb(TABLE_SIZE)]),
    ]),
    ...section(
      3,
      types.map((_, i) => leb(2 * i)),
    ),
    ...section(
      7,
      types.map((_, i) => [...ascii(String(i)), 0, ...leb(i + 1)]),
    ),
    ...section(10, types.map(body)),
  ]);
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];
}

const sized = (bytes: readonly number[]): number[] => [...leb(bytes.length), ...bytes];
const ascii = (text: string): number[] => sized([...text].map((c) => c.charCodeAt(0)));
const list = (items: readonly (readonly number[])[]): number[] => [
  ...leb(items.length),
  ...items.flat(),
];
const section = (id: number, items: readonly (readonly number[])[]): number[] => [
  id,
  ...sized(list(items)),
];
