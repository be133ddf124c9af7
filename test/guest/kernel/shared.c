// Shared memory as processes see it: anonymous over fork, files, names, atomics, semaphores, mutexes.
// flags: -O2 -pthread -D_GNU_SOURCE -w
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define RW (PROT_READ | PROT_WRITE)
#define CHILD if (fflush(stdout), fork() == 0)
static void done(void) {
  fflush(stdout);
  _exit(0);
}
static void join(void) { while (wait(0) > 0); }
static char *shared(size_t n) { return mmap(0, n, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0); }

// signal and si_code of an access, or 0
static sigjmp_buf jump;
static int fault;
static void on_fault(int sig, siginfo_t *info, void *context) {
  fault = sig * 1000 + info->si_code;
  siglongjmp(jump, 1);
}
static int touch(volatile char *p, int write) {
  struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &sa, 0);
  sigaction(SIGBUS, &sa, 0);
  fault = 0;
  if (sigsetjmp(jump, 1) == 0) {
    if (write) *p = 1;
    else (void)*p;
  }
  return fault;
}

static void anonymous(void) {
  char *p = shared(1 << 20);
  strcpy(p, "parent");
  CHILD {
    printf("child sees %s\n", p);
    strcpy(p + 500000, "from the child");
    CHILD {
      strcat(p + 500000, "'s child");
      done();
    }
    join();
    done();
  }
  join();
  printf("parent sees %s\n", p + 500000);
  memset(p, 'x', 1 << 20);
  memmove(p + 1, p, 5000);
  memcpy(p + 4090, "across a page boundary", 23);
  printf("%.30s %d\n", p + 4085, p[(1 << 20) - 1]);
  for (char *q = p + 8000; q < p + 8300; q++) *q = q[-1] + 1; // bytes, one after another
  __asm__ volatile("cld; rep movsb" : : "S"(p + 8000), "D"(p + 8001), "c"(200) : "memory");
  printf("overlapping %d %d\n", p[8000] == p[8100], p[8150] == p[8000]);
  CHILD {
    printf("half unmapped %d\n", munmap(p, 1 << 19));
    printf("%d %d\n", touch(p, 0), touch(p + (1 << 19), 0));
    p[(1 << 20) - 1] = 'y';
    done();
  }
  join();
  printf("%c\n", p[(1 << 20) - 1]);
  char *r = mremap(p, 1 << 20, 2 << 20, MREMAP_MAYMOVE);
  printf("grown: %c, beyond the object %d\n", r[(1 << 20) - 1], touch(r + (1 << 20), 0));
  char *copy = mremap(r, 0, 4096, MREMAP_MAYMOVE);
  r[7] = 'C';
  printf("copy %c, dontneed %d %c, free %d\n", copy[7], madvise(r, 4096, MADV_DONTNEED), r[7], madvise(r, 4096, MADV_FREE));
  printf("private on top %d\n", mmap(copy, 4096, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == copy);
  printf("%d %c\n", copy[7], r[7]);
}

static void calls(void) { // system calls on shared buffers
  char *p = shared(1 << 16);
  int fds[2];
  pipe(fds);
  strcpy(p + 4090, "over the boundary");
  write(fds[1], p + 4090, 18);
  printf("%zd %s\n", read(fds[0], p + 12280, 18), p + 12280);
  struct iovec *iov = (struct iovec *)(p + 20470); // the list itself crosses a page
  iov[0] = (struct iovec){p + 4090, 9};
  iov[1] = (struct iovec){"boundary", 8};
  writev(fds[1], iov, 2);
  iov[0].iov_base = p + 30000;
  iov[0].iov_len = 4;
  iov[1] = (struct iovec){p + 32765, 30};
  printf("%zd %.4s|%s\n", readv(fds[0], iov, 2), p + 30000, p + 32765);
  struct stat *st = (struct stat *)(p + 8100);
  printf("stat %d %d\n", stat("/", st), S_ISDIR(st->st_mode));
  strcpy(p + 8190, "/no/such/file");
  printf("open %d %d\n", open(p + 8190, O_RDONLY), errno);
  printf("getcwd %d\n", getcwd(p + 4080, 4096) == p + 4080 && p[4080] == '/');
  printf("pipe %d\n", pipe((int *)(p + 4092)) == 0 && *(int *)(p + 4092) > 2 && *(int *)(p + 4096) > 2);
  int *status = (int *)(p + 4092);
  CHILD { _exit(42); }
  wait(status);
  printf("wait %d\n", WEXITSTATUS(*status));
  mprotect(p + 4096, 4096, PROT_READ);
  write(fds[1], "12345678", 8);
  printf("read-only %zd %d\n", read(fds[0], p + 4096, 8), errno);
  stack_t alternate = {.ss_sp = p + 16384, .ss_size = 16384};
  sigaltstack(&alternate, 0);
  struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGSEGV, &sa, 0);
  fault = 0;
  if (sigsetjmp(jump, 1) == 0) *(volatile char *)(p + 4096) = 1;
  printf("handler on a shared stack %d\n", fault);
}

static void atomics(void) {
  atomic_int *n = (atomic_int *)shared(4096);
  atomic_long *sum = (atomic_long *)(n + 8);
  atomic_short *small = (atomic_short *)(n + 16);
  atomic_char *byte = (atomic_char *)(n + 17) + 1;
  int *split = (int *)((char *)n + 2 * 64 - 2);
  __int128 *wide = (__int128 *)(n + 64);
  for (int i = 0; i < 3; i++)
    CHILD {
      for (int j = 0; j < 5000; j++) {
        atomic_fetch_add(n, 1);
        atomic_fetch_xor(sum, j);
        atomic_fetch_add(sum, 1L << 40);
        atomic_fetch_add(small, 3);
        atomic_fetch_sub(byte, 1);
        __sync_fetch_and_add(split, 1);
        __int128 old;
        do old = *wide;
        while (!__sync_bool_compare_and_swap((long *)wide, (long)old, (long)old + 1));
      }
      done();
    }
  join();
  printf("%d %lx %d %d %d %ld\n", *n, *sum >> 40, *small, *byte, *split, (long)*wide);
  atomic_flag *lock = (atomic_flag *)(n + 100); // a spin lock that is given back by a plain store
  volatile int *plain = (int *)(n + 101);
  for (int i = 0; i < 2; i++)
    CHILD {
      for (int j = 0; j < 2000; j++) {
        while (atomic_flag_test_and_set(lock)) sched_yield();
        (*plain)++;
        atomic_flag_clear_explicit(lock, memory_order_release);
      }
      done();
    }
  join();
  printf("%d\n", *plain);
}

static void *add_plain(void *p) { // a thread and a process together
  atomic_int *n = p;
  for (int i = 0; i < 3000; i++) atomic_fetch_add(n, 1), n[16] = i;
  return 0;
}
static void threads(void) {
  atomic_int *n = (atomic_int *)shared(4096);
  pthread_t a, b;
  CHILD {
    add_plain(n);
    done();
  }
  pthread_create(&a, 0, add_plain, n);
  pthread_create(&b, 0, add_plain, n);
  pthread_join(a, 0);
  pthread_join(b, 0);
  join();
  printf("%d %d\n", *n, n[16]);
}

static void semaphores(void) {
  sem_t *ping = (sem_t *)shared(4096), *pong = ping + 1;
  sem_init(ping, 1, 0);
  sem_init(pong, 1, 0);
  CHILD {
    for (int i = 0; i < 200; i++) sem_wait(ping), sem_post(pong);
    done();
  }
  for (int i = 0; i < 200; i++) sem_post(ping), sem_wait(pong);
  join();
  int value;
  sem_getvalue(ping, &value);
  printf("unnamed %d\n", value);
  sem_unlink("/lxjit-test-sem");
  sem_t *named = sem_open("/lxjit-test-sem", O_CREAT | O_EXCL, 0600, 1);
  printf("named %d\n", named != SEM_FAILED);
  CHILD {
    sem_t *same = sem_open("/lxjit-test-sem", 0);
    sem_wait(same);
    sem_post(same);
    sem_post(same);
    done();
  }
  join();
  sem_getvalue(named, &value);
  printf("%d\n", value);
  sem_close(named);
  named = sem_open("/lxjit-test-sem", 0);
  sem_getvalue(named, &value);
  printf("%d %d\n", value, sem_unlink("/lxjit-test-sem"));
}

struct channel {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int value, turns;
};
static void condition(void) {
  struct channel *c = (struct channel *)shared(4096);
  pthread_mutexattr_t ma;
  pthread_condattr_t ca;
  pthread_mutexattr_init(&ma);
  pthread_condattr_init(&ca);
  pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED);
  pthread_condattr_setpshared(&ca, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(&c->mutex, &ma);
  pthread_cond_init(&c->changed, &ca);
  for (int side = 0; side < 2; side++)
    CHILD {
      for (int i = 0; i < 100; i++) {
        pthread_mutex_lock(&c->mutex);
        while (c->value != side) pthread_cond_wait(&c->changed, &c->mutex);
        c->value = !side;
        c->turns++;
        pthread_cond_broadcast(&c->changed);
        pthread_mutex_unlock(&c->mutex);
      }
      done();
    }
  join();
  printf("%d turns\n", c->turns);
}

static void robust(void) {
  pthread_mutex_t *mutex = (pthread_mutex_t *)shared(4096);
  pthread_mutexattr_t ma;
  pthread_mutexattr_init(&ma);
  pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED);
  pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(mutex, &ma);
  sem_t *held = (sem_t *)(mutex + 1);
  sem_init(held, 1, 0);
  pid_t owner = fork();
  if (owner == 0) {
    pthread_mutex_lock(mutex);
    sem_post(held);
    pause();
  }
  sem_wait(held);
  CHILD {
    int result = pthread_mutex_lock(mutex); // waits for the owner to die
    printf("%s\n", result == EOWNERDEAD ? "owner died" : strerror(result));
    pthread_mutex_consistent(mutex);
    pthread_mutex_unlock(mutex);
    done();
  }
  usleep(20000);
  kill(owner, SIGKILL);
  join();
  printf("%d\n", pthread_mutex_lock(mutex));
}

static void files(void) {
  int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0600);
  write(fd, "0123456789", 10);
  char *p = mmap(0, 8192, RW, MAP_SHARED, fd, 0);
  char *q = mmap(0, 8192, RW, MAP_SHARED, fd, 0);
  int reader = open("f", O_RDONLY);
  char *r = mmap(0, 8192, PROT_READ, MAP_SHARED, reader, 0);
  char text[20] = {0};
  p[3] = 'x';
  pread(reader, text, 10, 0);
  printf("%.10s %.10s %s\n", q, r, text);
  pwrite(fd, "AB", 2, 5);
  printf("%.10s %.10s\n", p, r);
  CHILD {
    p[0] = 'c';
    pwrite(fd, "Z", 1, 9);
    char *s = mmap(0, 4096, RW, MAP_SHARED, open("f", O_RDWR), 0);
    s[1] = 'd';
    munmap(s, 4096);
    done();
  }
  join();
  printf("%.10s\n", q);
  printf("past the end %d, a page later %d\n", touch(p + 20, 1), touch(p + 4096, 0));
  ftruncate(fd, 6000);
  printf("grown %d %d\n", touch(p + 4096, 1), p[20]);
  p[5000] = 'k';
  ftruncate(fd, 5);
  printf("cut %d %d\n", touch(p + 4096, 0), p[6]);
  ftruncate(fd, 8192);
  printf("grown again %d %d %d\n", touch(p + 4096, 0), p[5000], p[6]);
  printf("read-only %d %d %d\n", touch(r, 1), mprotect(r, 4096, RW), errno);
  mprotect(p, 4096, PROT_READ);
  printf("%d ", touch(p, 1));
  mprotect(p, 4096, PROT_NONE);
  printf("%d ", touch(p, 0));
  mprotect(p, 4096, RW);
  printf("%d %.5s\n", touch(p, 0), p);
  char *m = mremap(p, 4096, 16384, MREMAP_MAYMOVE);
  m[2] = 'M';
  printf("moved %.5s %.5s %d %d\n", m, q, touch(p, 0), touch(m + 8192, 0));
  int again = open("f", O_WRONLY | O_TRUNC);
  printf("O_TRUNC %d\n", touch(q, 0));
  write(again, "new contents", 12);
  q[0] = 'N';
  printf("%.12s msync %d\n", q, msync(q, 4096, MS_SYNC));
  q[1] = 'E';
  int appender = open("f", O_RDWR | O_APPEND);
  write(appender, "+app", 4);
  truncate("f", 14);
  struct stat st;
  fstat(fd, &st);
  printf("%.16s %ld\n", q, (long)st.st_size);
  munmap(q, 8192);
  munmap(m, 16384);
  pread(reader, text, 14, 0);
  printf("%s\n", text);
  r = mmap(0, 4096, PROT_READ, MAP_SHARED, open("f", O_RDONLY), 0); // no view of it is left but it is open for writing
  pwrite(fd, "R", 1, 2);
  printf("%.14s\n", r);
  q = mmap(0, 4096, RW, MAP_SHARED, appender, 0);
  q[13] = '!'; // goes to its place although the description appends
}

static void fixed(void) {
  int fd = open("g", O_RDWR | O_CREAT | O_TRUNC, 0600);
  write(fd, "contents", 8);
  char *o = mmap(0, 16384, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(o, 'o', 16384);
  char *s = mmap(o + 4096, 4096, RW, MAP_SHARED | MAP_FIXED, fd, 0);
  printf("%d %s %c\n", s == o + 4096, s, o[8192]);
  memcpy(o + 4090, "half and half", 13);
  printf("%.13s\n", o + 4090);
  long word = *(long *)(o + 4092);
  *(long *)(o + 8188) = word + 1;
  printf("%lx %lx\n", word, *(long *)(o + 8188));
  __sync_fetch_and_add((int *)(o + 4094), 3);
  __sync_bool_compare_and_swap((short *)(o + 4097), *(short *)(o + 4097), 0x4141);
  printf("%.13s\n", o + 4090);
  mmap(o + 4096, 4096, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  printf("%d\n", o[4096]);
}

static void names(void) {
  shm_unlink("/lxjit-test");
  int fd = shm_open("/lxjit-test", O_RDWR | O_CREAT | O_EXCL, 0600);
  ftruncate(fd, 4096);
  char *p = mmap(0, 4096, RW, MAP_SHARED, fd, 0);
  close(fd);
  CHILD {
    strcpy(mmap(0, 4096, RW, MAP_SHARED, shm_open("/lxjit-test", O_RDWR, 0), 0), "by name");
    done();
  }
  join();
  printf("%s %d\n", p, shm_unlink("/lxjit-test"));
  fd = memfd_create("m", 0);
  ftruncate(fd, 4096);
  p = mmap(0, 4096, RW, MAP_SHARED, fd, 0);
  CHILD {
    char text[20] = {0};
    strcpy(p, "by memfd");
    pread(fd, text, 8, 0);
    printf("%s\n", text);
    done();
  }
  join();
  printf("%s\n", p);
  char line[300];
  mmap(0, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (FILE *f = fopen("/proc/self/maps", "r"); fgets(line, sizeof line, f);)
    if (strstr(line, "rw-s") && strstr(line, "/dev/shm")) printf("%.14s %s", strchr(line, ' '), strchr(line, '/'));
  for (FILE *f = fopen("/proc/self/maps", "r"); fgets(line, sizeof line, f);)
    if (strstr(line, "/dev/zero")) printf("%.20s %s", strchr(line, ' '), strchr(line, '/'));
}

#define RUN(f) if (!strcmp(*argv, #f)) f();
int main(int argc, char **argv) {
  alarm(250);
  while (*++argv) {
    RUN(anonymous) RUN(calls) RUN(atomics) RUN(threads) RUN(semaphores)
    RUN(condition) RUN(robust) RUN(files) RUN(fixed) RUN(names)
  }
}
