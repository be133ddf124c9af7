// Data, signals and wake-ups at once: nothing may be lost, nobody may sleep for ever. Prints sums.
// flags: -w -pthread
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
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

int main(int argc, char **argv) {
  const char *only = argc > 1 ? argv[1] : "";
#define RUN(f) if (!*only || !strcmp(only, #f)) { f(); fflush(stdout); }
  RUN(pipes) RUN(signals) RUN(epolls) RUN(processes)
  return 0;
}
