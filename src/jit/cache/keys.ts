// Who may put translations into a shared store: Ed25519 keys in a PEM file. A private key signs, and its public half and all public keys in
// the file are trusted. A file with public keys only can take from a store, not put into it.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const BLOCK = /-----BEGIN (PRIVATE|PUBLIC) KEY-----[^-]+-----END \1 KEY-----/g;

export class Keys {
  readonly #private: KeyObject | undefined;
  readonly #trusted: readonly KeyObject[];

  /** `pem`: any number of keys, of which the first private one signs. Throws when there is none, or another kind. */
  constructor(pem: string) {
    const blocks = [...pem.matchAll(BLOCK)];
    const own = blocks
      .filter(([, kind]) => kind === 'PRIVATE')
      .map(([text]) => createPrivateKey(text));
    const trusted = blocks.map(([text]) => createPublicKey(text));
    if (trusted.length === 0 || trusted.some((key) => key.asymmetricKeyType !== 'ed25519'))
      throw new Error('no Ed25519 key in PEM format');
    this.#private = own[0];
    this.#trusted = trusted;
  }

  get canSign(): boolean {
    return this.#private !== undefined;
  }

  sign(text: string): string {
    return sign(null, Buffer.from(text), this.#private!).toString('base64');
  }

  isSigned(text: string, signature: string): boolean {
    const bytes = Buffer.from(signature, 'base64');
    return this.#trusted.some((key) => verify(null, Buffer.from(text), key, bytes));
  }
}

/** The keys in `file`; with `make`, a new private key is put there if there is no such file. */
export function readKeys(file: string, make: boolean): Keys {
  if (make) makeKey(file);
  return new Keys(readFileSync(file, 'utf8'));
}

function makeKey(file: string): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
  } catch {
    // it is there, or cannot be written
  }
}
