// A store of translations that many machines share: any HTTP server that takes GET and PUT.
//
//   URL/cas/<sha256>    a pack, named by its contents: never changes
//   URL/ac/<sha256>     what is the pack of an image: "lxjit <sha256 of the pack> <signature>"; named by a hash of the image's names
//
// (The names that Bazel's remote caches use.) The signature is of the image and the pack together, so a server, or whoever can write
// to it, can only hold back: what is not signed by a key that is trusted here is never looked at.
import { hash } from 'node:crypto';
import type { Keys } from './keys.ts';

/** Milliseconds for one request. */
const PATIENCE = 5000;
/** The biggest pack that is fetched. */
const MAX_PACK = 256 << 20;
const REF = /^lxjit ([0-9a-f]{64}) (\S+)\n$/;
const MAX_REF = 1000;

export class Remote {
  readonly #url: string;
  readonly #keys: Keys;

  constructor(url: string, keys: Keys) {
    this.#url = url.replace(/\/+$/, '');
    this.#keys = keys;
  }

  /** SHA-256 of the pack that the store has of an image; undefined: none that can be trusted. */
  async find(kind: string, image: string): Promise<string | undefined> {
    const ref = await this.#get(refPath(kind, image), MAX_REF);
    const [, sum, signature] = REF.exec(ref?.toString('latin1') ?? '') ?? [];
    if (sum === undefined) return undefined;
    return this.#keys.isSigned(signed(kind, image, sum), signature) ? sum : undefined;
  }

  /** A pack by its SHA-256. */
  async get(sum: string): Promise<Buffer | undefined> {
    const bytes = await this.#get(`cas/${sum}`, MAX_PACK);
    return bytes !== undefined && sumOfPack(bytes) === sum ? bytes : undefined;
  }

  /** Makes `pack` the one of an image. False: the store, or the key, does not allow that. */
  async put(kind: string, image: string, pack: Uint8Array): Promise<boolean> {
    if (!this.#keys.canSign) return false;
    const sum = sumOfPack(pack);
    const ref = `lxjit ${sum} ${this.#keys.sign(signed(kind, image, sum))}\n`;
    return (
      (await this.#put(`cas/${sum}`, pack)) &&
      (await this.#put(refPath(kind, image), Buffer.from(ref)))
    );
  }

  async #get(path: string, limit: number): Promise<Buffer | undefined> {
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const response = await fetch(`${this.#url}/${path}`, { signal });
      if (!response.ok || response.body === null) return undefined;
      const pieces: Uint8Array[] = [];
      let length = 0;
      for await (const piece of response.body) {
        length += piece.length;
        if (length > limit) return undefined;
        pieces.push(piece);
      }
      return Buffer.concat(pieces);
    } catch {
      return undefined; // the store is not there: nothing depends on it
    }
  }

  async #put(path: string, body: Uint8Array): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const url = `${this.#url}/${path}`;
      const { ok } = await fetch(url, {
        method: 'PUT',
        body: body as Uint8Array<ArrayBuffer>,
        signal,
      });
      return ok;
    } catch {
      return false;
    }
  }
}

export const sumOfPack = (pack: Uint8Array): string => hash('sha256', pack, 'hex');

const refPath = (kind: string, image: string): string =>
  `ac/${hash('sha256', `${kind}/${image}`, 'hex')}`;

const signed = (kind: string, image: string, sum: string): string =>
  `lxjit ${kind}/${image} ${sum}`;
