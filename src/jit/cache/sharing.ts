// A session's part in a shared store: what no worker finds in the cache directory is fetched while the guest runs, and put there; what the
// session has translated is sent at its end.
import { readFileSync } from 'node:fs';
import { type Remote, sumOfPack } from './remote.ts';
import type { Store } from './store.ts';

/** Milliseconds that the end of a session may take for what is to be sent. */
const FAREWELL = 3000;

export class Sharing {
  readonly #store: Store;
  readonly #remote: Remote;
  /** What the store has of each image that was looked up, when that is known: a sum, undefined for nothing. */
  readonly #known = new Map<string, Promise<string | undefined>>();

  constructor(store: Store, remote: Remote) {
    this.#store = store;
    this.#remote = remote;
  }

  /** Fetches what there is of an image; once. */
  fetch(image: string): Promise<string | undefined> {
    let found = this.#known.get(image);
    if (found === undefined) this.#known.set(image, (found = this.#fetch(image)));
    return found;
  }

  async #fetch(image: string): Promise<string | undefined> {
    const sum = await this.#remote.find(this.#store.kind, image);
    if (sum === undefined || sum === this.#store.sharedSum(image)) return sum;
    const pack = await this.#remote.get(sum);
    if (pack === undefined || !this.#store.take(image, pack)) return undefined;
    this.#store.setSharedSum(image, sum);
    return sum;
  }

  /** Sends images that have got something new. */
  async send(images: readonly string[]): Promise<void> {
    const done = Promise.all(images.map((image) => this.#send(image)));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, FAREWELL);
    });
    await Promise.race([done, late]);
    clearTimeout(timer);
  }

  /** With what others have sent meanwhile. */
  async #send(image: string): Promise<void> {
    const theirs = await this.fetch(image);
    this.#store.merge(image);
    const [pack] = this.#store.packs(image);
    const bytes = pack && readFileSync(pack.file);
    if (bytes === undefined || sumOfPack(bytes) === theirs) return;
    if (await this.#remote.put(this.#store.kind, image, bytes))
      this.#store.setSharedSum(image, sumOfPack(bytes));
  }
}
