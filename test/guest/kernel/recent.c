// Calls that came to Linux late, by number: glibc has no names for them yet.
// flags: -w -pthread
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

struct waitv { uint64_t val, uaddr; uint32_t flags, reserved; };
static uint32_t words[4];
static int woken;
static long waitv(struct waitv *w, int n, int flags, struct timespec *t, int clock) { return syscall(449, w, n, flags, t, clock); }
static void *waiter(void *unused) {
  struct waitv w[3];
  for (int i = 0; i < 3; i++) w[i] = (struct waitv){0, (uint64_t)&words[i], 2 | 128, 0};
  return (void *)waitv(w, 3, 0, 0, 0);
}
static void *one(void *mask) { return (void *)syscall(455, &words[3], 0L, (long)mask, 2 | 128, 0, 0); }

static void futex2(void) {
  struct waitv w[2] = {{0, (uint64_t)&words[0], 2, 0}, {0, (uint64_t)&words[1], 2, 0}};
  struct timespec past = {0, 1}, bad = {0, 1000000000}, soon;
  clock_gettime(CLOCK_MONOTONIC, &soon);
  soon.tv_nsec += 20000000;
  if (soon.tv_nsec > 999999999) soon.tv_nsec -= 1000000000, soon.tv_sec++;
  T(waitv(w, 2, 1, 0, 0)); T(waitv(w, 0, 0, 0, 0)); T(waitv(w, 129, 0, 0, 0)); T(waitv(0, 1, 0, 0, 0)); T(waitv((void *)8, 1, 0, 0, 0));
  T(waitv(w, 2, 0, &bad, 1)); T(waitv(w, 2, 0, &past, 3)); T(waitv(w, 2, 0, &past, 1)); T(waitv(w, 2, 0, &soon, 1)); T(waitv(w, 2, 0, &past, 0));
  w[1].val = 1; T(waitv(w, 2, 0, 0, 0)); w[1].val = 1ull << 32; T(waitv(w, 2, 0, 0, 0)); w[1].val = 0;
  w[1].flags = 1; T(waitv(w, 2, 0, 0, 0)); w[1].flags = 0; T(waitv(w, 2, 0, 0, 0)); w[1].flags = 2 | 64; T(waitv(w, 2, 0, 0, 0)); w[1].flags = 2;
  w[1].reserved = 1; T(waitv(w, 2, 0, 0, 0)); w[1].reserved = 0; w[1].uaddr++; T(waitv(w, 2, 0, 0, 0)); w[1].uaddr = 8; T(waitv(w, 2, 0, 0, 0));
  pthread_t t, u;
  void *result;
  pthread_create(&t, 0, waiter, 0);
  while (syscall(454, &words[1], -1L & 0xffffffff, 1, 2 | 128) == 0) usleep(1000);
  pthread_join(t, &result);
  printf("woken at %ld\n", (long)result);
  pthread_create(&t, 0, one, (void *)1);
  pthread_create(&u, 0, one, (void *)2);
  usleep(50000);
  T(syscall(454, &words[3], 4L, 5, 2 | 128)); T(syscall(454, &words[3], 0L, 5, 2 | 128)); T(syscall(454, &words[3], 1L, 0, 2 | 128)); T(syscall(454, &words[3], 1L << 32, 1, 2 | 128)); T(syscall(454, (char *)words + 1, 1L, 1, 2));
  while (syscall(454, &words[3], 1L, 5, 2 | 128) == 0) usleep(1000);
  pthread_join(t, 0);
  while (syscall(454, &words[3], 2L, 5, 2 | 128) == 0) usleep(1000);
  pthread_join(u, 0);
  T(syscall(455, words, 0L, 0L, 2, 0, 0)); T(syscall(455, words, 1L, 1L, 2, 0, 0)); T(syscall(455, words, 0L, 1L, 3, 0, 0)); T(syscall(455, words, 0L, 1L, 2, &past, 1)); T(syscall(455, words, 0L, 1L, 2, &past, 2));
  struct waitv move[2] = {{0, (uint64_t)&words[3], 2 | 128, 0}, {0, (uint64_t)&words[2], 2 | 128, 0}};
  pthread_create(&t, 0, one, (void *)1);
  usleep(50000);
  T(syscall(456, move, 1, 0, 1)); T(syscall(456, 0, 0, 0, 1)); T(syscall(456, move, 0, -1, 1)); move[0].val = 7; T(syscall(456, move, 0, 0, 1)); move[0].val = 0;
  while (syscall(456, move, 0, 0, 1) == 0) usleep(1000);
  T(syscall(454, &words[3], 1L, 1, 2 | 128)); T(syscall(454, &words[2], 1L, 1, 2 | 128));
  pthread_join(t, 0);
}

static void pages(void) {
  char *m = mmap((void *)0x50000000, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  memset(m, 1, 16 * 4096);
  munmap(m + 12 * 4096, 4096);
  T(syscall(462, m, 4096, 1)); T(syscall(462, m + 1, 4096, 0)); T(syscall(462, m, 0, 0)); T(syscall(462, m, -1L, 0)); T(syscall(462, m, 16 * 4096, 0)); T(syscall(462, 0x7000, 4096, 0));
  T(syscall(462, m, 4 * 4096, 0));
  T(munmap(m + 3 * 4096, 8192)); T(mprotect(m, 4096, PROT_READ)); T((long)mmap(m, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
  T((long)mremap(m, 4096, 8192, 0)); T((long)mremap(m + 4 * 4096, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, m + 4096));
  T(madvise(m, 4096, MADV_DONTNEED)); printf("%d\n", m[0]); T(mprotect(m + 4 * 4096, 4096, PROT_READ)); T(syscall(462, m + 4 * 4096, 4096, 0)); T(madvise(m + 4 * 4096, 4096, MADV_DONTNEED)); T(madvise(m + 4 * 4096, 4096, MADV_WILLNEED)); T(munmap(m + 5 * 4096, 4096));

  int fd = memfd_create("x", 0);
  ftruncate(fd, 4 * 4096);
  char *s = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  for (int i = 0; i < 4; i++) s[i * 4096] = 'a' + i;
  T(syscall(SYS_remap_file_pages, s, 8192, 0, 2, 0)); printf("%c %c %c %c\n", s[0], s[4096], s[8192], s[12288]); s[0] = 'X'; printf("%c\n", s[8192]);
  T(syscall(SYS_remap_file_pages, s, 4096, PROT_READ, 2, 0)); T(syscall(SYS_remap_file_pages, s, 0, 0, 2, 0)); T(syscall(SYS_remap_file_pages, m, 4096, 0, 0, 0)); T(syscall(SYS_remap_file_pages, 0x7000, 4096, 0, 0, 0));

  int self = syscall(SYS_pidfd_open, getpid(), 0);
  struct iovec v[2] = {{m + 6 * 4096, 4096}, {m + 8 * 4096, 8192}}, hole = {m + 11 * 4096, 8192}, odd = {m + 1, 4096};
  T(syscall(440, self, v, 2, MADV_PAGEOUT, 1)); T(syscall(440, -1, v, 2, MADV_PAGEOUT, 0)); T(syscall(440, self, v, 2, MADV_PAGEOUT, 0)); T(syscall(440, self, v, 2, MADV_WILLNEED, 0)); T(syscall(440, self, v, 2, 77, 0)); T(syscall(440, self, &hole, 1, MADV_WILLNEED, 0)); T(syscall(440, self, &odd, 1, MADV_WILLNEED, 0)); T(syscall(440, self, v, 2000, MADV_WILLNEED, 0)); T(syscall(440, self, (void *)8, 1, MADV_WILLNEED, 0)); T(syscall(440, 0, v, 1, MADV_WILLNEED, 0));
  T(syscall(440, self, v, 1, MADV_DONTNEED, 0)); printf("%d\n", v[0].iov_base ? *(char *)v[0].iov_base : 0);
  pid_t child = fork();
  if (!child) { pause(); _exit(0); }
  int other = syscall(SYS_pidfd_open, child, 0);
  T(syscall(440, other, v, 2, MADV_WILLNEED, 0)); T(syscall(440, other, v, 2, MADV_DONTNEED, 0)); T(syscall(440, other, &hole, 1, MADV_WILLNEED, 0));
  void *where[4] = {m, m + 12 * 4096, s, &child};
  int status[4] = {9, 9, 9, 9}, node[4] = {0, 0, 0, 0}, bad[4] = {1000, 0, 0, 0};
  T(syscall(SYS_move_pages, 0, 4, where, 0, status, 0)); for (int i = 0; i < 4; i++) printf("%d ", status[i]); puts("");
  T(syscall(SYS_move_pages, child, 2, where, 0, status, 2)); T(syscall(SYS_move_pages, 0, 1, where, node, status, 2)); T(syscall(SYS_move_pages, 0, 1, where, bad, status, 2)); T(syscall(SYS_move_pages, 0, 1, where, node, status, 1)); T(syscall(SYS_move_pages, 99999, 1, where, node, status, 2)); T(syscall(SYS_move_pages, 0, 1, 8, node, status, 2)); T(syscall(SYS_move_pages, 0, 1, where, 0, 8, 2));
  unsigned long set = 1, none = 0, far = 1ul << 40;
  T(syscall(SYS_migrate_pages, 0, 64, &set, &set)); T(syscall(SYS_migrate_pages, 0, 64, &set, &none)); T(syscall(SYS_migrate_pages, 0, 64, &set, &far)); T(syscall(SYS_migrate_pages, 99999, 64, &set, &set)); T(syscall(SYS_migrate_pages, 0, 64, 8, &set)); T(syscall(SYS_migrate_pages, 0, 1 << 20, &set, &set));
  T(syscall(450, m, 4096, 0, 0)); T(syscall(450, m, 4096, 0, 1)); T(syscall(450, m, 4096, 900, 0)); T(syscall(450, m + 1, 4096, 0, 0)); T(syscall(450, m, 0, 0, 0));
  if (fork()) {
    wait(0);
    kill(child, SIGKILL);
    wait(0);
    return;
  }
  setuid(65534);
  T(syscall(SYS_move_pages, child, 2, where, 0, status, 2)); T(syscall(SYS_move_pages, 0, 2, where, 0, status, 4)); T(syscall(SYS_migrate_pages, child, 64, &set, &set)); T(syscall(440, other, v, 2, MADV_WILLNEED, 0));
}

static void cache(void) {
  uint64_t range[2] = {0, 0}, stat[5];
  int fd = open("cached", O_RDWR | O_CREAT, 0600), p[2];
  char block[40960];
  memset(block, 1, sizeof block);
  write(fd, block, sizeof block);
  fsync(fd);
  pipe(p);
  T(syscall(451, fd, range, stat, 0)); printf("%ld\n", stat[0] + stat[3]); range[0] = 8192; T(syscall(451, fd, range, stat, 0)); printf("%ld\n", stat[0] + stat[3]); range[1] = 10000; T(syscall(451, fd, range, stat, 0)); printf("%ld %ld\n", stat[0] + stat[3], stat[1]);
  T(syscall(451, fd, range, stat, 1)); T(syscall(451, -1, range, stat, 0)); T(syscall(451, fd, 8, stat, 0)); T(syscall(451, fd, range, 8, 0)); T(syscall(451, open(".", O_PATH), range, stat, 0)); T(syscall(451, p[0], range, stat, 0)); printf("%ld\n", stat[0]);
}

struct handle { struct file_handle h; unsigned char bytes[128]; };
static long name(int dir, const char *path, int room, struct handle *h, int flags) {
  int mount = -1;
  memset(h, 0, sizeof *h);
  h->h.handle_bytes = room;
  long result = name_to_handle_at(dir, path, &h->h, &mount, flags);
  printf("(%u %d) ", h->h.handle_bytes, mount > 0);
  return result;
}
static void same_file(int fd, const char *path) {
  struct stat a, b;
  printf("%d %d\n", fstat(fd, &a), lstat(path, &b));
  printf("same: %d\n", a.st_ino == b.st_ino && a.st_dev == b.st_dev);
  close(fd);
}
static void handles(void) {
  struct handle h, g;
  int dir = open(".", O_RDONLY), fd = open("file", O_RDWR | O_CREAT, 0600);
  mkdir("sub", 0700); symlink("file", "link");
  T(name(AT_FDCWD, "file", 0, &h, 0)); T(name(AT_FDCWD, "file", 7, &h, 0)); T(name(AT_FDCWD, "file", 129, &h, 0)); T(name(AT_FDCWD, "file", -1, &h, 0));
  T(name(AT_FDCWD, "none", 128, &h, 0)); T(name(AT_FDCWD, "", 128, &h, 0)); T(name(fd, "x", 128, &h, 0)); T(name(-1, "x", 128, &h, 0)); T(name(AT_FDCWD, "file", 128, &h, 4)); T(name(AT_FDCWD, "/proc/self/stat", 128, &h, 0)); T(name_to_handle_at(AT_FDCWD, "file", (void *)8, (int *)&g, 0)); T(name_to_handle_at(AT_FDCWD, (char *)8, &h.h, (int *)&g, 0)); h.h.handle_bytes = 128; T(name_to_handle_at(AT_FDCWD, "file", &h.h, (int *)8, 0));
  T(name(AT_FDCWD, "file", 128, &h, 0)); same_file(open_by_handle_at(dir, &h.h, O_RDWR), "file"); same_file(open_by_handle_at(AT_FDCWD, &h.h, O_RDONLY), "file"); T(name(fd, "", 128, &g, AT_EMPTY_PATH)); printf("%d\n", memcmp(&h, &g, 16));
  T(open_by_handle_at(-1, &h.h, O_RDONLY)); T(open_by_handle_at(dir, (void *)8, O_RDONLY)); g = h; g.h.handle_bytes = 0; T(open_by_handle_at(dir, &g.h, O_RDONLY)); g.h.handle_bytes = 129; T(open_by_handle_at(dir, &g.h, O_RDONLY)); g = h; g.h.f_handle[1] ^= 77; g.h.f_handle[6] ^= 77; T(open_by_handle_at(dir, &g.h, O_RDONLY)); g = h; g.h.handle_type = 99; T(open_by_handle_at(dir, &g.h, O_RDONLY));
  T(name(AT_FDCWD, "link", 128, &g, 0)); T(open_by_handle_at(dir, &g.h, O_RDONLY)); same_file(open_by_handle_at(dir, &g.h, O_PATH), "link"); T(name(AT_FDCWD, "link", 128, &g, AT_SYMLINK_FOLLOW)); same_file(open_by_handle_at(dir, &g.h, O_RDONLY), "file");
  T(name(dir, "sub", 128, &g, 0)); same_file(open_by_handle_at(dir, &g.h, O_RDONLY | O_DIRECTORY), "sub"); T(open_by_handle_at(dir, &g.h, O_RDWR));
  close(fd); unlink("file"); T(open_by_handle_at(dir, &h.h, O_RDONLY));
  setuid(65534); T(open_by_handle_at(dir, &g.h, O_RDONLY)); T(name(dir, "sub", 128, &g, 0));
}

static long put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY);
  if (fd < 0) return -1;
  long n = write(fd, text, strlen(text));
  int error = errno;
  close(fd);
  errno = error;
  return n;
}
static void get(const char *path) {
  char text[200] = "";
  struct stat st;
  int fd = open(path, O_RDONLY);
  long n = read(fd, text, 199);
  stat(path, &st);
  printf("%s %o %ld %s", path, st.st_mode, n, text);
  close(fd);
}
// Kernel parameters: what they are, what they do not take; ids of SysV objects that one can ask for.
static void parameters(void) {
  get("/proc/sys/kernel/sem"); get("/proc/sys/kernel/msgmni"); get("/proc/sys/kernel/sched_rr_timeslice_ms"); get("/proc/sys/fs/lease-break-time"); get("/proc/sys/kernel/keys/maxkeys"); get("/proc/sys/fs/mqueue/queues_max");
  T(put("/proc/sys/fs/lease-break-time", "x")); T(put("/proc/sys/fs/suid_dumpable", "3")); T(put("/proc/sys/fs/nr_open", "1")); T(put("/proc/sys/kernel/osrelease", "1")); T(put("/proc/sys/fs/lease-break-time", "45\n")); T(put("/proc/sys/fs/lease-break-time", " 45 ")); T(put("/proc/sys/kernel/none", "1")); T(put("/proc/sys/kernel/shmmni", "100000")); T(put("/proc/sys/vm/drop_caches", "9"));
  T(put("/proc/sys/kernel/msg_next_id", "-5"));
  T(put("/proc/sys/kernel/msg_next_id", "1234567")); int q = msgget(IPC_PRIVATE, 0600); printf("%d\n", q); get("/proc/sys/kernel/msg_next_id"); T(put("/proc/sys/kernel/msg_next_id", "1234567")); int r = msgget(IPC_PRIVATE, 0600); printf("%d\n", r); T(msgctl(q, IPC_RMID, 0)); T(msgctl(r, IPC_RMID, 0));
  T(put("/proc/sys/kernel/shm_next_id", "7654321")); q = shmget(IPC_PRIVATE, 100, 0600); printf("%d\n", q); T(shmctl(q, IPC_RMID, 0));
  T(put("/proc/sys/kernel/sem_next_id", "7654321")); q = semget(IPC_PRIVATE, 1, 0600); printf("%d\n", q); T(semctl(q, 0, IPC_RMID, 0));
  setuid(65534);
  T(put("/proc/sys/fs/lease-break-time", "45")); T(access("/proc/sys/fs/lease-break-time", W_OK)); get("/proc/sys/fs/lease-break-time");
}

// Addresses where no mapping can be.
static void edges(void) {
  unsigned char v[4];
  T(mlock((void*)0x7ffffffffffff000,8)); T(munlock((void*)0x7ffffffffffff000,8)); T(mlock((void*)0x7ffffffffffff000,-1)); T(mlock((void*)-4096,4096));T(mlock((void*)-8192,4096));T(mlock((void*)0x10000,8)); T(munlock((void*)-8192,8192)); T(madvise((void*)0x7ffffffff000,4096,4)); T(msync((void*)0x7ffffffff000,4096,4)); T(mprotect((void*)0x7ffffffff000,4096,1)); T(munmap((void*)0x7fffffffe000,4096)); T(munmap((void*)0x7ffffffff000,4096));T(munmap((void*)0x7ffffffffffff000,4096)); T(mprotect((void*)0x7ffffffffffff000,4096,1)); T(mprotect((void*)-4096,4096,1)); T(madvise((void*)0x7ffffffffffff000,4096,4)); T(msync((void*)-4096,4096,4)); T(mlock2((void*)-4096,4096,1)); T(mlock2((void*)-8192,1,1)); T(mlock2((void*)4096,1,2)); T(mincore((void*)-4096,4096,v)); T(mincore((void*)0x7ffffffff000,4096,v)); T(mincore((void*)0x7fffffffe000,4096,v));
}

// The kernel's share of the time.
static void system_time(void) {
  struct tms before, after;
  struct timespec a, b;
  struct rusage r;
  times(&before);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
  do {
    for (int i = 0; i < 1000; i++) lseek(-1, 0, 0), getppid();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
  } while (b.tv_sec - a.tv_sec + (b.tv_nsec - a.tv_nsec) / 1e9 < 0.4);
  times(&after);
  printf("%d\n", after.tms_stime - before.tms_stime > 5);
  getrusage(RUSAGE_SELF, &r);
  printf("%d\n", r.ru_stime.tv_sec * 1000000 + r.ru_stime.tv_usec > 50000);
}

static void settings(void) {
  struct utsname u;
  T(prctl(PR_MCE_KILL, 2, 0, 0, 0)); T(prctl(PR_MCE_KILL, 1, 1, 0, 0)); T(prctl(PR_MCE_KILL, 1, 3, 0, 0)); T(prctl(PR_MCE_KILL, 0, 1, 0, 0)); T(prctl(PR_MCE_KILL_GET, -1L, 0, 0, 0)); T(prctl(PR_GET_THP_DISABLE, -1L, 0, 0, 0)); T(prctl(PR_SET_SECUREBITS, -1L, 0, 0, 0));
  T(inotify_add_watch(-1, ".", -1)); T(sched_getscheduler(1)); T(getpriority(PRIO_PROCESS, 1));
  personality(0x20000);
  uname(&u);
  printf("%.4s\n", u.release);
  setuid(65534);
  struct sched_param p = {1};
  T(sched_setscheduler(1, SCHED_FIFO, &p)); T(setpriority(PRIO_PROCESS, 1, 1));
}

// Jumps of a millisecond there and back.
static long jump(long us) {
  struct timex t = {.modes = ADJ_SETOFFSET, .time = {us < 0 ? -1 : 0, us < 0 ? us + 1000000 : us}};
  return adjtimex(&t) < 0 ? -1 : 0;
}
static void jumps(void) {
  uint64_t n;
  int plain = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK), fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
  struct itimerspec t = {{0, 20000000}, {1, 0}};
  timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &t, 0);
  timerfd_settime(plain, TFD_TIMER_ABSTIME, &t, 0);
  T(read(fd, &n, 8)); T(read(plain, &n, 8));
  usleep(60000);
  T(jump(1000));
  T(read(fd, &n, 8)); T(read(plain, &n, 8)); printf("%d\n", n > 0 && n < 100);
  T(jump(-1000));
  T(read(fd, &n, 8));
  usleep(60000);
  T(read(plain, &n, 8)); printf("%d\n", n > 0 && n < 100);
}

int main(int argc, char **argv) {
  if (!strcmp(argv[1], "futex2")) futex2();
  if (!strcmp(argv[1], "pages")) pages();
  if (!strcmp(argv[1], "cache")) cache();
  if (!strcmp(argv[1], "handles")) handles();
  if (!strcmp(argv[1], "parameters")) parameters();
  if (!strcmp(argv[1], "edges")) edges();
  if (!strcmp(argv[1], "system_time")) system_time();
  if (!strcmp(argv[1], "settings")) settings();
  if (!strcmp(argv[1], "jumps")) jumps();
}
