// From a byte offset in a module back to the guest instruction that its memory access came from, by way of Binaryen's
// source map: each access is given its guest instruction as "line" (an index, since lines are numbered from 1).
import type binaryen from 'binaryen';

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Numbers of a mapping of a source map (base 64 VLQ). */
function decodeVlq(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const char of text) {
    const digit = BASE64.indexOf(char);
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}

export interface Places {
  /** Guest address of what is at a byte offset. */
  find(offset: number): number | undefined;
}

/** `lines[n]` is what line n + 1 stands for. */
export function readSourceMap(map: string, lines: readonly number[]): Places {
  const { mappings } = JSON.parse(map) as { mappings: string };
  const places: { offset: number; line: number }[] = [];
  let offset = 0;
  let line = 0;
  for (const mapping of mappings.split(',')) {
    const [column, , lines] = decodeVlq(mapping);
    offset += column ?? 0;
    line += lines ?? 0;
    places.push({ offset, line });
  }
  return { find: (at) => lines[places.findLast((p) => p.offset <= at)?.line ?? -1] };
}

/** A builder that notes for which guest instruction each memory access is made. */
export class PlaceRecorder {
  /** Guest instructions by line, and the expressions made for each. */
  readonly lines: number[] = [];
  readonly #made: { line: number; expressions: number[] }[] = [];
  #current: number[] = [];

  /** What is made from now on belongs to the instruction at `pc`. */
  begin(pc: number): void {
    this.#current = [];
    this.lines.push(pc);
    this.#made.push({ line: this.lines.length, expressions: this.#current });
  }

  add(expression: number): number {
    this.#current.push(expression);
    return expression;
  }

  /** Attaches the notes so far to a function. */
  attach(m: binaryen.Module, func: binaryen.FunctionRef): void {
    const file = m.addDebugInfoFileName('guest');
    for (const { line, expressions } of this.#made.splice(0))
      for (const expression of expressions) m.setDebugLocation(func, expression, file, line, 0);
  }

  emit(m: binaryen.Module): Places {
    const { sourceMap } = m.emitBinary('map');
    return readSourceMap(sourceMap ?? '', this.lines);
  }
}
