// Opening terminals: /dev/ptmx, /dev/pts/N, /dev/tty, /dev/console.
import { E } from '../../abi/errno.ts';
import { O } from '../../abi/fcntl.ts';
import { File, FileKind } from '../../kernel/file.ts';
import { fdInstall, newFile } from '../../kernel/files.ts';
import { Fixed } from '../../kernel/fixed.ts';
import type { Lx } from '../../kernel/lx.ts';
import { processOf } from '../../kernel/process.ts';
import { Process } from '../../kernel/task.ts';
import { registerFileInode } from '../../vfs/file-inode.ts';
import { ptmxAttr, ptsAttr, setTerminalDevices } from '../devfs/devfs.ts';
import { acquireOnOpen } from './control.ts';
import { newSlaveFile, TTY_GROUP } from './host.ts';
import { setPeerOpener } from './ioctl.ts';
import { findTtyLocked, newTtyLocked, Tty, TtyKind, ttyName } from './tty.ts';
import './slave.ts';

const STATUS = ~(O.CREAT | O.EXCL | O.NOCTTY | O.TRUNC | O.CLOEXEC);

function openSlave(lx: Lx, tty: number, flags: number, path: string): number {
  const { k } = lx;
  const { i32 } = k;
  const isPty = i32[tty + Tty.kind] === TtyKind.pty;
  if (isPty && (i32[tty + Tty.masters] === 0 || i32[tty + Tty.locked] !== 0)) return -E.IO;
  if (i32[tty + Tty.hung] !== 0) return -E.IO;
  if (i32[tty + Tty.exclusive] !== 0 && i32[processOf(lx) + Process.euid] !== 0) return -E.BUSY;
  if ((flags & O.NOCTTY) === 0) acquireOnOpen(lx, tty);
  return newSlaveFile(k, tty, flags & STATUS, path);
}

function openPts(lx: Lx, index: number, flags: number): number {
  const tty = lx.k.locked(() => findTtyLocked(lx.k, index));
  return tty === 0 ? -E.NOENT : openSlave(lx, tty, flags, ttyName(lx.k, tty));
}

function openPtmx(lx: Lx, flags: number): number {
  const { k } = lx;
  const { i32 } = k;
  const process = processOf(lx);
  const tty = k.locked(() => {
    const made = newTtyLocked(k, TtyKind.pty, -1);
    i32[made + Tty.masters] = 1;
    i32[made + Tty.locked] = 1;
    i32[made + Tty.uid] = i32[process + Process.fsuid];
    i32[made + Tty.gid] = TTY_GROUP;
    return made;
  });
  const file = newFile(k, FileKind.ptyMaster, flags & STATUS, '/dev/ptmx');
  i32[file + File.a] = tty;
  i32[file + File.wait] = tty + Tty.masterWait;
  return file;
}

/** /dev/tty: whatever controls the process. */
function openTty(lx: Lx, flags: number): number {
  const tty = lx.k.i32[processOf(lx) + Process.tty];
  return tty === 0 ? -E.NXIO : openSlave(lx, tty, flags | O.NOCTTY, '/dev/tty');
}

function openConsole(lx: Lx, flags: number): number {
  const tty = lx.k.i32[Fixed.consoleTty];
  return tty === 0 ? -E.NXIO : openSlave(lx, tty, flags, '/dev/console');
}

function change(lx: Lx, index: number, set: (tty: number) => void): number {
  const tty = lx.k.locked(() => findTtyLocked(lx.k, index));
  if (tty === 0) return -E.NOENT;
  set(tty);
  return 0;
}

setTerminalDevices({
  openTty,
  openConsole,
  openPtmx,
  openPts,
  listPts(lx) {
    const { i32 } = lx.k;
    const found: number[] = [];
    for (let tty = i32[Fixed.ttys]; tty !== 0; tty = i32[tty + Tty.next])
      found.push(i32[tty + Tty.index]);
    return found.sort((a, b) => a - b);
  },
  ptsOwner(lx, index) {
    const { i32 } = lx.k;
    const tty = lx.k.locked(() => findTtyLocked(lx.k, index));
    return { uid: i32[tty + Tty.uid], gid: i32[tty + Tty.gid], mode: i32[tty + Tty.mode] };
  },
  chmodPts: (lx, index, mode) =>
    change(lx, index, (tty) => {
      lx.k.i32[tty + Tty.mode] = mode & 0o7777;
    }),
  chownPts: (lx, index, uid, gid) =>
    change(lx, index, (tty) => {
      if (uid !== -1) lx.k.i32[tty + Tty.uid] = uid;
      if (gid !== -1) lx.k.i32[tty + Tty.gid] = gid;
    }),
});

setPeerOpener((lx, tty, flags) => {
  const file = openSlave(lx, tty, flags, ttyName(lx.k, tty));
  return file < 0 ? file : fdInstall(lx, file, (flags & O.CLOEXEC) !== 0);
});

const indexOf = (lx: Lx, file: number): number => lx.k.i32[lx.k.i32[file + File.a] + Tty.index];

registerFileInode(FileKind.tty, {
  attr: (lx, file) => ptsAttr(lx, indexOf(lx, file)),
  reopen: (lx, file, flags) =>
    openSlave(lx, lx.k.i32[file + File.a], flags, ttyName(lx.k, lx.k.i32[file + File.a])),
});
registerFileInode(FileKind.ptyMaster, {
  attr: () => ptmxAttr(),
  reopen: (lx, _, flags) => openPtmx(lx, flags),
});
