// What a session has as its root and mounts: in-memory trees, filled from a tar, and directories of the host.
import { Buffer } from 'node:buffer';
import { createReadStream, realpathSync, statSync } from 'node:fs';
import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { S } from '../lx/abi/stat.ts';
import { addEntry, addHardLink, appendData, appendHole, setTimes } from '../lx/fs/tmpfs/fill.ts';
import { newRootLocked } from '../lx/fs/tmpfs/inode.ts';
import { Store, StoreFull } from '../lx/fs/tmpfs/store.ts';
import type { SessionConfig } from '../lx/kernel/lx.ts';
import { makedev } from '../lx/vfs/file-system.ts';
import { LimitExceeded } from './errors.ts';
import { readTar, type TarEntry } from './tar.ts';
import { ByteReader } from './tar-reader.ts';

/** A tar, also gzip or zstd: its bytes, a stream of them, or the path of a file. */
export type TarSource = Uint8Array | ReadableStream<Uint8Array> | string;

export interface DirectoryMount {
  /** Host directory. */
  readonly directory: string;
  readonly readOnly?: boolean;
}

export interface MemoryMount {
  /** Filled from this; empty without. */
  readonly tar?: TarSource;
  readonly readOnly?: boolean;
}

/** A tree of files: a directory of the host, or memory. */
export type Tree = DirectoryMount | MemoryMount;

export type Mounts = Readonly<Record<string, Tree>>;

const DEFAULT_DISK = 1 << 30;
const STICKY = 0o1777;

/** The part of a SessionConfig that says what files there are. @internal */
export type Files = Pick<SessionConfig, 'root' | 'mounts' | 'inMemory'> & { rootReadOnly: boolean };

/** `disk` limits what all in-memory files take, in bytes. @internal */
export async function makeFiles(root: Tree, mounts: Mounts, disk = DEFAULT_DISK): Promise<Files> {
  const store = Store.ofSize(disk);
  const directories: { host: string; guest: string; readOnly: boolean }[] = [];
  const trees: { guest: string; root: number; readOnly: boolean }[] = [];
  const all: Record<string, Tree> = { ...defaults(root), ...mounts };
  for (const [path, tree] of Object.entries({ ...all, '/': root })) {
    const guest = canonical(path);
    const readOnly = tree.readOnly === true;
    if ('directory' in tree)
      directories.push({ host: hostDirectory(tree.directory), guest, readOnly });
    else trees.push({ guest, root: await fitting(newTree(store, tree, path), disk), readOnly });
  }
  const hostRoot = directories.find(({ guest }) => guest === '');
  return {
    root: hostRoot?.host ?? '',
    rootReadOnly: hostRoot?.readOnly ?? false,
    mounts: directories.filter((mount) => mount !== hostRoot),
    inMemory: { memory: store.memory, mounts: trees },
  };
}

async function fitting<T>(made: Promise<T>, disk: number): Promise<T> {
  try {
    return await made;
  } catch (error) {
    throw error instanceof StoreFull ? new LimitExceeded('disk', disk) : error;
  }
}

/** What every session has: shared memory, and with an empty root somewhere to write. */
function defaults(root: Tree): Mounts {
  const empty = !('directory' in root) && root.tar === undefined;
  return { '/dev/shm': {}, ...(empty ? { '/tmp': {} } : {}) };
}

/** '/a//b/' is '/a/b', '/' is ''. */
function canonical(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (!path.startsWith('/') || parts.includes('..')) {
    throw new TypeError(`${path}: a mount is at an absolute path without '..'`);
  }
  return toBytes(parts.map((part) => `/${part}`).join(''));
}

/** @internal */
export const toBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

function hostDirectory(path: string): string {
  if (!statSync(path).isDirectory()) throw new TypeError(`${path}: not a directory`);
  return toBytes(realpathSync(path));
}

async function newTree(store: Store, tree: MemoryMount, path: string): Promise<number> {
  const mode = path === '/tmp' || path === '/dev/shm' ? STICKY : 0o755;
  const root = store.locked(() => newRootLocked(store, mode));
  if (tree.tar !== undefined) await unpack(store, root, tree.tar);
  return root;
}

// biome-ignore format: aligned rows
const modes: Record<Exclude<TarEntry['type'], 'link' | 'other'>, number> = {
  file: S.IFREG, symlink: S.IFLNK, char: S.IFCHR, block: S.IFBLK, directory: S.IFDIR, fifo: S.IFIFO,
};

async function unpack(store: Store, root: number, source: TarSource): Promise<void> {
  const bytes = await decompressed(source);
  try {
    await unpackEntries(store, root, bytes);
  } finally {
    await bytes.return?.(); // there may be more behind the end that the tar says
  }
}

async function unpackEntries(
  store: Store,
  root: number,
  bytes: AsyncIterator<Uint8Array>,
): Promise<void> {
  const directories: (readonly [inode: number, mtimeNs: bigint])[] = [];
  for await (const { entry, body } of readTar(new ByteReader(bytes))) {
    if (entry.type === 'other') continue;
    if (entry.type === 'link') {
      addHardLink(store, root, entry.path, entry.target);
      continue;
    }
    const inode = addEntry(store, root, entry.path, {
      mode: modes[entry.type] | entry.mode,
      uid: entry.uid,
      gid: entry.gid,
      mtimeNs: entry.mtimeNs,
      rdev: makedev(entry.major, entry.minor),
      xattrs: entry.xattrs,
      ...(entry.type === 'symlink' ? { target: entry.target } : {}),
    });
    if (entry.type === 'directory') directories.push([inode, entry.mtimeNs]);
    for await (const piece of body) {
      if (typeof piece === 'number') appendHole(store, inode, piece);
      else appendData(store, inode, piece);
    }
  }
  // Entries that came later changed the times of their directories.
  for (const [inode, mtimeNs] of directories) setTimes(store, inode, mtimeNs);
}

async function decompressed(source: TarSource): Promise<AsyncIterator<Uint8Array>> {
  const bytes: AsyncIterable<Uint8Array> =
    typeof source === 'string'
      ? createReadStream(source)
      : source instanceof Uint8Array
        ? chunks(source)
        : source;
  const iterator = bytes[Symbol.asyncIterator]();
  const first = await iterator.next();
  const head: Uint8Array = first.done === true ? new Uint8Array(0) : first.value;
  const whole = joined(head, iterator);
  if (head[0] === 0x1f && head[1] === 0x8b) return through(whole, createGunzip());
  const isZstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  return isZstd ? through(whole, createZstdDecompress()) : whole;
}

/** What fails or ends on one side does so on the other. */
const through = (
  bytes: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncIterator<Uint8Array> =>
  pipeline(Readable.from(bytes), transform, () => {})[Symbol.asyncIterator]();

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* joined(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next())
      yield next.value;
  } finally {
    await rest.return?.();
  }
}
