// A siginfo_t as strace prints it: {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=…}. Words as in kernel/siginfo.ts.
import { type Names, one, signals } from './flags.ts';

const CODE = 2;
const PID = 4;
const UID = 5;
const STATUS = 6;
const UTIME = 8;
const STIME = 10;
const ADDRESS_LOW = 4;
const ADDRESS_HIGH = 5;

const SIGCHLD = 17;
const FAULTS = new Set([4, 5, 7, 8, 11]); // ILL TRAP BUS FPE SEGV

// biome-ignore-start format: tables
const common: Names = [
  [0, 'SI_USER'],
  [0x80, 'SI_KERNEL'],
  [-1, 'SI_QUEUE'],
  [-2, 'SI_TIMER'],
  [-6, 'SI_TKILL'],
];
const bySignal: Readonly<Record<number, Names>> = {
  4: [
    [1, 'ILL_ILLOPC'],
    [2, 'ILL_ILLOPN'],
  ],
  5: [
    [1, 'TRAP_BRKPT'],
    [2, 'TRAP_TRACE'],
  ],
  7: [
    [1, 'BUS_ADRALN'],
    [2, 'BUS_ADRERR'],
  ],
  8: [
    [1, 'FPE_INTDIV'],
    [2, 'FPE_INTOVF'],
    [3, 'FPE_FLTDIV'],
    [4, 'FPE_FLTOVF'],
    [5, 'FPE_FLTUND'],
    [6, 'FPE_FLTRES'],
    [7, 'FPE_FLTINV'],
  ],
  11: [
    [1, 'SEGV_MAPERR'],
    [2, 'SEGV_ACCERR'],
  ],
  17: [
    [1, 'CLD_EXITED'],
    [2, 'CLD_KILLED'],
    [3, 'CLD_DUMPED'],
    [4, 'CLD_TRAPPED'],
    [5, 'CLD_STOPPED'],
    [6, 'CLD_CONTINUED'],
  ],
};
// biome-ignore-end format: tables

export function showSiginfo(sig: number, info: Int32Array): string {
  const code = info[CODE];
  const sent = code <= 0 || code === 0x80;
  const names = sent ? common : (bySignal[sig] ?? common);
  const head = `si_signo=${one(sig, signals, 'SIG???')}, si_code=${one(code, names, 'SI_???')}`;
  return `{${head}${detail(sig, sent, info)}}`;
}

function detail(sig: number, sent: boolean, info: Int32Array): string {
  const sender = `, si_pid=${info[PID]}, si_uid=${info[UID]}`;
  if (sent) return info[CODE] === 0x80 ? '' : sender;
  if (sig === SIGCHLD) {
    const status = info[CODE] === 1 ? info[STATUS] : one(info[STATUS], signals, 'SIG???');
    return `${sender}, si_status=${status}, si_utime=${info[UTIME]}, si_stime=${info[STIME]}`;
  }
  if (!FAULTS.has(sig)) return '';
  const address = (info[ADDRESS_HIGH] >>> 0) * 0x1_0000_0000 + (info[ADDRESS_LOW] >>> 0);
  return `, si_addr=${address === 0 ? 'NULL' : `0x${address.toString(16)}`}`;
}
