// What lxcore says that it is: uname(2), /proc/version, /proc/sys/kernel.
export const RELEASE = '6.1.0-lxjit';
export const VERSION = '#1 SMP PREEMPT_DYNAMIC lxjit';
