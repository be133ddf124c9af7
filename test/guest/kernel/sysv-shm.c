// SysV shared memory: shmget, shmat, shmdt, shmctl.
// flags: -O2 -D_GNU_SOURCE -w
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD if (fflush(stdout), fork() == 0)
static void done(void) {
  fflush(stdout);
  _exit(0);
}
static void join(void) { while (wait(0) > 0); }
static int err(long r) { return r < 0 ? -errno : r; }
static int attached(int id) {
  struct shmid_ds ds;
  return shmctl(id, IPC_STAT, &ds) < 0 ? -errno : ds.shm_nattch;
}
static sigjmp_buf jump;
static void on_fault(int sig) { siglongjmp(jump, sig); }
static int touch(volatile char *p, int write) {
  signal(SIGSEGV, on_fault);
  signal(SIGBUS, on_fault);
  int sig = sigsetjmp(jump, 1);
  if (sig) return sig;
  if (write) *p = 1;
  else (void)*p;
  return 0;
}

static void life(void) {
  int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
  char *p = shmat(id, 0, 0), *q = shmat(id, 0, SHM_RDONLY);
  printf("attached %d\n", attached(id));
  strcpy(p, "hello");
  printf("%s, write to the read-only one: %d, beyond: %d %d\n", q, touch(q, 1), touch(p + 9999, 1), p[11000]);
  CHILD {
    printf("child %d %s\n", attached(id), p);
    strcpy(p + 9000, "from the child");
    shmdt(p);
    printf("%d, again %d\n", attached(id), err(shmdt(p)));
    done();
  }
  join();
  printf("%s, attached %d\n", q + 9000, attached(id));
  printf("mprotect %d, pieces %d\n", mprotect(p, 4096, PROT_READ), attached(id));
  printf("removed %d %d\n", shmctl(id, IPC_RMID, 0), attached(id));
  struct shmid_ds ds;
  shmctl(id, IPC_STAT, &ds);
  printf("key %x mode %o size %zu creator %d\n", ds.shm_perm.__key, ds.shm_perm.mode, ds.shm_segsz, ds.shm_cpid == getpid());
  CHILD {
    char *r = shmat(id, 0, 0);
    printf("attached after removal: %s\n", r == (void *)-1 ? strerror(errno) : r);
    done();
  }
  join();
  printf("detach %d, left %d\n", shmdt(p), attached(id));
  printf("detach %d, left %d\n", shmdt(q), attached(id));
  id = shmget(IPC_PRIVATE, 1, 0600);
  printf("never attached %d %d\n", shmctl(id, IPC_RMID, 0), attached(id));
  id = shmget(IPC_PRIVATE, 4096, 0600);
  p = shmat(id, 0, 0);
  CHILD {
    execl("/bin/true", "true", (char *)0);
  }
  join();
  printf("after exec and exit %d\n", attached(id));
  shmctl(id, IPC_RMID, 0);
  munmap(p, 4096);
  printf("after munmap %d\n", attached(id));
}

static void keys(void) {
  key_t key = 0x4c584a00 + (getpid() & 0xff);
  shmctl(shmget(key, 0, 0), IPC_RMID, 0);
  printf("none %d\n", err(shmget(key, 100, 0600)));
  int id = shmget(key, 100, IPC_CREAT | 0640);
  printf("same %d, excl %d, smaller %d, bigger %d, zero %d\n", shmget(key, 100, 0) == id, err(shmget(key, 100, IPC_CREAT | IPC_EXCL)), shmget(key, 50, 0) == id, err(shmget(key, 200, 0)), shmget(key, 0, 0) == id);
  printf("zero %d, huge %d\n", err(shmget(IPC_PRIVATE, 0, 0600)), err(shmget(IPC_PRIVATE, ~0UL, 0600)));
  struct shmid_ds ds;
  shmctl(id, IPC_STAT, &ds);
  printf("key %d mode %o times %d %d %d\n", ds.shm_perm.__key == key, ds.shm_perm.mode, ds.shm_atime != 0, ds.shm_dtime != 0, ds.shm_ctime != 0);
  ds.shm_perm.mode = 0400;
  printf("set %d", shmctl(id, IPC_SET, &ds));
  shmctl(id, IPC_STAT, &ds);
  printf(" mode %o\n", ds.shm_perm.mode);
  char *p = shmat(id, 0, 0);
  shmdt(p);
  shmctl(id, IPC_STAT, &ds);
  printf("times %d %d last %d\n", ds.shm_atime != 0, ds.shm_dtime != 0, ds.shm_lpid == getpid());
  printf("lock %d", err(shmctl(id, SHM_LOCK, 0)));
  shmctl(id, IPC_STAT, &ds);
  printf(" mode %o, unlock %d\n", ds.shm_perm.mode, err(shmctl(id, SHM_UNLOCK, 0)));
  p = shmat(id, 0, 0);
  shmctl(id, IPC_RMID, 0);
  printf("key gone %d, bad commands %d %d\n", err(shmget(key, 0, 0)), err(shmctl(id, 99, 0)), err(shmctl(-1, IPC_STAT, &ds)));
  struct shminfo info;
  int top = shmctl(0, IPC_INFO, (void *)&info);
  printf("limits %d %lx %lu %lu\n", top >= 0, info.shmmax, info.shmmin, info.shmmni);
  char line[300];
  FILE *f = fopen("/proc/sysvipc/shm", "r");
  printf("%s", fgets(line, sizeof line, f));
  while (fgets(line, sizeof line, f)) {
    int k, i, mode, creator, last, n;
    long size;
    sscanf(line, "%d %d %o %ld %d %d %d", &k, &i, &mode, &size, &creator, &last, &n);
    if (i == id) printf("%d %o %ld %d %d, %zu columns\n", k, mode, size, creator == getpid(), n, strlen(line));
  }
  f = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, f)) if (strstr(line, "SYSV")) printf("%.20s %s", strchr(line, ' '), strchr(line, '/') + 13);
}

static void places(void) {
  int id = shmget(IPC_PRIVATE, 8192, 0600);
  char *hole = mmap(0, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(hole + 16384, 16384);
  printf("in the hole %d\n", (char *)shmat(id, hole + 16384, 0) == hole + 16384);
  printf("taken %d\n", err((long)shmat(id, hole + 16384, 0)));
  printf("misaligned %d\n", err((long)shmat(id, hole + 24576 + 5, 0)));
  printf("rounded %d\n", (char *)shmat(id, hole + 24576 + 5, SHM_RND) == hole + 24576);
  printf("remap %d\n", (char *)shmat(id, hole + 4096, SHM_REMAP) == hole + 4096);
  printf("remap nowhere %d\n", err((long)shmat(id, 0, SHM_REMAP)));
  strcpy(hole + 4096, "the same");
  printf("%s %s\n", hole + 16384, hole + 24576);
  printf("detach %d %d %d %d\n", err(shmdt(hole + 4096)), err(shmdt(hole + 20480)), err(shmdt(hole + 1)), err(shmdt(hole)));
  printf("gone %d, attached %d\n", touch(hole + 4096, 0), attached(id));
  printf("bad id %d %d\n", err((long)shmat(id + 1, 0, 0)), err((long)shmat(-1, 0, 0)));
  shmctl(id, IPC_RMID, 0);
}

int main(int argc, char **argv) {
  alarm(50);
  if (!strcmp(argv[1], "life")) life();
  if (!strcmp(argv[1], "keys")) keys();
  if (!strcmp(argv[1], "places")) places();
}
