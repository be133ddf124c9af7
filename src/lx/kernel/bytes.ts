// Byte strings (one char = one byte): how lxcore keeps paths and other text that has no encoding.

type Latin1Slice = (this: Uint8Array, start: number, end: number) => string;
/** Node's own conversion, where there is one: twice as fast, and it makes a flat string. */
const latin1Slice = (globalThis as { Buffer?: { prototype: { latin1Slice?: Latin1Slice } } }).Buffer
  ?.prototype.latin1Slice;

/** The bytes [start, end) as a string. */
export function byteString(u8: Uint8Array, start: number, end: number): string {
  if (latin1Slice !== undefined && end - start > SHORT) return latin1Slice.call(u8, start, end);
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(u8[i]);
  return text;
}

const SHORT = 8;
