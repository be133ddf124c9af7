// poll, select, epoll, eventfd, timerfd, signalfd, pipes. Prints what happened.
// flags: -w -pthread
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e3 + t.tv_nsec / 1e6; }
static int err(long r) { return r < 0 ? -errno : r; }
static const char *about(double ms, double want) { return ms >= want - 1 && ms < want + 20000 ? "ok" : "bad"; }

static void pipes(void) {
  int p[2];
  char b[70000];
  memset(b, 'x', sizeof b);
  printf("pipe2 bad flag %d\n", err(pipe2(p, 0x40)));
  printf("pipe2 fault %d\n", err(pipe2((int *)8, 0)));
  pipe2(p, O_NONBLOCK);
  printf("empty %d\n", err(read(p[0], b, 1)));
  printf("size %d\n", err(fcntl(p[0], F_GETPIPE_SZ)));
  printf("fill %d", err(write(p[1], b, 70000)));
  printf(" %d\n", err(write(p[1], b, 1)));
  int n;
  ioctl(p[0], FIONREAD, &n);
  printf("FIONREAD %d\n", n);
  read(p[0], b, 4095);
  printf("4095 free, 4096 %d\n", err(write(p[1], b, 4096)));
  printf("size %d\n", err(fcntl(p[1], F_SETPIPE_SZ, 8192)));
  printf("size %d\n", err(fcntl(p[1], F_SETPIPE_SZ, 200000)));
  struct stat st;
  fstat(p[0], &st);
  printf("mode %o size %ld\n", st.st_mode, (long)st.st_size);
  printf("seek %d pread %d\n", err(lseek(p[0], 0, SEEK_SET)), err(pread(p[0], b, 1, 0)));
  printf("wrong ends %d %d\n", err(read(p[1], b, 1)), err(write(p[0], b, 1)));
  close(p[1]);
  while ((n = read(p[0], b, sizeof b)) > 0) printf("drain %d\n", n);
  printf("end %d\n", n);
  close(p[0]);
  pipe(p);
  close(p[0]);
  signal(SIGPIPE, SIG_IGN);
  printf("broken %d\n", err(write(p[1], b, 1)));
  signal(SIGPIPE, SIG_DFL);
  int status;
  if (fork() == 0) { write(p[1], b, 1); _exit(0); }
  wait(&status);
  printf("killed by %d\n", WTERMSIG(status));
  close(p[1]);
}

static void fifos(void) {
  char name[] = "/tmp/fifoXXXXXX";
  mktemp(name);
  printf("mkfifo %d\n", err(mkfifo(name, 0600)));
  printf("writer alone %d\n", err(open(name, O_WRONLY | O_NONBLOCK)));
  if (fork() == 0) { int w = open(name, O_WRONLY); write(w, "through", 7); _exit(0); }
  int r = open(name, O_RDONLY);
  char b[16] = {0};
  printf("read %d", err(read(r, b, 16))); printf(" %s\n", b);
  wait(0);
  printf("end %d\n", err(read(r, b, 16)));
  struct stat st;
  fstat(r, &st);
  printf("is fifo %d\n", S_ISFIFO(st.st_mode));
  close(r);
  r = open(name, O_RDWR);
  write(r, "self", 4);
  printf("rdwr %d\n", err(read(r, b, 16)));
  unlink(name);
}

static void polls(void) {
  int p[2], q[2];
  pipe(p), pipe(q);
  struct pollfd f[] = {{p[0], POLLIN}, {q[1], POLLOUT}, {-1, POLLIN}, {999, POLLIN}};
  printf("poll %d:", err(poll(f, 4, 1000)));
  for (int i = 0; i < 4; i++) printf(" %x", f[i].revents);
  printf("\n");
  double t = now();
  printf("timeout %d", err(poll(f, 1, 30))); printf(" %s\n", about(now() - t, 30));
  t = now();
  if (fork() == 0) { usleep(30000); write(p[1], "x", 1); _exit(0); }
  printf("woken %d", err(poll(f, 1, 50000))); printf(" %x %s\n", f[0].revents, about(now() - t, 25));
  wait(0);
  close(p[1]);
  printf("hup %d", err(poll(f, 1, 1000))); printf(" %x\n", f[0].revents);
  char c;
  read(p[0], &c, 1);
  printf("hup %d", err(poll(f, 1, 1000))); printf(" %x\n", f[0].revents);
  close(q[0]);
  printf("err %d", err(poll(f + 1, 1, 1000))); printf(" %x\n", f[1].revents);
  struct pollfd file = {open("/dev/null", O_RDWR), POLLIN | POLLOUT};
  printf("null %d %x\n", err(poll(&file, 1, 0)), file.revents);
  printf("fault %d nfds %d\n", err(poll((void *)8, 1, 0)), err(poll(f, 100000000, 0)));
  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(p[0], &in);
  FD_SET(file.fd, &out);
  FD_SET(file.fd, &in);
  struct timeval tv = {1, 0};
  printf("select %d:", err(select(20, &in, &out, 0, &tv)));
  printf(" %d %d %d\n", FD_ISSET(p[0], &in), FD_ISSET(file.fd, &in), FD_ISSET(file.fd, &out));
  FD_ZERO(&in);
  FD_SET(63, &in);
  printf("select bad %d\n", err(select(64, &in, 0, 0, &tv)));
  printf("select negative %d\n", err(select(-1, 0, 0, 0, &tv)));
  tv.tv_sec = 0, tv.tv_usec = 30000;
  t = now();
  printf("select sleep %d", err(select(0, 0, 0, 0, &tv))); printf(" %s left %ld\n", about(now() - t, 30), tv.tv_sec + tv.tv_usec);
}

static volatile int handled;
static void onsig(int s) { handled++; }

static void masks(void) {
  sigset_t block, none;
  sigemptyset(&none), sigemptyset(&block), sigaddset(&block, SIGUSR1);
  sigprocmask(SIG_BLOCK, &block, 0);
  struct sigaction sa = {.sa_handler = onsig, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &sa, 0);
  raise(SIGUSR1);
  struct timespec ts = {1, 0};
  printf("before %d\n", handled);
  printf("ppoll %d", err(ppoll(0, 0, &ts, &none))); printf(" handled %d\n", handled);
  sigset_t now_;
  sigprocmask(SIG_SETMASK, 0, &now_);
  printf("mask restored %d\n", sigismember(&now_, SIGUSR1));
  raise(SIGUSR1);
  printf("pselect %d", err(pselect(0, 0, 0, 0, &ts, &none))); printf(" handled %d\n", handled);
  ts.tv_sec = 0, ts.tv_nsec = 20000000;
  printf("pselect %d", err(pselect(0, 0, 0, 0, &ts, &none))); printf(" handled %d\n", handled);
  int ep = epoll_create1(0);
  struct epoll_event ev;
  raise(SIGUSR1);
  printf("epoll_pwait %d", err(epoll_pwait(ep, &ev, 1, 1000, &none))); printf(" handled %d\n", handled);
  sigprocmask(SIG_UNBLOCK, &block, 0);
}

static void epolls(void) {
  int p[2], e = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event ev[8], a = {EPOLLIN, {.u64 = 0x1122334455667788}};
  pipe(p);
  int file = open("/etc/passwd", O_RDONLY);
  printf("file %d self %d bad %d\n", err(epoll_ctl(e, EPOLL_CTL_ADD, file, &a)), err(epoll_ctl(e, EPOLL_CTL_ADD, e, &a)), err(epoll_ctl(e, EPOLL_CTL_ADD, 999, &a)));
  printf("add %d again %d\n", err(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &a)), err(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &a)));
  printf("empty %d\n", err(epoll_wait(e, ev, 8, 0)));
  write(p[1], "ab", 2);
  for (int i = 0; i < 2; i++) printf("level %d", err(epoll_wait(e, ev, 8, 100))), printf(" %x %llx\n", ev[0].events, (long long)ev[0].data.u64);
  a.events = EPOLLIN | EPOLLET;
  epoll_ctl(e, EPOLL_CTL_MOD, p[0], &a);
  for (int i = 0; i < 2; i++) printf("edge %d\n", err(epoll_wait(e, ev, 8, 20)));
  write(p[1], "c", 1);
  printf("edge %d\n", err(epoll_wait(e, ev, 8, 20)));
  a.events = EPOLLIN | EPOLLONESHOT;
  epoll_ctl(e, EPOLL_CTL_MOD, p[0], &a);
  for (int i = 0; i < 2; i++) printf("oneshot %d\n", err(epoll_wait(e, ev, 8, 20)));
  epoll_ctl(e, EPOLL_CTL_MOD, p[0], &a);
  printf("armed again %d\n", err(epoll_wait(e, ev, 8, 20)));
  a.events = EPOLLOUT;
  epoll_ctl(e, EPOLL_CTL_ADD, p[1], &a);
  printf("out %d", err(epoll_wait(e, ev, 8, 20))), printf(" %x\n", ev[0].events);
  printf("del %d again %d\n", err(epoll_ctl(e, EPOLL_CTL_DEL, p[1], 0)), err(epoll_ctl(e, EPOLL_CTL_DEL, p[1], 0)));
  int outer = epoll_create1(0);
  a.events = EPOLLIN;
  epoll_ctl(e, EPOLL_CTL_MOD, p[0], &a);
  printf("nested %d loop %d\n", err(epoll_ctl(outer, EPOLL_CTL_ADD, e, &a)), err(epoll_ctl(e, EPOLL_CTL_ADD, outer, &a)));
  printf("nested ready %d\n", err(epoll_wait(outer, ev, 8, 20)));
  char b[10];
  read(p[0], b, 10);
  printf("nested idle %d\n", err(epoll_wait(outer, ev, 8, 20)));
  if (fork() == 0) { usleep(20000); write(p[1], "x", 1); _exit(0); }
  printf("nested woken %d\n", err(epoll_wait(outer, ev, 8, 2000)));
  wait(0);
  printf("max %d fault %d notepoll %d\n", err(epoll_wait(e, ev, 0, 0)), err(epoll_wait(e, (void *)8, 1, 0)), err(epoll_wait(p[0], ev, 1, 0)));
  close(p[0]);
  printf("closed %d\n", err(epoll_wait(e, ev, 8, 20)));
}

static void eventfds(void) {
  int e = eventfd(3, EFD_NONBLOCK);
  uint64_t v = 5;
  write(e, &v, 8);
  printf("read %d", err(read(e, &v, 8))), printf(" %lu, empty %d\n", v, err(read(e, &v, 8)));
  v = -2;
  printf("most %d more %d all %d\n", err(write(e, &v, 8)), (v = 1, err(write(e, &v, 8))), (v = -1, err(write(e, &v, 8))));
  printf("short %d %d\n", err(read(e, &v, 4)), err(write(e, &v, 7)));
  read(e, &v, 8);
  printf("%lx\n", v);
  e = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  for (int i = 0; i < 3; i++) printf("semaphore %d\n", err(read(e, &v, 8)));
  e = eventfd(0, 0);
  if (fork() == 0) { usleep(10000); v = 9; write(e, &v, 8); _exit(0); }
  printf("blocking %d", err(read(e, &v, 8))), printf(" %lu\n", v);
  wait(0);
}

static void timers(void) {
  int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  uint64_t n;
  printf("disarmed %d\n", err(read(t, &n, 8)));
  struct itimerspec it = {{0, 10000000}, {0, 20000000}}, cur;
  double start = now();
  timerfd_settime(t, 0, &it, 0);
  struct pollfd f = {t, POLLIN};
  printf("poll %d", err(poll(&f, 1, 50000))), printf(" %s", about(now() - start, 20)), printf(" %d", err(read(t, &n, 8))), printf(" %d\n", n >= 1);
  usleep(45000);
  read(t, &n, 8);
  printf("expirations %d\n", n >= 3);
  timerfd_gettime(t, &cur);
  printf("interval %ld left %d\n", cur.it_interval.tv_nsec, cur.it_value.tv_nsec > 0 && cur.it_value.tv_nsec <= 10000000);
  struct timespec at;
  start = now();
  clock_gettime(CLOCK_REALTIME, &at);
  at.tv_nsec += 15000000;
  if (at.tv_nsec >= 1000000000) at.tv_sec++, at.tv_nsec -= 1000000000;
  t = timerfd_create(CLOCK_REALTIME, 0);
  it = (struct itimerspec){{0, 0}, at};
  timerfd_settime(t, TFD_TIMER_ABSTIME, &it, 0);
  printf("absolute %d", err(read(t, &n, 8))), printf(" %lu %s\n", n, about(now() - start, 14));
  printf("bad %d %d\n", err(timerfd_create(77, 0)), err(timerfd_settime(0, 0, &it, 0)));
  sigset_t s;
  siginfo_t si;
  sigemptyset(&s), sigaddset(&s, SIGRTMIN + 3);
  sigprocmask(SIG_BLOCK, &s, 0);
  timer_t id;
  struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3, .sigev_value.sival_int = 42};
  printf("timer_create %d\n", err(timer_create(CLOCK_MONOTONIC, &ev, &id)));
  it = (struct itimerspec){{0, 5000000}, {0, 5000000}};
  timer_settime(id, 0, &it, 0);
  usleep(32000);
  printf("sig %d", sigwaitinfo(&s, &si) == SIGRTMIN + 3), printf(" code %d value %d overrun %d\n", si.si_code, si.si_value.sival_int, si.si_overrun >= 3);
  printf("delete %d %d\n", err(timer_delete(id)), err(timer_delete(id)));
}

static void signals(void) {
  sigset_t s;
  sigemptyset(&s), sigaddset(&s, SIGUSR2), sigaddset(&s, SIGCHLD);
  sigprocmask(SIG_BLOCK, &s, 0);
  int f = signalfd(-1, &s, SFD_NONBLOCK);
  struct signalfd_siginfo si;
  printf("none %d\n", err(read(f, &si, sizeof si)));
  struct pollfd p = {f, POLLIN};
  union sigval v = {.sival_int = 11};
  sigqueue(getpid(), SIGUSR2, v);
  printf("poll %d", err(poll(&p, 1, 0))), printf(" read %d", err(read(f, &si, sizeof si))), printf(" signo %d code %d int %d pid %d\n", si.ssi_signo, si.ssi_code, si.ssi_int, si.ssi_pid == getpid());
  if (fork() == 0) { usleep(10000); _exit(9); }
  printf("poll %d", err(poll(&p, 1, 50000))), printf(" read %d", err(read(f, &si, sizeof si))), printf(" signo %d code %d status %d\n", si.ssi_signo, si.ssi_code, si.ssi_status);
  wait(0);
}

static void clocks(void) {
  struct timespec a, b;
  for (int id = -1; id < 13; id++) printf(" %d", err(clock_getres(id, &a)));
  printf("\n");
  clock_gettime(CLOCK_REALTIME, &a);
  printf("realtime %d\n", labs(a.tv_sec - time(0)) <= 1);
  char name[] = "/tmp/clockXXXXXX";
  int f = mkstemp(name);
  write(f, "x", 1);
  struct stat st;
  fstat(f, &st);
  unlink(name);
  clock_gettime(CLOCK_REALTIME, &b);
  double d = (b.tv_sec - st.st_mtim.tv_sec) + (b.tv_nsec - st.st_mtim.tv_nsec) / 1e9;
  printf("file time %s\n", d > -0.001 && d < 5 ? "consistent" : "off");
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
  double t = now();
  double cpu = 0; // a busy machine gives us less than it takes
  while (cpu < 20 && now() - t < 60000) {
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    cpu = (b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) / 1e6;
  }
  printf("cpu %d\n", cpu >= 20 && now() - t >= 15);
  printf("settime %d\n", err(clock_settime(CLOCK_MONOTONIC, &a)));
  a.tv_sec = 0, a.tv_nsec = 1000000000;
  printf("nanosleep %d", err(nanosleep(&a, 0))), a.tv_nsec = -1, printf(" %d\n", err(nanosleep(&a, 0)));
  a.tv_nsec = 10000000;
  t = now();
  printf("clock_nanosleep %d %s\n", clock_nanosleep(CLOCK_MONOTONIC, 0, &a, 0), about(now() - t, 10));
  clock_gettime(CLOCK_MONOTONIC, &a);
  printf("past %d\n", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &a, 0));
}

// Many timers that expire all the time, read or not; edges of one that nobody reads.
static void ticking(void) {
  enum { N = 300 };
  struct itimerspec fast = {{0, 1000}, {0, 1000}}, slow = {{0, 20000000}, {0, 20000000}}, left;
  int fds[N], reads = 0, edges = 0, many = 0;
  for (int i = 0; i < N; i++) fds[i] = timerfd_create(CLOCK_MONOTONIC, 0), timerfd_settime(fds[i], 0, &fast, 0);
  for (int k = 0; k < 50; k++) {
    uint64_t n = 0;
    fd_set set;
    FD_ZERO(&set);
    for (int i = 0; i < N; i++) FD_SET(fds[i], &set);
    select(fds[N - 1] + 1, &set, 0, 0, 0);
    if (FD_ISSET(fds[k], &set)) reads += read(fds[k], &n, sizeof n) == sizeof n;
    many += n > 100;
  }
  timerfd_gettime(fds[0], &left);
  printf("reads %d many %d left %d\n", reads, many > 10, left.it_value.tv_sec == 0 && left.it_value.tv_nsec <= 1000);
  for (int i = 0; i < N; i++) close(fds[i]);
  int timer = timerfd_create(CLOCK_MONOTONIC, 0), epoll = epoll_create1(0);
  struct epoll_event event = {EPOLLIN | EPOLLET};
  timerfd_settime(timer, 0, &slow, 0);
  usleep(50000);
  epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);
  while (edges < 4 && epoll_wait(epoll, &event, 1, 2000) == 1) edges++;
  printf("edges %d\n", edges);
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IONBF, 0);
  const char *only = argc > 1 ? argv[1] : "";
#define RUN(f) if (!*only || !strcmp(only, #f)) { printf("== " #f "\n"); f(); }
  RUN(pipes) RUN(fifos) RUN(polls) RUN(masks) RUN(epolls) RUN(eventfds) RUN(timers) RUN(ticking) RUN(signals) RUN(clocks)
  return 0;
}
