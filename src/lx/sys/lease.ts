// fcntl(2): leases, and who is told of what happens to a description.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { F_RDLCK, F_UNLCK, F_WRLCK, O } from '../abi/fcntl.ts';
import { OWNER, ownByDefault } from '../kernel/async.ts';
import { can } from '../kernel/caps.ts';
import { File, FileKind } from '../kernel/file.ts';
import { sessionOfGroupLocked } from '../kernel/groups.ts';
import type { Lx } from '../kernel/lx.ts';
import { findProcess, findTask } from '../kernel/process.ts';
import { fileInode } from '../vfs/file-inode.ts';
import { isRegular } from '../vfs/file-system.ts';
import { isBreaking, leaseOf, openFilesOf, putLease } from '../vfs/leases.ts';
import { fsuid } from '../vfs/permission.ts';

const LEASED: readonly number[] = [FileKind.hostFile, FileKind.memfd, FileKind.tmpFile];

export function setLease(lx: Lx, file: number, fd: number, type: number): number {
  const { k } = lx;
  const { i32 } = k;
  const attr = fileInode(lx, file).attr(lx, file);
  if (typeof attr === 'number') return attr;
  if (!LEASED.includes(i32[file + File.kind])) return -E.INVAL;
  if (!isRegular(attr)) return -E.INVAL;
  if (fsuid(lx) !== attr.uid && !can(lx, CAP.LEASE)) return -E.ACCES;
  if (type === F_UNLCK) {
    if (i32[file + File.lease] === 0) return -E.AGAIN;
    putLease(k, file, F_UNLCK);
    return 0;
  }
  if (type !== F_RDLCK && type !== F_WRLCK) return -E.INVAL;
  if (isBreaking(k, file) && leaseOf(k, file) !== type) return -E.AGAIN;
  const isOfKind = (other: number): boolean => i32[other + File.kind] === i32[file + File.kind];
  const openers = openFilesOf(lx, attr, isOfKind);
  const writes = (other: number): boolean => (i32[other + File.flags] & O.ACCMODE) !== O.RDONLY;
  if (type === F_RDLCK ? openers.some(writes) : openers.length > 1) return -E.AGAIN;
  ownByDefault(lx, file);
  i32[file + File.leaseFd] = fd;
  putLease(k, file, type);
  return 0;
}

// ---- owners

// struct f_owner_ex: type, pid.

function setOwnerTo(lx: Lx, file: number, type: number, id: number): number {
  const { k } = lx;
  const known =
    type === OWNER.PGRP
      ? k.locked(() => sessionOfGroupLocked(k, id)) >= 0
      : findProcess(k, id) !== 0 || findTask(k, id) !== 0;
  if (id !== 0 && !known) return -E.SRCH;
  k.i32[file + File.owner] = type === OWNER.PGRP ? -id : id;
  k.i32[file + File.ownerType] = type;
  return 0;
}

export function setOwner(lx: Lx, file: number, id: number): number {
  if (id === -0x8000_0000) return -E.INVAL;
  return id < 0 ? setOwnerTo(lx, file, OWNER.PGRP, -id) : setOwnerTo(lx, file, OWNER.PID, id);
}

export function setOwnerEx(lx: Lx, file: number, address: number): number {
  const [type, id] = [lx.mem.readI32(address), lx.mem.readI32(address + 4)];
  return type < OWNER.TID || type > OWNER.PGRP ? -E.INVAL : setOwnerTo(lx, file, type, id);
}

export function getOwnerEx(lx: Lx, file: number, address: number): number {
  const { i32 } = lx.k;
  const owner = i32[file + File.owner];
  lx.mem.writeU32(address, owner === 0 ? OWNER.PID : i32[file + File.ownerType]);
  lx.mem.writeU32(address + 4, Math.abs(owner));
  return 0;
}
