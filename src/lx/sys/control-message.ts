// Control messages of sendmsg and recvmsg: SCM_RIGHTS (descriptors) and SCM_CREDENTIALS; cmsg(3).
// struct cmsghdr: length with header (8), level (4), type (4), data; each begins at a multiple of 8.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { MSG, SCM, SCM_MAX_FD, SOL_SOCKET } from '../abi/socket.ts';
import type { Credentials } from '../fs/sockfs/socket.ts';
import { credentialsOf, type Received } from '../fs/sockfs/transfer.ts';
import { can } from '../kernel/caps.ts';
import { filePut } from '../kernel/file.ts';
import { fdGet, fdInstall } from '../kernel/files.ts';
import type { Lx } from '../kernel/lx.ts';
import { processOf } from '../kernel/process.ts';
import { Process } from '../kernel/task.ts';

const HEADER = 16;
const align = (n: number): number => Math.ceil(n / 8) * 8;
const MAX_CONTROL = 20480;

interface Control {
  readonly by: Credentials;
  /** Descriptions to pass; not yet held for the message. */
  readonly files: number[];
}

/** What the guest sends along, or −errno. */
export function readControl(lx: Lx, addr: number, len: number): Control | number {
  let by = credentialsOf(lx);
  const files: number[] = [];
  if (addr === 0 || len === 0) return { by, files };
  if (len > MAX_CONTROL) return -E.NOBUFS;
  const bytes = lx.mem.bytes(addr, len);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + HEADER <= len; ) {
    const size = view.getUint32(at, true);
    if (size < HEADER || at + size > len) return -E.INVAL;
    const level = view.getInt32(at + 8, true);
    const type = view.getInt32(at + 12, true);
    if (level === SOL_SOCKET && type === SCM.RIGHTS) {
      const count = Math.floor((size - HEADER) / 4);
      if (files.length + count > SCM_MAX_FD) return -E.INVAL;
      for (let i = 0; i < count; i++) {
        const file = fdGet(lx, view.getInt32(at + HEADER + i * 4, true));
        if (file === 0) return -E.BADF;
        files.push(file);
      }
    } else if (level === SOL_SOCKET && type === SCM.CREDENTIALS) {
      if (size < HEADER + 12) return -E.INVAL;
      const word = (n: number): number => view.getInt32(at + HEADER + n * 4, true);
      by = { pid: word(0), uid: word(1), gid: word(2) };
      if (!mayClaim(lx, by)) return -E.PERM;
    } else if (level === SOL_SOCKET) {
      return -E.INVAL;
    }
    at += align(size);
  }
  return { by, files };
}

/** Other ids than its own may only be sent with the capabilities for it. */
function mayClaim(lx: Lx, by: Credentials): boolean {
  const { i32 } = lx.k;
  const p = processOf(lx);
  const uids = [i32[p + Process.uid], i32[p + Process.euid], i32[p + Process.suid]];
  const gids = [i32[p + Process.gid], i32[p + Process.egid], i32[p + Process.sgid]];
  return (
    (by.pid === i32[p + Process.pid] || can(lx, CAP.SYS_ADMIN)) &&
    (uids.includes(by.uid) || can(lx, CAP.SETUID)) &&
    (gids.includes(by.gid) || can(lx, CAP.SETGID))
  );
}

/** Descriptions that nobody asked for go. */
export function freeControl(lx: Lx, received: Received): void {
  for (const file of received.files) filePut(lx, file);
  received.files = [];
}

/**
 * Writes what came along to the guest's control buffer, and its used length to the msghdr at `header`. Answers MSG_CTRUNC
 * when there was no room.
 */
export function deliverControl(
  lx: Lx,
  header: number,
  addr: number,
  len: number,
  received: Received,
  credentials: boolean,
  cloexec: boolean,
): number {
  const { mem } = lx;
  let at = 0;
  let flags = 0;
  const begin = (type: number, size: number): void => {
    mem.writeU64(addr + at, HEADER + size);
    mem.writeU32(addr + at + 8, SOL_SOCKET);
    mem.writeU32(addr + at + 12, type);
  };
  if (credentials && received.by !== null) {
    if (at + HEADER + 12 <= len) {
      begin(SCM.CREDENTIALS, 12);
      mem.writeU32(addr + at + 16, received.by.pid);
      mem.writeU32(addr + at + 20, received.by.uid);
      mem.writeU32(addr + at + 24, received.by.gid);
      at = Math.min(len, at + align(HEADER + 12));
    } else {
      flags |= MSG.CTRUNC;
    }
  }
  if (received.files.length > 0) {
    const room = Math.max(0, Math.floor((len - at - HEADER) / 4));
    const count = Math.min(room, received.files.length);
    if (count < received.files.length) flags |= MSG.CTRUNC;
    const fds = installAll(lx, received, count, cloexec);
    if (fds.length < count) flags |= MSG.CTRUNC;
    if (fds.length > 0) {
      begin(SCM.RIGHTS, fds.length * 4);
      for (let i = 0; i < fds.length; i++) mem.writeU32(addr + at + HEADER + i * 4, fds[i]);
      at = Math.min(len, at + align(HEADER + fds.length * 4));
    }
  }
  mem.writeU64(header + 40, at);
  return flags;
}

function installAll(lx: Lx, received: Received, count: number, cloexec: boolean): number[] {
  const fds: number[] = [];
  while (fds.length < count) {
    const fd = fdInstall(lx, received.files.shift()!, cloexec);
    if (fd < 0) break;
    fds.push(fd);
  }
  freeControl(lx, received);
  return fds;
}
