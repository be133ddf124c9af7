// linux/mqueue.h, and the limits of ipc/mqueue.c.

export const MQ_PRIO_MAX = 32768;
/** struct mq_attr: flags, maxmsg, msgsize, curmsgs (8 each), reserved (32). */
export const MQ_ATTR = 64;

/** Limits for everybody (/proc/sys/fs/mqueue), and for root. */
// biome-ignore format: aligned rows
export const MQLIM = {
  MSG: 10, MSG_SIZE: 8192, QUEUES: 256,
  HARD_MSG: 65536, HARD_MSG_SIZE: 16 * 1024 * 1024,
} as const;

/** SIGEV_THREAD: mq_notify(2) sends a cookie to a netlink socket. Its last byte says why. */
export const NOTIFY = { COOKIE: 32, WOKEN: 1, REMOVED: 2 } as const;
