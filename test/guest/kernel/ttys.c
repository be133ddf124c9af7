// Pseudo-terminals and the line discipline. Prints what happened.
// flags: -w -pthread
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int err(long r) { return r < 0 ? -errno : r; }
static int master, slave;

static void show(const char *what, const char *b, int n) {
  printf("%s %d: ", what, n);
  for (int i = 0; i < n; i++) if (b[i] >= 32 && b[i] < 127) putchar(b[i]); else printf("\\%02x", b[i] & 255);
  printf("\n");
}
static void echoed(const char *what) {
  char b[4096];
  struct pollfd p = {master, POLLIN};
  poll(&p, 1, 100);
  int n = 0, r;
  while (poll(&p, 1, 20) == 1 && (r = read(master, b + n, sizeof b - n)) > 0) n += r;
  show(what, b, n);
}
static void type(const char *s) { write(master, s, strlen(s)); }
static void take(const char *what, int max) {
  char b[4096];
  struct pollfd p = {slave, POLLIN};
  int n = poll(&p, 1, 200) == 1 ? err(read(slave, b, max)) : -1000;
  if (n < 0) printf("%s %d\n", what, n); else show(what, b, n);
}
static void open_pair(void) {
  master = posix_openpt(O_RDWR | O_NOCTTY);
  grantpt(master);
  unlockpt(master);
  slave = open(ptsname(master), O_RDWR | O_NOCTTY);
}
static void close_pair(void) { close(master); close(slave); }
static void mode(int on, int off, int iflag_on, int oflag_off) {
  struct termios t;
  tcgetattr(slave, &t);
  t.c_lflag |= on, t.c_lflag &= ~off, t.c_iflag |= iflag_on, t.c_oflag &= ~oflag_off;
  tcsetattr(slave, TCSANOW, &t);
}

static void opening(void) {
  int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), n, lock;
  printf("open %d ", m >= 0), printf("number %d", err(ioctl(m, TIOCGPTN, &n))), ioctl(m, TIOCGPTLCK, &lock), printf(" locked %d\n", lock);
  char name[30];
  sprintf(name, "/dev/pts/%d", n);
  printf("locked slave %d\n", err(open(name, O_RDWR | O_NOCTTY)));
  lock = 0;
  ioctl(m, TIOCSPTLCK, &lock);
  int s = open(name, O_RDWR | O_NOCTTY);
  printf("slave %d isatty %d %d ttyname %d\n", s >= 0, isatty(s), isatty(m), !strcmp(ttyname(s), name));
  struct stat a, b;
  fstat(s, &a), stat(name, &b);
  printf("same %d type %o major %d\n", a.st_rdev == b.st_rdev && a.st_ino == b.st_ino, a.st_mode & S_IFMT, (int)(a.st_rdev >> 8));
  struct termios t;
  tcgetattr(s, &t);
  printf("termios %x %x %x %x cc", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag);
  for (int i = 0; i < 17; i++) printf(" %x", t.c_cc[i]);
  printf("\nspeed %d\n", cfgetospeed(&t) == B38400);
  struct winsize w = {24, 80}, r;
  ioctl(s, TIOCGWINSZ, &r);
  printf("size %d %d", r.ws_row, r.ws_col), ioctl(m, TIOCSWINSZ, &w), ioctl(s, TIOCGWINSZ, &r), printf(" %d %d\n", r.ws_row, r.ws_col);
  printf("pgrp %d sid %d\n", err(ioctl(s, TIOCGPGRP, &n)), err(tcgetsid(s)));
  close(s);
  printf("after close: %d", err(read(m, name, 1)));
  struct pollfd p = {m, POLLIN | POLLOUT};
  poll(&p, 1, 0), printf(" poll %x\n", p.revents);
  close(m);
  printf("gone %d\n", err(open(name, O_RDWR)));
}

static void canonical(void) {
  open_pair();
  type("hello\n"), echoed("echo"), take("line", 100);
  type("two\nlines\n"), take("first", 100), take("second", 100);
  type("abc"), take("no line yet", 100);
  type("\x7f\x7fX\n"), echoed("erase"), take("erased", 100);
  type("kill this\x15" "new\n"), echoed("kill"), take("killed", 100);
  type("one two  \x17three\n"), echoed("werase"), take("werased", 100);
  type("part\x04"), take("eof with data", 100);
  type("\x04"), take("eof", 100);
  type("long line\n"), take("short", 4), take("rest", 100);
  type("\x16\x03 literal\n"), echoed("lnext"), take("lnext", 100);
  type("a\tb\x01\n"), echoed("control"), take("control", 100);
  type("tab\t\x7f\x7f\n"), echoed("erase tab"), take("erase tab", 100);
  type("cr\r"), take("icrnl", 100);
  mode(0, ECHO, 0, 0), type("quiet\n"), echoed("no echo"), take("quiet", 100);
  mode(ECHONL, 0, 0, 0), type("nl\n"), echoed("echonl"), take("nl", 100);
  int n;
  type("count\n"), usleep(30000), ioctl(slave, FIONREAD, &n), printf("FIONREAD %d\n", n);
  tcflush(slave, TCIFLUSH), take("flushed", 100);
  close_pair();
}

static void output(void) {
  open_pair();
  write(slave, "a\nb\tc\n", 6), echoed("onlcr");
  mode(0, 0, 0, ONLCR), write(slave, "a\nb", 3), echoed("no onlcr");
  mode(0, 0, 0, OPOST), write(slave, "a\r\nb", 4), echoed("raw");
  int n;
  write(slave, "xyz", 3), usleep(30000), ioctl(master, FIONREAD, &n), printf("FIONREAD %d", n), ioctl(slave, TIOCOUTQ, &n), printf(" OUTQ %d\n", n >= 0), echoed("rest");
  close_pair();
}

static void raw(void) {
  open_pair();
  struct termios t;
  tcgetattr(slave, &t);
  cfmakeraw(&t);
  tcsetattr(slave, TCSANOW, &t);
  type("ab\x03\x04\r"), take("raw", 100), echoed("nothing");
  t.c_cc[VMIN] = 4, tcsetattr(slave, TCSANOW, &t);
  type("abc"), take("three of four", 100), type("d"), take("four", 100);
  t.c_cc[VMIN] = 0, tcsetattr(slave, TCSANOW, &t);
  char b[10];
  printf("VMIN 0: %d\n", err(read(slave, b, 10)));
  t.c_cc[VTIME] = 2, tcsetattr(slave, TCSANOW, &t);
  printf("VTIME: %d\n", err(read(slave, b, 10)));
  t.c_cc[VMIN] = 1, t.c_cc[VTIME] = 0, tcsetattr(slave, TCSANOW, &t);
  fcntl(slave, F_SETFL, O_NONBLOCK);
  printf("nonblock %d\n", err(read(slave, b, 10)));
  close_pair();
}

static volatile int got[65];
static void note(int s) { got[s]++; }

static void jobs(void) {
  open_pair();
  fflush(stdout);
  pid_t leader = fork();
  if (leader == 0) {
    setsid();
    for (int s = 1; s < 32; s++) if (s != SIGCHLD) signal(s, note);
    signal(SIGTTOU, SIG_DFL), signal(SIGTTIN, SIG_DFL), signal(SIGTSTP, SIG_DFL);
    printf("no tty: %d\n", err(open("/dev/tty", O_RDWR)));
    printf("TIOCSCTTY %d", err(ioctl(slave, TIOCSCTTY, 0))), printf(" pgrp %d sid %d\n", tcgetpgrp(slave) == getpid(), tcgetsid(slave) == getpid());
    int tty = open("/dev/tty", O_RDWR);
    printf("tty %d %s\n", tty >= 0, ttyname(slave) ? "named" : "unnamed");
    type("\x03"), usleep(20000), printf("SIGINT %d\n", got[SIGINT]), echoed("intr");
    type("\x1c"), usleep(20000), printf("SIGQUIT %d\n", got[SIGQUIT]);
    struct winsize w = {10, 20};
    ioctl(master, TIOCSWINSZ, &w), usleep(20000), printf("SIGWINCH %d\n", got[SIGWINCH]);
    fflush(stdout);
    int status;
    pid_t job = fork();
    if (job == 0) {
      setpgid(0, 0);
      signal(SIGTTOU, SIG_IGN), tcsetpgrp(slave, getpid()), signal(SIGTTOU, SIG_DFL);
      for (;;) pause();
    }
    setpgid(job, job);
    while (tcgetpgrp(slave) != job) usleep(1000);
    type("\x1a");
    waitpid(job, &status, WUNTRACED), printf("job: %x\n", status);
    signal(SIGTTOU, SIG_IGN), printf("back %d\n", err(tcsetpgrp(slave, getpid())));
    kill(job, SIGKILL), waitpid(job, &status, 0);
    fflush(stdout);
    job = fork();
    if (job == 0) { setpgid(0, 0); signal(SIGTTIN, SIG_DFL); char c; read(slave, &c, 1); _exit(0); }
    setpgid(job, job);
    waitpid(job, &status, WUNTRACED), printf("background read: %x\n", status);
    kill(job, SIGKILL), waitpid(job, &status, 0);
    fflush(stdout);
    job = fork();
    if (job == 0) { setpgid(0, 0); signal(SIGTTIN, SIG_IGN); char c; printf("ignored: %d\n", err(read(slave, &c, 1))); fflush(stdout); _exit(0); }
    setpgid(job, job);
    waitpid(job, &status, 0);
    mode(TOSTOP, 0, 0, 0);
    job = fork();
    if (job == 0) { setpgid(0, 0); signal(SIGTTOU, SIG_DFL); write(slave, "x", 1); _exit(0); }
    setpgid(job, job);
    waitpid(job, &status, WUNTRACED), printf("background write: %x\n", status);
    kill(job, SIGKILL), waitpid(job, &status, 0);
    printf("stranger %d group %d\n", err(tcsetpgrp(slave, getppid())), err(tcsetpgrp(slave, 999999)));
    fflush(stdout);
    job = fork();
    if (job == 0) { usleep(50000); close(master); _exit(0); }
    close(master);
    char c;
    printf("read at hangup: %d", err(read(slave, &c, 1)));
    usleep(20000), printf(" SIGHUP %d SIGCONT %d\n", got[SIGHUP], got[SIGCONT]);
    printf("write %d read %d", err(write(slave, "x", 1)), err(read(slave, &c, 1)));
    printf(" tty %d\n", err(open("/dev/tty", O_RDWR)));
    fflush(stdout);
    _exit(0);
  }
  close(master), close(slave);
  waitpid(leader, 0, 0);
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IOLBF, 0);
  const char *only = argc > 1 ? argv[1] : "";
#define RUN(f) if (!*only || !strcmp(only, #f)) { printf("== " #f "\n"); f(); }
  RUN(opening) RUN(canonical) RUN(output) RUN(raw) RUN(jobs)
  return 0;
}
