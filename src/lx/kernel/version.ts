// What lxcore says that it is: uname(2), /proc/version, /proc/sys/kernel. The release is that of the Linux it is compared with.
export const RELEASE = '6.18.0-lxjit';
export const VERSION = '#1 SMP PREEMPT_DYNAMIC lxjit';
