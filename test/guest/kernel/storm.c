// Data, signals and wake-ups at once: nothing may be lost, nobody may sleep for ever. Prints sums.
// flags: -w -pthread
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int ticks;
static void tick(int s) { ticks++; }
static void clockwork(int usec, int flags) {
  struct sigaction sa = {.sa_handler = tick, .sa_flags = flags};
  sigaction(SIGALRM, &sa, 0);
  struct itimerval it = {{0, usec}, {0, usec}};
  setitimer(ITIMER_REAL, &it, 0);
}

static void pipes(void) {
  int p[2], q[2];
  pipe(p), pipe(q);
  if (fork() == 0) { // adds one to every byte, interrupted all the time
    close(p[1]), close(q[0]);
    clockwork(700, SA_RESTART);
    unsigned char b[3000];
    int n;
    while ((n = read(p[0], b, sizeof b)) > 0) {
      for (int i = 0; i < n; i++) b[i]++;
      for (int done = 0; done < n;) done += write(q[1], b + done, n - done);
    }
    _exit(0);
  }
  close(p[0]), close(q[1]);
  if (fork() == 0) {
    clockwork(900, 0);
    unsigned char b[777];
    for (int i = 0, left = 300000; left > 0; i++) {
      int n = left < 777 ? left : 777, done = 0;
      memset(b, i, n);
      while (done < n) { int r = write(p[1], b + done, n - done); if (r > 0) done += r; else if (errno != EINTR) _exit(1); }
      left -= n;
    }
    _exit(0);
  }
  close(p[1]);
  clockwork(500, 0);
  unsigned char b[5000];
  long sum = 0, total = 0;
  for (;;) {
    struct pollfd f = {q[0], POLLIN};
    if (poll(&f, 1, -1) < 0) continue;
    int n = read(q[0], b, sizeof b);
    if (n < 0) continue;
    if (n == 0) break;
    for (int i = 0; i < n; i++) sum += b[i];
    total += n;
  }
  struct itimerval off = {0};
  setitimer(ITIMER_REAL, &off, 0);
  while (wait(0) > 0) ;
  printf("pipes: %ld bytes, sum %ld\n", total, sum);
}

static volatile int usr;
static void on_usr(int s) { usr++; }
static void signals(void) {
  signal(SIGUSR1, on_usr);
  sigset_t block, old;
  sigemptyset(&block), sigaddset(&block, SIGUSR1);
  sigprocmask(SIG_BLOCK, &block, &old);
  pid_t parent = getpid(), child = fork();
  int rounds = 300;
  if (child == 0) {
    for (int i = 0; i < rounds; i++) { int before = usr; kill(parent, SIGUSR1); while (usr == before) sigsuspend(&old); }
    _exit(usr == rounds ? 0 : 1);
  }
  for (int i = 0; i < rounds; i++) { int before = usr; while (usr == before) sigsuspend(&old); kill(child, SIGUSR1); }
  int status;
  waitpid(child, &status, 0);
  printf("signals: %d back and forth, child %d\n", usr, status);
  sigprocmask(SIG_SETMASK, &old, 0);
}

static int ev, ep, sock[2];
static atomic_long got;
static void *waiter(void *arg) {
  struct epoll_event e;
  for (;;) {
    if (epoll_wait(ep, &e, 1, -1) != 1) continue;
    char c;
    int n = recv(sock[1], &c, 1, MSG_DONTWAIT);
    if (n == 0) return 0;
    if (n == 1) got += c;
  }
}
static void epolls(void) {
  socketpair(AF_UNIX, SOCK_STREAM, 0, sock);
  ep = epoll_create1(0);
  struct epoll_event e = {EPOLLIN};
  epoll_ctl(ep, EPOLL_CTL_ADD, sock[1], &e);
  pthread_t t[3];
  for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, waiter, 0);
  for (int i = 0; i < 2000; i++) { char c = i % 100; send(sock[0], &c, 1, 0); if (i % 64 == 0) usleep(500); }
  shutdown(sock[0], SHUT_WR);
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  printf("epolls: %ld\n", got);
}

static void processes(void) {
  int status, sum = 0;
  signal(SIGUSR1, SIG_DFL);
  for (int round = 0; round < 6; round++) {
    pid_t pids[4];
    for (int i = 0; i < 4; i++) if ((pids[i] = fork()) == 0) { if (i & 1) for (;;) pause(); for (;;) ; }
    for (int i = 0; i < 4; i++) kill(pids[i], i == 0 ? SIGKILL : i == 1 ? SIGTERM : i == 2 ? SIGUSR1 : SIGSTOP);
    waitpid(pids[3], &status, WUNTRACED), sum += WSTOPSIG(status), kill(pids[3], SIGCONT), kill(pids[3], SIGINT);
    for (int i = 0; i < 4; i++) waitpid(pids[i], &status, 0), sum += WTERMSIG(status);
  }
  printf("processes: %d\n", sum);
}

// ---- all threads of a process leave at the same moment
static atomic_int go;
static int manner;
enum { LEAVERS = 4, MANNERS = 4 };
static void *leaves(void *arg) {
  for (go--; go > 0;) sched_yield();
  if (manner == 0) syscall(SYS_exit, 0);
  if (manner == 1) syscall(SYS_exit_group, 5);
  if (manner == 2) execl("/bin/true", "true", (char *)0);
  if ((long)arg & 1) syscall(SYS_exit, 0);
  kill(getpid(), SIGTERM);
  for (;;) ;
}
static void exits(void) {
  static const int expected[MANNERS] = {0, 5 << 8, 0, SIGTERM};
  int status, right = 0;
  for (int round = 0; round < 4 * MANNERS; round++) {
    manner = round % MANNERS, go = LEAVERS;
    pid_t pid = fork();
    if (pid == 0) {
      pthread_t t;
      for (long i = 1; i < LEAVERS; i++) pthread_create(&t, 0, leaves, (void *)i);
      leaves(0);
    }
    waitpid(pid, &status, 0), right += status == expected[manner];
  }
  printf("exits: %d\n", right);
}

// ---- fork while other threads map, unmap and change their masks
static atomic_int stop;
static void *maps(void *arg) {
  while (!stop) {
    char *m = mmap(0, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    m[0] = 1, m[5000] = 2;
    mprotect(m + 4096, 4096, PROT_READ), munmap(m, 16384);
  }
  return 0;
}
static void *masks(void *arg) {
  sigset_t s;
  sigemptyset(&s), sigaddset(&s, SIGUSR1);
  while (!stop) pthread_sigmask(SIG_BLOCK, &s, 0), pthread_sigmask(SIG_UNBLOCK, &s, 0);
  return 0;
}
static void forks(void) {
  pthread_t t[3];
  for (int i = 0; i < 3; i++) pthread_create(&t[i], 0, i == 1 ? masks : maps, 0);
  int bad = 0, status;
  for (int i = 0; i < 50; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      char *m = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      for (int i = 0; i < 65536; i++) if (m[i]) _exit(1);
      memset(m, 1, 65536);
      _exit(0);
    }
    waitpid(pid, &status, 0), bad += status != 0;
  }
  stop = 1;
  for (int i = 0; i < 3; i++) pthread_join(t[i], 0);
  printf("forks: %d bad\n", bad);
}

// ---- descriptors are closed while other threads use them
static void *opens(void *arg) {
  for (;;) {
    int a = open("/dev/null", O_RDWR), b = dup(a), p[2];
    char c;
    write(b, "x", 1), close(a), pipe(p), write(p[1], "a", 1), close(p[1]), read(p[0], &c, 1), close(p[0]), close(b);
  }
}
static void *uses(void *arg) {
  for (char b[10];;)
    for (int fd = 3; fd < 12; fd++) fcntl(fd, F_SETFL, O_NONBLOCK), read(fd, b, 1), write(fd, b, 0), lseek(fd, 0, SEEK_CUR);
}
static void *closes(void *arg) { for (;; usleep(100)) for (int fd = 5; fd < 12; fd++) close(fd); }
static void closing(void) {
  int status;
  pid_t pid = fork();
  if (pid == 0) {
    pthread_t t;
    signal(SIGPIPE, SIG_IGN);
    pthread_create(&t, 0, opens, 0), pthread_create(&t, 0, uses, 0), pthread_create(&t, 0, opens, 0), pthread_create(&t, 0, closes, 0);
    usleep(700000);
    _exit(0);
  }
  waitpid(pid, &status, 0);
  printf("closing: %x\n", status);
}

// ---- processes that do all sorts of things are stopped, continued and killed at any moment
static unsigned seed = 100;
static unsigned chance(unsigned n) { seed = seed * 1103515245 + 12345; return (seed >> 16) % n; }
static void *spins(void *arg) { for (;;) ; }
static void *naps(void *arg) { for (;;) usleep(300); }
static void *execs(void *arg) { execl("/bin/true", "true", (char *)0); return 0; }
static void *ends(void *arg) { exit(9); }
static void *begets(void *arg) {
  for (;;) { pid_t p = fork(); if (p == 0) _exit(0); waitpid(p, 0, 0); }
}
enum { LIVES = 9 };
static void live(int kind) {
  pthread_t t;
  pid_t p;
  switch (kind) {
  case 0: spins(0);
  case 1: for (;;) pause();
  case 2: execs(0);
  case 3: begets(0);
  case 4: for (;;) posix_spawn(&p, "/bin/true", 0, 0, (char *[]){"true", 0}, environ), waitpid(p, 0, 0);
  case 5: pthread_create(&t, 0, spins, 0), pthread_create(&t, 0, naps, 0), pthread_create(&t, 0, execs, 0); for (;;) pause();
  case 6: pthread_create(&t, 0, naps, 0), pthread_create(&t, 0, ends, 0), spins(0);
  case 7: pthread_create(&t, 0, spins, 0), pthread_create(&t, 0, begets, 0), naps(0);
  case 8: signal(SIGUSR1, on_usr); for (;;) raise(SIGUSR1);
  }
}
static int ended(int status) { return WIFEXITED(status) || WIFSIGNALED(status); }
static void lives(void) {
  int status, begun = 0, over = 0;
  for (int round = 0; round < 10; round++) {
    pid_t pids[4], pid;
    int n = 1 + chance(4);
    for (int i = 0; i < n; i++, begun++) { int kind = chance(LIVES); if ((pids[i] = fork()) == 0) live(kind), _exit(0); }
    for (int i = 0; i < 12; i++) {
      kill(pids[chance(n)], (int[]){SIGSTOP, SIGCONT, SIGSTOP, SIGCONT, SIGUSR2}[i < 2 ? i : chance(4)]);
      if (chance(3) == 0) usleep(chance(1500));
      while (waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED) > 0) over += ended(status);
    }
    for (int i = 0; i < n; i++) kill(pids[i], chance(3) ? SIGKILL : SIGTERM), kill(pids[i], SIGCONT);
    while ((pid = waitpid(-1, &status, WUNTRACED | WCONTINUED)) > 0) {
      over += ended(status);
      if (WIFSTOPPED(status)) kill(pid, SIGCONT);
    }
  }
  printf("lives: %d begun, %d over\n", begun, over);
}

// A server answers every connection that epoll names, blocking: an event too many and it sleeps for ever.
static void echo_server(int epoll, int open) {
  while (open > 0) {
    struct epoll_event events[16];
    int ready = epoll_wait(epoll, events, 16, -1);
    for (int i = 0; i < ready; i++) {
      char c;
      if (read(events[i].data.fd, &c, 1) == 1) write(events[i].data.fd, &c, 1);
      else open--, close(events[i].data.fd);
    }
  }
  _exit(0);
}
static void echoes(void) {
  enum { N = 50 };
  int pairs[N][2], answers = 0;
  char c = 1;
  for (int i = 0; i < N; i++) socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]);
  if (fork() == 0) {
    int epoll = epoll_create1(0);
    for (int i = 0; i < N; i++) {
      struct epoll_event event = {.events = EPOLLIN, .data.fd = pairs[i][1]};
      close(pairs[i][0]);
      epoll_ctl(epoll, EPOLL_CTL_ADD, pairs[i][1], &event);
    }
    echo_server(epoll, N);
  }
  for (int i = 0; i < N; i++) close(pairs[i][1]);
  for (int k = 0; k < 200; k++) {
    for (int i = 0; i < N; i++) write(pairs[i][0], &c, 1);
    for (int i = 0; i < N; i++) answers += read(pairs[i][0], &c, 1);
  }
  for (int i = 0; i < N; i++) close(pairs[i][0]);
  printf("answers %d left %d\n", answers, wait(0) > 0);
}

// Threads one after the other, several at once, each with a stack that is zero and thread-local data of its own.
static __thread int local = 7;
static atomic_int ran;
static void *short_life(void *arg) {
  static int zero[64];
  int clean = local == 7 && memcmp(zero, arg, sizeof zero) == 0;
  local = 8;
  ran += clean;
  return (void *)(uintptr_t)syscall(SYS_gettid);
}
static void joins(void) {
  static int zero[64];
  int distinct = 0;
  void *last = 0, *result;
  for (int k = 0; k < 300; k++) {
    pthread_t threads[3];
    for (int t = 0; t < 3; t++) pthread_create(threads + t, 0, short_life, zero);
    for (int t = 0; t < 3; t++) pthread_join(threads[t], &result), distinct += result != last, last = result;
    if (k % 100 == 50 && fork() == 0) _exit(0); // also while workers wait for threads
  }
  while (wait(0) > 0);
  printf("ran %d distinct %d\n", ran, distinct);
}

int main(int argc, char **argv) {
  const char *only = argc > 1 ? argv[1] : "";
#define RUN(f) if (!*only || !strcmp(only, #f)) { f(); fflush(stdout); }
  RUN(pipes) RUN(signals) RUN(epolls) RUN(processes) RUN(exits) RUN(forks) RUN(closing) RUN(lives) RUN(echoes) RUN(joins)
  return 0;
}
