// Signals about files: O_ASYNC, leases, F_NOTIFY.
// flags: -w
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

static int own;
static void expect(const char *when, int seconds) {
  sigset_t set;
  siginfo_t info;
  struct timespec t = {seconds, seconds ? 0 : 1000000};
  sigfillset(&set);
  sigdelset(&set, SIGCHLD);
  int sig = sigtimedwait(&set, &info, &t);
  if (sig < 0) printf("%s: none\n", when);
  else if (info.si_code == SI_KERNEL) printf("%s: %d code %x\n", when, sig, info.si_code);
  else printf("%s: %d code %d band %lx fd %d\n", when, sig, info.si_code, info.si_band, info.si_fd == own);
  fflush(stdout);
}

static void owners(void) {
  int p[2], s[2], on = 1, off = 0;
  char c;
  pipe(p);
  own = p[0];
  T(fcntl(p[0], F_SETFL, O_ASYNC)); T(fcntl(p[0], F_GETFL)); write(p[1], "x", 1); expect("nobody", 0);
  T(fcntl(p[0], F_SETOWN, getpid())); write(p[1], "x", 1); expect("pipe", 1); read(p[0], &c, 1); expect("was read", 0);
  T(fcntl(p[0], F_SETSIG, SIGRTMIN + 1)); write(p[1], "x", 1); expect("its own signal", 1);
  T(ioctl(p[0], FIOASYNC, &off)); write(p[1], "x", 1); expect("off", 0); T(ioctl(p[0], FIOASYNC, &on)); write(p[1], "x", 1); expect("on", 1);
  T(fcntl(p[0], F_SETOWN, -getpgrp())); write(p[1], "x", 1); expect("group", 1);
  struct f_owner_ex thread = {F_OWNER_TID, gettid()};
  T(fcntl(p[0], F_SETOWN_EX, &thread)); write(p[1], "x", 1); expect("thread", 1);
  int d = dup(p[0]);
  close(p[0]); write(p[1], "x", 1); expect("a descriptor is left", 1); close(d);
  socketpair(AF_UNIX, SOCK_STREAM, 0, s);
  own = s[0];
  fcntl(s[0], F_SETOWN, getpid()); fcntl(s[0], F_SETSIG, SIGUSR1); fcntl(s[0], F_SETFL, O_ASYNC);
  write(s[1], "x", 1); expect("socket", 1); expect("once", 0);
  T(fcntl(open("file", O_RDWR | O_CREAT, 0600), F_SETFL, O_ASYNC));
}

/** A child opens (or truncates) the file; what the holder does about it. */
static void broken(const char *what, int lease, int flags, int becomes) {
  int fd = open("leased", lease == F_RDLCK ? O_RDONLY : O_RDWR), p[2];
  char c = 'c';
  own = fd;
  pipe(p);
  printf("-- %s\n", what);
  T(fcntl(fd, F_SETLEASE, lease)); T(fcntl(fd, F_SETSIG, lease == F_RDLCK ? 0 : SIGRTMIN + 2)); T(fcntl(fd, F_GETOWN) == getpid());
  if (fork() == 0) {
    long r = flags < 0 ? truncate("leased", 3) : open("leased", flags);
    int error = errno;
    write(p[1], "o", 1);
    _exit(r < 0 ? error : 0);
  }
  expect("told", 5);
  T(fcntl(fd, F_GETLEASE));
  if (!(flags & O_NONBLOCK) || flags < 0) write(p[1], "h", 1);
  T(fcntl(fd, F_SETLEASE, becomes));
  int status;
  wait(&status);
  for (int i = 0; i < 2 && read(p[0], &c, 1) == 1; i++, close(p[1])) putchar(c);
  printf(" child %d\n", WEXITSTATUS(status));
  T(fcntl(fd, F_GETLEASE)); T(fcntl(fd, F_SETLEASE, F_UNLCK)); T(fcntl(fd, F_SETLEASE, F_UNLCK));
  close(fd);
}

static void leases(void) {
  close(open("leased", O_RDWR | O_CREAT, 0600));
  broken("read lease, written", F_RDLCK, O_WRONLY, F_UNLCK);
  broken("write lease, written", F_WRLCK, O_RDWR, F_UNLCK);
  broken("write lease, read", F_WRLCK, O_RDONLY, F_UNLCK);
  broken("write lease, not waiting", F_WRLCK, O_RDONLY | O_NONBLOCK, F_UNLCK);
  broken("read lease, truncated", F_RDLCK, -1, F_UNLCK);
  int fd = open("leased", O_RDWR);
  fcntl(fd, F_SETLEASE, F_WRLCK);
  if (fork() == 0) _exit(open("leased", O_PATH) < 0);
  int status;
  wait(&status);
  printf("%d\n", status); T(fcntl(fd, F_GETLEASE)); expect("nothing", 0);
  if (fork() == 0) {
    close(fd);
    _exit(open("leased", O_RDONLY) < 0);
  }
  expect("told", 5); close(fd); wait(&status); printf("closed: %d\n", status);
}

// Nobody gives it up (a file that is open for writing cannot have a read lease): /proc/sys/fs/lease-break-time decides.
static void overdue(void) {
  close(open("leased", O_RDWR | O_CREAT, 0600));
  broken("write lease, read, kept", F_WRLCK, O_RDONLY, F_RDLCK);
}

static void directories(void) {
  mkdir("d", 0700); mkdir("d/sub", 0700);
  int fd = open("d", O_RDONLY), sub = open("d/sub", O_RDONLY);
  own = fd;
  T(fcntl(open("f", O_RDWR | O_CREAT, 0600), F_NOTIFY, DN_ACCESS)); T(fcntl(fd, F_SETSIG, SIGRTMIN + 3)); fcntl(sub, F_SETSIG, SIGRTMIN + 4);
  T(fcntl(fd, F_NOTIFY, DN_CREATE)); close(open("d/a", O_RDWR | O_CREAT, 0600)); expect("created", 1); close(open("d/b", O_RDWR | O_CREAT, 0600)); expect("once only", 0);
  T(fcntl(fd, F_NOTIFY, DN_CREATE | DN_DELETE | DN_MULTISHOT)); close(open("d/c", O_RDWR | O_CREAT, 0600)); expect("created", 1); unlink("d/c"); expect("deleted", 1); chmod("d/a", 0640); expect("not asked for", 0);
  T(fcntl(fd, F_NOTIFY, DN_ATTRIB | DN_MULTISHOT)); T(fcntl(sub, F_NOTIFY, DN_ATTRIB | DN_MULTISHOT)); chmod("d/sub", 0750); expect("attributes", 1); expect("not the directory itself", 0);
  int a = open("d/a", O_RDWR);
  T(fcntl(fd, F_NOTIFY, DN_MODIFY | DN_MULTISHOT)); write(a, "x", 1); expect("modified", 1);
  T(fcntl(fd, F_NOTIFY, 0)); write(a, "x", 1); expect("no more", 0);
  T(fcntl(fd, F_NOTIFY, DN_MODIFY | DN_MULTISHOT)); close(fd); write(a, "x", 1); expect("closed", 0);
}

int main(int argc, char **argv) {
  sigset_t set;
  setpgid(0, 0);
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, 0);
  if (!strcmp(argv[1], "owners")) owners();
  if (!strcmp(argv[1], "leases")) leases();
  if (!strcmp(argv[1], "overdue")) overdue();
  if (!strcmp(argv[1], "directories")) directories();
}
