// Names of AF_UNIX sockets: struct sockaddr_un { family (2), path (108) }. A name is a byte string: a path, or NUL and an
// abstract name, or '' for none.
import { E } from '../../abi/errno.ts';
import { AT } from '../../abi/fcntl.ts';
import { AF, SUN_PATH_MAX } from '../../abi/socket.ts';
import { S } from '../../abi/stat.ts';
import { Fixed } from '../../kernel/fixed.ts';
import type { Lx } from '../../kernel/lx.ts';
import { umaskOf } from '../../kernel/process.ts';
import { giveAway, mayChangeDir } from '../../vfs/making.ts';
import { lookupPath } from '../../vfs/paths.ts';
import { mayAccess } from '../../vfs/permission.ts';
import { FOLLOW, PARENT } from '../../vfs/where.ts';
import { findBoundLocked, Socket } from './socket.ts';

const FAMILY = 2;

/** The name in a guest's sockaddr, or −errno. */
export function readName(lx: Lx, addr: number, len: number): string | number {
  if (len < FAMILY || len > FAMILY + SUN_PATH_MAX) return -E.INVAL;
  const bytes = lx.mem.bytes(addr, len);
  if ((bytes[0] | (bytes[1] << 8)) !== AF.UNIX) return -E.INVAL;
  let name = '';
  for (const byte of bytes.subarray(FAMILY)) name += String.fromCharCode(byte);
  if (name === '' || name.startsWith('\0')) return name;
  const end = name.indexOf('\0');
  return end < 0 ? name : name.slice(0, end);
}

/** A name as a sockaddr. */
export function unixAddress(name: string): Uint8Array {
  const isPath = name !== '' && !name.startsWith('\0');
  const bytes = new Uint8Array(FAMILY + name.length + (isPath ? 1 : 0));
  bytes[0] = AF.UNIX;
  for (let i = 0; i < name.length; i++) bytes[FAMILY + i] = name.charCodeAt(i);
  return bytes;
}

/** Each type of socket has its own abstract names. */
const abstractKey = (name: string, type: number): string => `${type}${name}`;

/** The socket that a socket of `type` reaches under a name, or −errno. */
export function findByName(lx: Lx, name: string, type: number): number {
  const { k } = lx;
  if (name === '') return -E.INVAL;
  if (name.startsWith('\0'))
    return k.locked(() => findBoundLocked(k, abstractKey(name, type))) || -E.CONNREFUSED;
  const where = lookupPath(lx, AT.FDCWD, name, FOLLOW);
  if (typeof where === 'number') return where;
  const attr = where.attr ?? where.fs.lstat(lx, where.path);
  if (typeof attr === 'number') return attr;
  if (!mayAccess(lx, attr, 2)) return -E.ACCES;
  if ((attr.mode & S.IFMT) !== S.IFSOCK) return -E.CONNREFUSED;
  return k.locked(() => findBoundLocked(k, `${attr.dev}:${attr.ino}`)) || -E.CONNREFUSED;
}

/** bind(2): makes the socket's file, or takes the abstract name. */
export function bindName(lx: Lx, socket: number, name: string): number {
  const { k } = lx;
  if (k.i32[socket + Socket.name] !== 0) return name === '' ? 0 : -E.INVAL;
  if (name === '') return autobind(lx, socket);
  const type = k.i32[socket + Socket.type];
  const key = name.startsWith('\0') ? abstractKey(name, type) : makeFile(lx, name);
  if (typeof key === 'number') return key;
  return k.locked(() => {
    if (findBoundLocked(k, key) !== 0) return -E.ADDRINUSE;
    setNameLocked(lx, socket, name, key);
    return 0;
  });
}

function setNameLocked(lx: Lx, socket: number, name: string, key: string): void {
  const { k } = lx;
  k.i32[socket + Socket.name] = k.newStringLocked(name);
  k.i32[socket + Socket.key] = k.newStringLocked(key);
}

/** The key of a new socket file: device and inode. */
function makeFile(lx: Lx, name: string): string | number {
  const where = lookupPath(lx, AT.FDCWD, name, PARENT);
  if (typeof where === 'number') return where;
  if (where.last !== 'name' || where.path === '') return -E.ADDRINUSE;
  const denied = mayChangeDir(lx, where);
  if (denied < 0) return typeof where.fs.lstat(lx, where.path) === 'number' ? denied : -E.ADDRINUSE;
  const mode = S.IFSOCK | (0o777 & ~umaskOf(lx));
  const made = giveAway(lx, where, where.fs.mknod(lx, where.path, mode, 0));
  if (made < 0) return made === -E.EXIST ? -E.ADDRINUSE : made;
  const attr = where.fs.lstat(lx, where.path);
  return typeof attr === 'number' ? attr : `${attr.dev}:${attr.ino}`;
}

/** An abstract name of five hexadecimal digits. */
function autobind(lx: Lx, socket: number): number {
  const { k } = lx;
  return k.locked(() => {
    for (;;) {
      const number = k.i32[Fixed.nextId]++ & 0xfffff;
      const name = `\0${number.toString(16).padStart(5, '0')}`;
      const key = abstractKey(name, k.i32[socket + Socket.type]);
      if (findBoundLocked(k, key) !== 0) continue;
      setNameLocked(lx, socket, name, key);
      return 0;
    }
  });
}
