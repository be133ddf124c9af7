// System calls of SysV semaphores and message queues: semget, semop, semctl, msgget, msgsnd, msgrcv, msgctl.
import { CAP } from '../abi/capability.ts';
import { E } from '../abi/errno.ts';
import { IPC, MSGLIM, MSGQ, SEM, SEMLIM } from '../abi/ipc.ts';
import { can } from '../kernel/caps.ts';
import type { Lx } from '../kernel/lx.ts';
import { pidOf } from '../kernel/process.ts';
import { sysctlLocked } from '../kernel/sysctl.ts';
import {
  IPC64_PERM,
  Ipc,
  type IpcKind,
  ipcAllLocked,
  ipcCount,
  ipcFindLocked,
  ipcGet,
  ipcInSlotLocked,
  ipcMay,
  ipcOwns,
  ipcTime,
  ipcTop,
  setIpcPermLocked,
  writeIpcPerm,
} from '../kernel/sysv-ipc.ts';
import {
  MSG_KIND,
  MsgQueue,
  newMsgQueueLocked,
  type ReceivedMsg,
  msgrcv as receive,
  removeMsgQueueLocked,
  msgsnd as send,
} from '../kernel/sysv-msg.ts';
import {
  newSemSetLocked,
  removeSemSetLocked,
  SEM_KIND,
  Sem,
  type SemOp,
  SemSet,
  semAt,
  semChangedLocked,
  semop as semopOn,
  semsInUseLocked,
  setSemLocked,
} from '../kernel/sysv-sem.ts';
import { type Handler, row, type SyscallRow } from './row.ts';
import { readTimespec } from './time.ts';

const READ = 0o444;
const WRITE = 0o222;

/** The object with an id, with one reference more, if the caller may use it; −errno. */
function hold(lx: Lx, kind: IpcKind, id: number, wanted: number, check: (o: number) => number) {
  const { k } = lx;
  return k.locked(() => {
    const object = ipcFindLocked(k, kind.at, id);
    if (object < 0) return object;
    const misfit = check(object);
    if (misfit < 0) return misfit;
    if (!ipcMay(lx, object, wanted)) return -E.ACCES;
    k.i32[object + Ipc.refs]++;
    return object;
  });
}

// ---- semaphores

const semget: Handler = (lx, key, nsems, flags) => {
  if (nsems < 0 || nsems > SEMLIM.MSL) return -E.INVAL;
  const fits = (set: number): number => (nsems > lx.k.i32[set + SemSet.nsems] ? -E.INVAL : 0);
  return ipcGet(lx, SEM_KIND, key, flags, fits, () => newSemSetLocked(lx.k, nsems));
};

const SEMBUF = 6; // struct sembuf: sem_num (2), sem_op (2), sem_flg (2)

function readOps(lx: Lx, address: number, count: number): SemOp[] {
  const bytes = lx.mem.bytes(address, count * SEMBUF);
  const view = new DataView(bytes.buffer);
  return Array.from({ length: count }, (_, n) => {
    const flags = view.getInt16(n * SEMBUF + 4, true);
    return {
      num: view.getUint16(n * SEMBUF, true),
      op: view.getInt16(n * SEMBUF + 2, true),
      nowait: (flags & IPC.NOWAIT) !== 0,
      undo: (flags & SEM.UNDO) !== 0,
    };
  });
}

const semtimedop: Handler = (lx, id, address, count, timeout) => {
  let deadline = Number.POSITIVE_INFINITY;
  if (timeout !== 0) {
    const ms = readTimespec(lx, timeout);
    if (ms < 0) return ms;
    deadline = performance.now() + ms;
  }
  if (count < 1 || id < 0) return -E.INVAL;
  if (count > SEMLIM.OPM) return -E.TOOBIG;
  const ops = readOps(lx, address, count);
  const alters = ops.some(({ op }) => op !== 0);
  const last = Math.max(...ops.map(({ num }) => num));
  const set = hold(lx, SEM_KIND, id, alters ? WRITE : READ, (object) =>
    last >= lx.k.i32[object + SemSet.nsems] ? -E.FBIG : 0,
  );
  return set < 0 ? set : semopOn(lx, set, ops, deadline);
};

const semop: Handler = (lx, id, address, count) => semtimedop(lx, id, address, count, 0, 0, 0);

// struct semid64_ds: perm, otime (8 + 8), ctime (8 + 8), nsems (8), unused (16)
const SEMID64_DS = IPC64_PERM + 56;

function writeSemDs(lx: Lx, address: number, set: number): void {
  const { k, mem } = lx;
  const at = mem.writable(address, SEMID64_DS);
  mem.u8.fill(0, at, at + SEMID64_DS);
  writeIpcPerm(lx, address, set);
  mem.writeU64(address + IPC64_PERM, k.f64[(set + SemSet.otime) >> 1]);
  mem.writeU64(address + IPC64_PERM + 16, k.f64[(set + SemSet.ctime) >> 1]);
  mem.writeU64(address + IPC64_PERM + 32, k.i32[set + SemSet.nsems]);
}

/** struct seminfo: map, mni, mns, mnu, msl, opm, ume, usz, vmx, aem; SEM_INFO counts what is in use in two of them. */
function semInfo(lx: Lx, address: number, used: boolean): number {
  const { k } = lx;
  const info = [
    SEMLIM.MNS,
    SEMLIM.MNI,
    SEMLIM.MNS,
    SEMLIM.MNS,
    SEMLIM.MSL,
    SEMLIM.OPM,
    SEMLIM.OPM,
    used ? ipcCount(k, SEM_KIND.at) : 20,
    SEMLIM.VMX,
    used ? k.locked(() => semsInUseLocked(k)) : SEMLIM.AEM,
  ];
  lx.mem.write(address, new Uint8Array(Int32Array.from(info).buffer));
  return k.locked(() => ipcTop(k, SEM_KIND.at));
}

const semctl: Handler = (lx, id, num, command, argument) => {
  if (id < 0) return -E.INVAL;
  switch (command) {
    case IPC.INFO:
    case SEM.INFO:
      return semInfo(lx, argument, command === SEM.INFO);
    case IPC.STAT:
    case SEM.STAT:
    case SEM.STAT_ANY:
      return statusOf(lx, SEM_KIND, id, command, argument, writeSemDs, [SEM.STAT, SEM.STAT_ANY]);
    case IPC.SET:
      return change(lx, SEM_KIND, id, argument, (set) => {
        lx.k.f64[(set + SemSet.ctime) >> 1] = ipcTime();
        return 0;
      });
    case IPC.RMID:
      return remove(lx, SEM_KIND, id, removeSemSetLocked);
    case SEM.GETALL:
      return getAll(lx, id, argument);
    case SEM.SETALL:
      return setAll(lx, id, argument);
    case SEM.SETVAL:
      return setOne(lx, id, num, argument | 0);
    case SEM.GETVAL:
      return getOne(lx, id, num, Sem.value);
    case SEM.GETPID:
      return getOne(lx, id, num, Sem.pid);
    case SEM.GETNCNT:
      return getOne(lx, id, num, Sem.ncount);
    case SEM.GETZCNT:
      return getOne(lx, id, num, Sem.zcount);
    default:
      return -E.INVAL;
  }
};

/** The set, if it may be used so; −errno. With the lock held for what `use` does with it. */
function withSet(lx: Lx, id: number, wanted: number, use: (set: number) => number): number {
  return lx.k.locked(() => {
    const set = ipcFindLocked(lx.k, SEM_KIND.at, id);
    if (set < 0) return set;
    return ipcMay(lx, set, wanted) ? use(set) : -E.ACCES;
  });
}

const hasSem = (lx: Lx, set: number, num: number): boolean =>
  num >= 0 && num < lx.k.i32[set + SemSet.nsems];

const getOne = (lx: Lx, id: number, num: number, field: number): number =>
  withSet(lx, id, READ, (set) =>
    hasSem(lx, set, num) ? lx.k.i32[semAt(set, num) + field] : -E.INVAL,
  );

function setOne(lx: Lx, id: number, num: number, value: number): number {
  if (value < 0 || value > SEMLIM.VMX) return -E.RANGE;
  return lx.k.locked(() => {
    const set = ipcFindLocked(lx.k, SEM_KIND.at, id);
    if (set < 0) return set;
    if (!hasSem(lx, set, num)) return -E.INVAL;
    if (!ipcMay(lx, set, WRITE)) return -E.ACCES;
    setSemLocked(lx.k, set, num, value, pidOf(lx));
    semChangedLocked(lx.k, set);
    return 0;
  });
}

function getAll(lx: Lx, id: number, address: number): number {
  const { i32 } = lx.k;
  let values = new Uint16Array(0);
  const result = withSet(lx, id, READ, (set) => {
    values = Uint16Array.from({ length: i32[set + SemSet.nsems] }, (_, n) => i32[semAt(set, n)]);
    return 0;
  });
  if (result === 0) lx.mem.write(address, new Uint8Array(values.buffer));
  return result;
}

function setAll(lx: Lx, id: number, address: number): number {
  const { k } = lx;
  const count = withSet(lx, id, WRITE, (set) => k.i32[set + SemSet.nsems]);
  if (count < 0) return count;
  const values = new Uint16Array(lx.mem.bytes(address, count * 2).buffer);
  if (values.some((value) => value > SEMLIM.VMX)) return -E.RANGE;
  return withSet(lx, id, WRITE, (set) => {
    values.forEach((value, n) => {
      setSemLocked(k, set, n, value, pidOf(lx));
    });
    semChangedLocked(k, set);
    return 0;
  });
}

// ---- what the *ctl calls have in common

/** *_STAT and *_STAT_ANY name a slot and answer the id, IPC_STAT names an id and answers 0. */
export function statusOf(
  lx: Lx,
  kind: IpcKind,
  id: number,
  command: number,
  address: number,
  write: (lx: Lx, address: number, object: number) => void,
  [bySlot, any]: readonly number[],
): number {
  const { k } = lx;
  return k.locked(() => {
    const slot = command === bySlot || command === any;
    const object = slot ? ipcInSlotLocked(k, kind.at, id) : ipcFindLocked(k, kind.at, id);
    if (object < 0) return object;
    if (command !== any && !ipcMay(lx, object, READ)) return -E.ACCES;
    write(lx, address, object);
    return slot ? k.i32[object + Ipc.id] : 0;
  });
}

export function change(
  lx: Lx,
  kind: IpcKind,
  id: number,
  address: number,
  more: (object: number) => number,
): number {
  const [uid, gid] = [lx.mem.readI32(address + 4), lx.mem.readI32(address + 8)];
  const mode = lx.mem.readI32(address + 20);
  return owned(lx, kind, id, (object) => {
    const result = more(object);
    return result < 0 ? result : setIpcPermLocked(lx.k, object, uid, gid, mode);
  });
}

const remove = (
  lx: Lx,
  kind: IpcKind,
  id: number,
  drop: (k: Lx['k'], object: number) => void,
): number =>
  owned(lx, kind, id, (object) => {
    drop(lx.k, object);
    return 0;
  });

export function owned(lx: Lx, kind: IpcKind, id: number, use: (object: number) => number): number {
  return lx.k.locked(() => {
    const object = ipcFindLocked(lx.k, kind.at, id);
    if (object < 0) return object;
    return ipcOwns(lx, object) ? use(object) : -E.PERM;
  });
}

// ---- messages

const msgget: Handler = (lx, key, flags) =>
  ipcGet(
    lx,
    MSG_KIND,
    key,
    flags,
    () => 0,
    () => newMsgQueueLocked(lx.k),
  );

const TYPE_BYTES = 8; // struct msgbuf: mtype (8), mtext

const msgsnd: Handler = (lx, id, address, size, flags) => {
  const type = lx.mem.readI64(address);
  if (size > MSGLIM.MAX || id < 0 || type < 1) return -E.INVAL;
  const bytes = lx.mem.bytes(address + TYPE_BYTES, size);
  const queue = hold(lx, MSG_KIND, id, WRITE, () => 0);
  return queue < 0 ? queue : send(lx, queue, type, bytes, (flags & IPC.NOWAIT) !== 0);
};

const msgrcv: Handler = (lx, id, address, size, type, flags) => {
  if (id < 0 || size >= 2 ** 63) return -E.INVAL;
  const copy = (flags & MSGQ.COPY) !== 0;
  if (copy && ((flags & MSGQ.EXCEPT) !== 0 || (flags & IPC.NOWAIT) === 0)) return -E.INVAL;
  const queue = hold(lx, MSG_KIND, id, READ, () => 0);
  if (queue < 0) return queue;
  const into: ReceivedMsg = { type: 0, bytes: new Uint8Array(0) };
  const wanted = {
    type,
    size,
    copy,
    except: (flags & MSGQ.EXCEPT) !== 0,
    truncate: (flags & MSGQ.NOERROR) !== 0,
    nowait: (flags & IPC.NOWAIT) !== 0,
  };
  const result = receive(lx, queue, wanted, into);
  if (result < 0) return result;
  lx.mem.writeU64(address, into.type);
  lx.mem.write(address + TYPE_BYTES, into.bytes);
  return into.bytes.length;
};

// struct msqid64_ds: perm, stime, rtime, ctime, cbytes, qnum, qbytes (8 each), lspid, lrpid (4 each), unused (16)
const MSQID64_DS = IPC64_PERM + 72;
const QBYTES = IPC64_PERM + 40;

function writeMsgDs(lx: Lx, address: number, queue: number): void {
  const { k, mem } = lx;
  const { i32, f64 } = k;
  const at = mem.writable(address, MSQID64_DS);
  mem.u8.fill(0, at, at + MSQID64_DS);
  writeIpcPerm(lx, address, queue);
  const words = [
    f64[(queue + MsgQueue.stime) >> 1],
    f64[(queue + MsgQueue.rtime) >> 1],
    f64[(queue + MsgQueue.ctime) >> 1],
    i32[queue + MsgQueue.bytes],
    i32[queue + MsgQueue.count],
    i32[queue + MsgQueue.maxBytes],
  ];
  words.forEach((word, n) => {
    mem.writeU64(address + IPC64_PERM + n * 8, word);
  });
  mem.writeU32(address + IPC64_PERM + 48, i32[queue + MsgQueue.sender]);
  mem.writeU32(address + IPC64_PERM + 52, i32[queue + MsgQueue.receiver]);
}

/** struct msginfo: pool, map, max, mnb, mni, ssz, tql, seg (2); MSG_INFO counts what is in use in three of them. */
function msgInfo(lx: Lx, address: number, used: boolean): number {
  const { k } = lx;
  const { i32 } = k;
  const queues = k.locked(() => ipcAllLocked(k, MSG_KIND.at));
  const sum = (field: number): number => queues.reduce((all, q) => all + i32[q + field], 0);
  const info = [
    used ? queues.length : (MSGLIM.MNI * MSGLIM.MNB) / 1024,
    used ? sum(MsgQueue.count) : MSGLIM.MNB,
    MSGLIM.MAX,
    MSGLIM.MNB,
    k.locked(() => sysctlLocked(k, 'kernel/msgmni')),
    16,
    used ? sum(MsgQueue.bytes) : MSGLIM.MNB,
    0xffff,
  ];
  lx.mem.write(address, new Uint8Array(Int32Array.from(info).buffer));
  return k.locked(() => ipcTop(k, MSG_KIND.at));
}

const msgctl: Handler = (lx, id, command, address) => {
  if (id < 0) return -E.INVAL;
  switch (command) {
    case IPC.INFO:
    case MSGQ.INFO:
      return msgInfo(lx, address, command === MSGQ.INFO);
    case IPC.STAT:
    case MSGQ.STAT:
    case MSGQ.STAT_ANY:
      return statusOf(lx, MSG_KIND, id, command, address, writeMsgDs, [MSGQ.STAT, MSGQ.STAT_ANY]);
    case IPC.SET: {
      const bytes = lx.mem.readU64(address + QBYTES);
      return change(lx, MSG_KIND, id, address, (queue) => setBytesLocked(lx, queue, bytes));
    }
    case IPC.RMID:
      return remove(lx, MSG_KIND, id, removeMsgQueueLocked);
    default:
      return -E.INVAL;
  }
};

function setBytesLocked(lx: Lx, queue: number, bytes: number): number {
  if (bytes > MSGLIM.MNB && !can(lx, CAP.SYS_RESOURCE)) return -E.PERM;
  lx.k.i32[queue + MsgQueue.maxBytes] = Math.min(bytes, 0x7fff_ffff);
  lx.k.f64[(queue + MsgQueue.ctime) >> 1] = ipcTime();
  return 0;
}

// biome-ignore format: aligned rows
export const rows: readonly SyscallRow[] = [
  row(64,  'semget',     ['int', 'int', 'hex'],                semget,     'full', 'emulated'),
  row(65,  'semop',      ['int', 'ptr', 'uint'],               semop,      'full', 'emulated'),
  row(66,  'semctl',     ['int', 'int', 'int', 'ptr'],         semctl,     'full', 'emulated'),
  row(68,  'msgget',     ['int', 'hex'],                       msgget,     'full', 'emulated'),
  row(69,  'msgsnd',     ['int', 'ptr', 'size', 'hex'],        msgsnd,     'full', 'emulated'),
  row(70,  'msgrcv',     ['int', 'ptr', 'size', 'long', 'hex'], msgrcv,    'full', 'emulated'),
  row(71,  'msgctl',     ['int', 'int', 'ptr'],                msgctl,     'full', 'emulated'),
  row(220, 'semtimedop', ['int', 'ptr', 'uint', 'ptr'],        semtimedop, 'full', 'emulated'),
];
