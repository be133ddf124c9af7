// POSIX message queues by their system calls: results and errno of good and bad calls. One section, named by the argument.
// flags: -w
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "show.h"
#define OK(call) show(#call, (call) < 0 ? -1 : 0)

static char name[32], buf[8192];
static void fresh(void) { sprintf(name, "/lx-mq-%d", getpid()); }
static void attr(int q) {
  struct mq_attr a;
  if (mq_getattr(q, &a) < 0) { printf("attr %s\n", strerrorname_np(errno)); return; }
  printf("flags %lo maxmsg %ld msgsize %ld curmsgs %ld\n", a.mq_flags, a.mq_maxmsg, a.mq_msgsize, a.mq_curmsgs);
}

static void opens(void) {
  fresh();
  T(mq_open("noslash", O_RDWR)); T(mq_open("/", O_RDWR | O_CREAT, 0600, NULL)); T(mq_open("/a/b", O_RDWR | O_CREAT, 0600, NULL));
  T(mq_open("//b", O_RDWR | O_CREAT, 0600, NULL)); T(mq_open("/..", O_RDWR | O_CREAT, 0600, NULL));
  char longname[300]; memset(longname, 'a', 299); longname[0] = '/'; longname[299] = 0;
  T(mq_open(longname, O_RDWR | O_CREAT, 0600, NULL));
  T(mq_open(name, O_RDWR));
  T(mq_unlink(name)); T(mq_unlink("noslash")); T(mq_unlink("/")); T(mq_unlink(longname));
  struct mq_attr a = {.mq_maxmsg = 0, .mq_msgsize = 10};
  T(mq_open(name, O_RDWR | O_CREAT, 0600, &a));
  a.mq_maxmsg = 10; a.mq_msgsize = 0; T(mq_open(name, O_RDWR | O_CREAT, 0600, &a));
  a.mq_msgsize = -1; T(mq_open(name, O_RDWR | O_CREAT, 0600, &a));
  a.mq_maxmsg = 65537; a.mq_msgsize = 1; T(mq_open(name, O_RDWR | O_CREAT, 0600, &a));
  a.mq_maxmsg = 10; a.mq_msgsize = 16777217; T(mq_open(name, O_RDWR | O_CREAT, 0600, &a));
  a.mq_maxmsg = 60000; a.mq_msgsize = 8192; T(mq_open(name, O_RDWR | O_CREAT, 0600, &a));
  T(syscall(SYS_mq_open, name + 1, O_RDWR | O_CREAT, 0600, (void *)8));
  T(syscall(SYS_mq_open, (void *)8, O_RDWR | O_CREAT, 0600, NULL));
  int q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0666, NULL);
  attr(q);
  T(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL));
  struct stat st;
  fstat(q, &st);
  printf("mode %o size %ld nlink %ld cloexec %d\n", st.st_mode, (long)st.st_size, (long)st.st_nlink, fcntl(q, F_GETFD));
  a.mq_maxmsg = 3; a.mq_msgsize = 20; int same = mq_open(name, O_RDONLY | O_CREAT | O_NONBLOCK, 0600, &a);
  attr(same);
  T(mq_open(name, 3));
  a.mq_flags = 0; T(mq_setattr(same, &a, NULL)); attr(same);
  a.mq_flags = O_NONBLOCK; struct mq_attr old; T(mq_setattr(same, &a, &old)); printf("old %lo\n", old.mq_flags); attr(same);
  a.mq_flags = O_APPEND; T(mq_setattr(same, &a, NULL));
  T(mq_getattr(1, &a)); T(mq_getattr(-1, &a)); T(mq_send(same, "x", 1, 0));
  int n = read(q, buf, 200); printf("read %.*s", n, buf);
  pid_t child = fork();
  if (child == 0) { setgid(65534); setuid(65534); T(mq_open(name, O_WRONLY)); OK(mq_open(name, O_RDONLY)); T(mq_unlink(name)); a.mq_maxmsg = 11; a.mq_msgsize = 1; T(mq_open("/lx-other", O_CREAT | O_RDWR, 0600, &a)); _exit(0); }
  waitpid(child, NULL, 0);
  T(mq_unlink(name)); fstat(q, &st); printf("nlink %ld\n", (long)st.st_nlink);
  T(mq_send(q, "still", 5, 1)); T(mq_receive(q, buf, 8192, NULL));
  T(mq_close(q)); T(mq_close(q)); T(mq_open(name, O_RDWR));
}

static void transfers(void) {
  fresh();
  struct mq_attr a = {.mq_maxmsg = 4, .mq_msgsize = 16};
  int q = mq_open(name, O_RDWR | O_CREAT, 0600, &a); unsigned prio;
  mq_unlink(name);
  struct pollfd p = {q, POLLIN | POLLOUT, 0};
  T(poll(&p, 1, 0)); printf("%x\n", p.revents);
  T(mq_send(q, "low", 3, 1)); T(mq_send(q, "high", 4, 30)); T(mq_send(q, "low2", 4, 1));
  T(mq_send(q, "", 0, 32767)); T(mq_send(q, "x", 1, 32768)); T(mq_send(q, buf, 17, 0)); T(mq_send(q, (void *)8, 3, 0));
  T(poll(&p, 1, 0)); printf("%x\n", p.revents);
  int n = read(q, buf, 200); printf("%.*s", n, buf); lseek(q, 0, SEEK_SET);
  struct timespec now, bad = {0, 1000000000}, past = {1, 0}, neg = {-1, 0};
  clock_gettime(CLOCK_REALTIME, &now); now.tv_nsec += 20000000; if (now.tv_nsec >= 1000000000) now.tv_nsec -= 1000000000, now.tv_sec++;
  T(mq_timedsend(q, "x", 1, 0, &now)); T(mq_timedsend(q, "x", 1, 0, &bad)); T(mq_timedsend(q, "x", 1, 0, &past)); T(mq_timedsend(q, "x", 1, 0, &neg));
  T(mq_receive(q, buf, 15, &prio)); T(mq_receive(q, (void *)8, 16, &prio));
  for (int i = 0; i < 3; i++) { n = mq_receive(q, buf, 16, &prio); printf("%d %u %.*s\n", n, prio, n < 0 ? 0 : n, buf); }
  T(mq_timedreceive(q, buf, 16, NULL, &past)); T(mq_timedreceive(q, buf, 16, NULL, &bad)); T(mq_timedreceive(-1, buf, 16, NULL, &past));
  a.mq_flags = O_NONBLOCK; mq_setattr(q, &a, NULL); T(mq_receive(q, buf, 16, NULL));
  for (int i = 0; i < 5; i++) T(mq_send(q, "x", 1, 0));
  a.mq_flags = 0; mq_setattr(q, &a, NULL);
  pid_t child = fork();
  if (child == 0) { T(mq_send(q, "waited", 6, 0)); _exit(0); }
  usleep(30000); for (int i = 0; i < 4; i++) mq_receive(q, buf, 16, NULL);
  waitpid(child, NULL, 0); n = mq_receive(q, buf, 16, NULL); printf("%.*s\n", n, buf);
}

static volatile int seen, code, value, from;
static void note(int sig, siginfo_t *info, void *context) { (void)context; seen = sig; code = info->si_code; value = info->si_value.sival_int; from = info->si_pid; }
static void plain(int sig) { (void)sig; }

static void notices(void) {
  fresh();
  int q = mq_open(name, O_RDWR | O_CREAT, 0600, NULL); mq_unlink(name);
  struct sigaction sa = {.sa_sigaction = note, .sa_flags = SA_SIGINFO}; sigaction(SIGUSR1, &sa, NULL);
  struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
  T(mq_notify(q, NULL)); T(mq_notify(q, &ev)); T(mq_notify(q, &ev));
  pid_t child = fork();
  if (child == 0) { T(mq_notify(q, &ev)); T(mq_notify(q, NULL)); _exit(0); }
  waitpid(child, NULL, 0);
  T(mq_send(q, "a", 1, 0)); printf("%d %d %d %d\n", seen, code, value, from == getpid()); seen = 0;
  T(mq_notify(q, &ev)); T(mq_send(q, "b", 1, 0)); printf("not empty %d\n", seen);
  mq_receive(q, buf, 8192, NULL); mq_receive(q, buf, 8192, NULL);
  child = fork(); if (child == 0) { mq_send(q, "c", 1, 0); _exit(0); }
  waitpid(child, NULL, 0); printf("%d %d\n", seen, from == child); seen = 0;
  mq_receive(q, buf, 8192, NULL);
  T(mq_notify(q, &ev)); T(mq_notify(q, NULL)); mq_send(q, "d", 1, 0); printf("removed %d\n", seen); mq_receive(q, buf, 8192, NULL);
  ev.sigev_signo = 65; T(mq_notify(q, &ev)); ev.sigev_notify = 7; T(mq_notify(q, &ev)); T(mq_notify(1, NULL));
  ev.sigev_notify = SIGEV_NONE; T(mq_notify(q, &ev)); T(mq_notify(q, &ev)); mq_send(q, "e", 1, 0); T(mq_notify(q, &ev)); T(mq_close(q));
  q = mq_open(name, O_RDWR | O_CREAT, 0600, NULL); mq_unlink(name);
  sa = (struct sigaction){.sa_handler = plain}; sigaction(SIGALRM, &sa, NULL); ualarm(20000, 0);
  T(mq_receive(q, buf, 8192, NULL));
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "opens")) opens();
  if (!strcmp(what, "transfers")) transfers();
  if (!strcmp(what, "notices")) notices();
  return 0;
}
