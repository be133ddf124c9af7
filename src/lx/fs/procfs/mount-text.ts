// /proc/pid/mounts and mountinfo, from the namespace of mounts.
import type { Lx } from '../../kernel/lx.ts';
import type { FileSystem } from '../../vfs/file-system.ts';
import { FIRST_MOUNT_ID } from '../../vfs/namespace.ts';
import { namespaceOf, visiblePath } from '../../vfs/paths.ts';

interface Shown {
  readonly id: number;
  readonly at: string;
  readonly fs: FileSystem;
}

function shownMounts(lx: Lx): Shown[] {
  const all = namespaceOf(lx).mounts.map((m, i) => ({
    id: FIRST_MOUNT_ID + i,
    at: visiblePath(lx, m.abs),
    fs: m.fs,
  }));
  return all.filter((m) => !m.at.startsWith('('));
}

/** Blanks and backslashes in octal, as the kernel writes them. */
const escaped = (text: string): string =>
  text.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);

const options = (fs: FileSystem): string => `${fs.readOnly ? 'ro' : 'rw'},relatime`;

export const mountsText = (lx: Lx): string =>
  shownMounts(lx)
    .map(({ at, fs }) => `${escaped(fs.source)} ${escaped(at)} ${fs.type} ${options(fs)} 0 0\n`)
    .join('');

/** Device numbers of the virtual file systems, as their stat(2) gives them. */
const deviceOf = (lx: Lx, fs: FileSystem): string => {
  const attr = fs.lstat(lx, '');
  if (typeof attr === 'number') return '0:0';
  const dev = Number(attr.dev);
  return `${(dev >> 8) & 0xfff}:${dev & 0xff}`;
};

export function mountinfoText(lx: Lx): string {
  const all = shownMounts(lx);
  return all
    .map(({ id, at, fs }) => {
      const parent = parentIndex(all, at);
      const ids = `${id} ${parent < 0 ? 1 : all[parent].id}`;
      const state = fs.readOnly ? 'ro' : 'rw';
      const device = deviceOf(lx, fs);
      return `${ids} ${device} / ${escaped(at)} ${options(fs)} - ${fs.type} ${escaped(fs.source)} ${state}\n`;
    })
    .join('');
}

/** The mount that `at` is mounted on: the longest other one that holds it; −1 for the root. */
function parentIndex(all: readonly Shown[], at: string): number {
  let best = -1;
  all.forEach((m, i) => {
    if (m.at === at || !(m.at === '/' || at.startsWith(`${m.at}/`))) return;
    if (best < 0 || m.at.length > all[best].at.length) best = i;
  });
  return best;
}
