// Processes against the real kernel: fork, vfork, posix_spawn, execve, wait, groups and sessions, orphans, limits,
// credentials, prctl, threads, bad pointers. One section an argument; what depends on the machine is not printed.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
#define SAY(...) (printf(__VA_ARGS__), fflush(stdout))
#define TRY(call) do { errno = 0; long r_ = (long)(call); SAY("%s = %ld %s\n", #call, r_ < 0 ? -1 : r_, r_ < 0 ? strerrorname_np(errno) : ""); } while (0)

static void show(int status) {
  if (WIFEXITED(status)) SAY("exited %d\n", WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) SAY("killed %d\n", WTERMSIG(status));
  else if (WIFSTOPPED(status)) SAY("stopped %d\n", WSTOPSIG(status));
  else if (WIFCONTINUED(status)) SAY("continued\n");
}

static void forks(void) {
  int data = 1, status, pipefd[2];
  pid_t pid = fork();
  if (pid == 0) { data = 2; _exit(data + (getppid() > 1) * 10); }
  TRY(waitpid(pid, &status, 0) == pid);
  show(status);
  SAY("data %d\n", data);
  for (int i = 0; i < 5; i++) if (fork() == 0) { usleep(1000 * i); _exit(i); }
  int sum = 0;
  while (wait(&status) > 0) sum += WEXITSTATUS(status);
  SAY("sum %d\n", sum);
  TRY(wait(&status));
  if (fork() == 0) { raise(SIGTERM); _exit(0); }
  wait(&status); show(status);
  if (fork() == 0) abort();
  wait(&status); show(status);
  // Nested, through a pipe: the order of what each writes is that of the ends.
  pipe(pipefd);
  if (fork() == 0) {
    if (fork() == 0) { write(pipefd[1], "grandchild ", 11); _exit(0); }
    wait(&status); write(pipefd[1], "child ", 6); _exit(0);
  }
  wait(&status); close(pipefd[1]);
  char text[64] = {0};
  for (int n, at = 0; (n = read(pipefd[0], text + at, 60 - at)) > 0;) at += n;
  SAY("%s\n", text);
  // A file offset is shared, the memory is not.
  FILE *f = tmpfile(); int fd = fileno(f);
  write(fd, "abcdef", 6); lseek(fd, 0, SEEK_SET);
  char c;
  if (fork() == 0) { read(fd, &c, 1); _exit(0); }
  wait(&status); read(fd, &c, 1);
  SAY("shared offset: %c\n", c);
}

static void many(void) {
  int status, good = 0;
  for (int i = 0; i < 60; i++) {
    pid_t pid = fork();
    if (pid == 0) _exit(i);
    if (waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == i) good++;
  }
  SAY("good %d\n", good);
  for (int i = 0; i < 20; i++) {
    pid_t pid = fork();
    if (pid == 0) { execl("/bin/true", "true", (char *)0); _exit(9); }
    if (waitpid(pid, &status, 0) == pid && status == 0) good++;
  }
  SAY("good %d\n", good);
}

static void vforks(void) {
  int status; static volatile int touched;
  pid_t pid = vfork();
  if (pid == 0) { touched = 5; execl("/bin/sh", "sh", "-c", "exit 4", (char *)0); _exit(99); }
  SAY("touched %d\n", touched);
  waitpid(pid, &status, 0); show(status);
  pid = vfork();
  if (pid == 0) { execl("/nonexistent", "x", (char *)0); _exit(errno); }
  waitpid(pid, &status, 0); SAY("errno %d\n", WEXITSTATUS(status));
  char *args[] = {"sh", "-c", "echo spawned; cat", 0};
  posix_spawn_file_actions_t actions; posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  int spawned = posix_spawn(&pid, "/bin/sh", &actions, 0, args, environ);
  waitpid(pid, &status, 0); SAY("%d\n", spawned); show(status);
  SAY("%d\n", posix_spawn(&pid, "/nonexistent", 0, 0, args, environ) == ENOENT);
  SAY("%d\n", posix_spawnp(&pid, "sh", 0, 0, (char *[]){"sh", "-c", "exit 3", 0}, environ));
  waitpid(pid, &status, 0); show(status);
  SAY("system %d\n", WEXITSTATUS(system("exit 6")));
  FILE *p = popen("echo popened", "r"); char line[40]; fgets(line, 40, p); SAY("%s", line); pclose(p);
  // A vfork child that forks, and one that is killed.
  pid = vfork();
  if (pid == 0) { pid_t inner = vfork(); if (inner == 0) _exit(1); _exit(inner > 0 ? 2 : 3); }
  waitpid(pid, &status, 0); show(status);
  pid = vfork();
  if (pid == 0) { kill(getpid(), SIGKILL); _exit(1); }
  waitpid(pid, &status, 0); show(status);
}

static void waits(void) {
  int status; siginfo_t info; struct rusage usage;
  pid_t pid = fork();
  if (pid == 0) { pause(); _exit(1); }
  TRY(waitpid(pid, &status, WNOHANG));
  kill(pid, SIGSTOP);
  TRY(waitpid(pid, &status, WUNTRACED) == pid); show(status);
  TRY(waitpid(pid, &status, WUNTRACED | WNOHANG));
  kill(pid, SIGCONT);
  TRY(waitpid(pid, &status, WCONTINUED) == pid); show(status);
  kill(pid, SIGUSR1);
  memset(&info, 0, sizeof info);
  TRY(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
  SAY("%d %d %d %d\n", info.si_signo, info.si_code, info.si_pid == pid, info.si_status);
  TRY(waitid(P_ALL, 0, &info, WEXITED | WNOHANG));
  TRY(waitid(P_ALL, 0, &info, WEXITED | WNOHANG));
  pid = fork();
  if (pid == 0) { setpgid(0, 0); for (volatile int i = 0; i < 2000000; i++); _exit(8); }
  setpgid(pid, pid);
  TRY(waitpid(0, &status, WNOHANG));
  TRY(wait4(-pid, &status, 0, &usage) == pid); show(status);
  SAY("usage %d\n", usage.ru_utime.tv_sec == 0);
  TRY(waitpid(-12345, &status, 0));
  TRY(waitpid(12345, &status, 0));
  TRY(waitpid(-1, &status, 0x10));
  TRY(waitid(P_PID, 0, &info, WEXITED));
  TRY(waitid(P_ALL, 0, &info, 0));
  TRY(waitid(7, 0, &info, WEXITED));
  memset(&info, 7, sizeof info);
  pid = fork(); if (pid == 0) { pause(); _exit(0); }
  TRY(waitid(P_PID, pid, &info, WEXITED | WNOHANG)); SAY("pid %d signo %d\n", info.si_pid, info.si_signo);
  kill(pid, SIGKILL); wait(&status); show(status);
  signal(SIGCHLD, SIG_IGN);
  if (fork() == 0) _exit(0);
  TRY(wait(&status));
  signal(SIGCHLD, SIG_DFL);
}

static void groups(void) {
  TRY(setpgid(0, -1)); TRY(setpgid(999999, 0)); TRY(setpgid(1, 0));
  TRY(getpgid(999999)); TRY(getsid(999999)); TRY(getpgrp() == getpgid(0));
  int status;
  if (fork() == 0) {
    TRY(setsid() == getpid()); TRY(getsid(0) == getpid()); TRY(getpgrp() == getpid());
    TRY(setsid()); TRY(setpgid(0, 0)); TRY(setpgid(0, getppid()));
    TRY(open("/dev/tty", O_RDWR));
    pid_t pid = fork();
    if (pid == 0) { pause(); _exit(0); }
    TRY(setpgid(pid, pid)); TRY(getpgid(pid) == pid); TRY(setpgid(pid, 999999));
    TRY(kill(-pid, SIGTERM)); wait(&status); show(status);
    TRY(kill(-pid, 0));
    _exit(0);
  }
  wait(&status); show(status);
}

static void orphans(void) {
  int status, fd[2]; char text[80] = {0};
  TRY(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
  pid_t child = fork();
  if (child == 0) {
    if (fork() == 0) { usleep(20000); _exit(33); }
    _exit(11);
  }
  TRY(waitpid(child, &status, 0) == child); show(status);
  TRY(wait(&status) > 0); show(status);
  TRY(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0));
  pipe(fd);
  child = fork();
  if (child == 0) {
    if (fork() == 0) {
      prctl(PR_SET_PDEATHSIG, SIGUSR1);
      signal(SIGUSR1, SIG_DFL);
      write(fd[1], "r", 1);
      pause(); _exit(0);
    }
    char c; read(fd[0], &c, 1);
    _exit(0);
  }
  waitpid(child, &status, 0);
  close(fd[1]);
  SAY("pipe closed by the orphan's death: %d\n", (int)read(fd[0], text, 1));
  // A stopped group that becomes orphaned gets SIGHUP and SIGCONT.
  pipe(fd);
  child = fork();
  if (child == 0) {
    pid_t inner = fork();
    if (inner == 0) { setpgid(0, 0); raise(SIGSTOP); pause(); _exit(0); }
    setpgid(inner, inner);
    waitpid(inner, &status, WUNTRACED);
    _exit(0);
  }
  waitpid(child, &status, 0); close(fd[1]);
  SAY("orphaned group gone: %d\n", (int)read(fd[0], text, 1));
}

static volatile int handled;
static void on_usr1(int sig) { (void)sig; handled++; }

static int reexec(const char *self, const char *what) {
  int status; fflush(stdout);
  if (fork() == 0) { execl(self, "renamed", "inner", what, (char *)0); _exit(127); }
  wait(&status); return status;
}

static void inner(const char *what) {
  if (!strcmp(what, "state")) {
    struct sigaction a; sigset_t mask; char name[17] = {0};
    sigaction(SIGUSR1, 0, &a); SAY("usr1 default %d\n", a.sa_handler == SIG_DFL);
    sigaction(SIGUSR2, 0, &a); SAY("usr2 ignored %d\n", a.sa_handler == SIG_IGN);
    sigprocmask(SIG_BLOCK, 0, &mask); SAY("hup blocked %d\n", sigismember(&mask, SIGHUP));
    sigpending(&mask); SAY("hup pending %d\n", sigismember(&mask, SIGHUP));
    prctl(PR_GET_NAME, name); SAY("comm %s\n", name);
    SAY("fd 50 %d fd 51 %d\n", fcntl(50, F_GETFD), fcntl(51, F_GETFD));
    stack_t s; sigaltstack(0, &s); SAY("altstack off %d\n", s.ss_flags == SS_DISABLE);
    struct rlimit l; getrlimit(RLIMIT_NOFILE, &l); SAY("nofile %d\n", (int)l.rlim_cur);
    struct itimerval t; getitimer(ITIMER_REAL, &t); SAY("timer on %d\n", t.it_value.tv_sec > 0);
    SAY("dumpable %d\n", prctl(PR_GET_DUMPABLE));
  }
  exit(5);
}

static void *exec_in_thread(void *self) { execl(self, "t", "inner", "none", (char *)0); return 0; }
static void *spin(void *arg) { for (;;) ; return arg; }

static void execs(const char *self) {
  dup2(1, 50); dup2(1, 51); fcntl(51, F_SETFD, FD_CLOEXEC);
  signal(SIGUSR1, on_usr1); signal(SIGUSR2, SIG_IGN);
  sigset_t mask; sigemptyset(&mask); sigaddset(&mask, SIGHUP); sigprocmask(SIG_BLOCK, &mask, 0);
  static char stack[65536]; stack_t s = {.ss_sp = stack, .ss_size = sizeof stack}; sigaltstack(&s, 0);
  struct rlimit limit = {77, 100}; setrlimit(RLIMIT_NOFILE, &limit);
  prctl(PR_SET_NAME, "a name that is too long");
  char name[17] = {0}; prctl(PR_GET_NAME, name); SAY("%s\n", name);
  pid_t pid = fork();
  if (pid == 0) {
    raise(SIGHUP);
    struct itimerval t = {.it_value = {100, 0}}; setitimer(ITIMER_REAL, &t, 0);
    execl(self, "renamed", "inner", "state", (char *)0);
  }
  int status; waitpid(pid, &status, 0); show(status);
  fflush(stdout);
  if (fork() == 0) {
    pthread_t t; pthread_create(&t, 0, spin, 0); pthread_create(&t, 0, exec_in_thread, (void *)self);
    pause();
  }
  wait(&status); show(status);
  TRY(execl("/nonexistent", "x", (char *)0)); TRY(execl("/etc/passwd", "x", (char *)0)); TRY(execl("/etc", "x", (char *)0));
  TRY(execl("/etc/passwd/x", "x", (char *)0)); TRY(execl("", "x", (char *)0));
  int fd = open("script", O_CREAT | O_WRONLY, 0755); dprintf(fd, "#!/bin/echo one two  \nrest\n"); close(fd);
  if (fork() == 0) { execl("./script", "zero", "three", (char *)0); _exit(1); }
  wait(&status); show(status);
  fd = open("bad", O_CREAT | O_WRONLY, 0755); dprintf(fd, "no magic here\n"); close(fd);
  TRY(execl("./bad", "x", (char *)0));
  fd = open("dangling", O_CREAT | O_WRONLY, 0755); dprintf(fd, "#!/no/such/interpreter\n"); close(fd);
  TRY(execl("./dangling", "x", (char *)0));
  fd = open("loop", O_CREAT | O_WRONLY, 0755); dprintf(fd, "#!./loop\n"); close(fd);
  TRY(execl("./loop", "x", (char *)0));
  char *big = malloc(200000); memset(big, 'a', 199999); big[199999] = 0;
  TRY(execl("/bin/true", "x", big, (char *)0));
  char **lots = malloc(30 * sizeof *lots); big[130000] = 0;
  for (int i = 0; i < 29; i++) lots[i] = big;
  lots[29] = 0;
  TRY(execv("/bin/true", lots));
  TRY(execve("/bin/true", (char **)8, 0)); TRY(execve((char *)8, lots, 0));
  fd = open(self, O_RDONLY);
  if (fork() == 0) { syscall(SYS_execveat, fd, "", (char *[]){"x", "inner", "none", 0}, environ, AT_EMPTY_PATH); _exit(1); }
  wait(&status); show(status);
  if (fork() == 0) { setenv("ONLY", "this", 1); execle("/usr/bin/env", "env", (char *)0, (char *[]){"A=1", "B=2", 0}); }
  wait(&status); show(status);
  show(reexec(self, "none"));
}

static void limits(void) {
  struct rlimit l;
  TRY(getrlimit(99, &l)); TRY(getrlimit(RLIMIT_NOFILE, (void *)8));
  l = (struct rlimit){10, 5}; TRY(setrlimit(RLIMIT_NOFILE, &l));
  l = (struct rlimit){64, 256}; TRY(setrlimit(RLIMIT_NOFILE, &l));
  TRY(getrlimit(RLIMIT_NOFILE, &l)); SAY("%d %d\n", (int)l.rlim_cur, (int)l.rlim_max);
  TRY(prlimit(999999, RLIMIT_NOFILE, 0, &l)); TRY(prlimit(0, RLIMIT_STACK, 0, &l)); SAY("stack %d\n", (int)(l.rlim_cur >> 20));
  int fd, last = -1; while ((fd = dup(1)) >= 0) last = fd;
  SAY("last %d %s\n", last, strerrorname_np(errno));
  TRY(fcntl(1, F_DUPFD, 64)); TRY(dup2(1, 64)); TRY(dup2(1, 63)); TRY(getdtablesize());
  TRY(getpriority(PRIO_PROCESS, 0)); TRY(setpriority(PRIO_PROCESS, 0, 5)); TRY(getpriority(PRIO_PROCESS, 0)); TRY(nice(3)); TRY(getpriority(PRIO_PROCESS, 999999));
  TRY(getpriority(7, 0));
  struct rusage u; TRY(getrusage(RUSAGE_SELF, &u)); TRY(getrusage(RUSAGE_CHILDREN, &u)); TRY(getrusage(RUSAGE_THREAD, &u)); TRY(getrusage(5, &u));
}

static void credentials(void) {
  uid_t r, e, s; gid_t g[4];
  int status;
  if (fork() == 0) {
    TRY(setgroups(2, (gid_t[]){5, 3})); TRY(getgroups(0, g)); TRY(getgroups(4, g)); SAY("%d %d\n", g[0], g[1]); TRY(getgroups(1, g)); TRY(getgroups(-1, g));
    TRY(setresgid(10, 20, 30)); TRY(getresgid(&r, &e, &s)); SAY("%d %d %d\n", r, e, s);
    TRY(setresuid(1000, 2000, 3000)); TRY(getresuid(&r, &e, &s)); SAY("%d %d %d\n", r, e, s);
    TRY(setuid(0)); TRY(seteuid(1000)); TRY(seteuid(4000)); TRY(setreuid(3000, -1)); TRY(setreuid(-1, 3000));
    TRY(getresuid(&r, &e, &s)); SAY("%d %d %d\n", r, e, s);
    TRY(setgroups(0, g)); TRY(setresgid(20, 10, 30)); TRY(setgid(99)); TRY(setuid(-1)); TRY(setfsuid(5));
    TRY(kill(getppid(), 0)); TRY(setpriority(PRIO_PROCESS, 0, -5)); TRY(sethostname("x", 1));
    TRY(prctl(PR_GET_DUMPABLE)); TRY(prctl(PR_CAPBSET_READ, 3)); TRY(prctl(PR_CAPBSET_DROP, 3)); TRY(prctl(PR_CAPBSET_READ, 99));
    _exit(0);
  }
  wait(&status); show(status);
}

static void misc(void) {
  struct utsname u; uname(&u); SAY("%s %s\n", u.sysname, u.machine);
  SAY("release at least 6.1: %d\n", strverscmp(u.release, "6.1") >= 0);
  TRY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); TRY(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)); TRY(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
  TRY(prctl(PR_SET_PDEATHSIG, 99)); TRY(prctl(12345, 0)); TRY(prctl(PR_SET_DUMPABLE, 2)); TRY(prctl(PR_SET_DUMPABLE, 0)); TRY(prctl(PR_GET_DUMPABLE));
  TRY(prctl(PR_GET_TIMERSLACK)); TRY(prctl(PR_GET_SECCOMP)); TRY(prctl(PR_GET_KEEPCAPS));
  TRY(sched_yield()); TRY(sched_getscheduler(0)); TRY(sched_get_priority_max(SCHED_FIFO)); TRY(sched_get_priority_min(SCHED_RR)); TRY(sched_get_priority_max(77));
  struct sched_param p = {0}; TRY(sched_getparam(0, &p)); TRY(sched_setscheduler(0, SCHED_OTHER, &p)); TRY(sched_setscheduler(0, 99, &p)); TRY(sched_getscheduler(-1)); TRY(sched_getscheduler(999999));
  cpu_set_t set; TRY(sched_getaffinity(0, sizeof set, &set)); SAY("%d\n", CPU_COUNT(&set) == sysconf(_SC_NPROCESSORS_ONLN)); TRY(syscall(SYS_sched_getaffinity, 0, 3, &set));
  TRY(syscall(SYS_arch_prctl, 0x9999, 0)); TRY(syscall(SYS_arch_prctl, 0x1002, -1L)); TRY(syscall(SYS_set_tid_address, 0) == getpid());
  TRY(syscall(SYS_clone, 0x10000 | SIGCHLD, 0, 0, 0, 0)); TRY(syscall(SYS_clone, 0x800 | SIGCHLD, 0, 0, 0, 0));
  TRY(syscall(SYS_clone3, 8, 64)); TRY(syscall(SYS_clone3, &u, 8)); TRY(syscall(SYS_clone3, &u, 100000)); TRY(syscall(SYS_getrandom, &u, 8, 64)); TRY(syscall(999)); TRY(syscall(SYS_personality, 0xffffffff));
  char *page = (char *)8;
  TRY(syscall(SYS_uname, page)); TRY(syscall(SYS_wait4, -1, page, WNOHANG, 0)); TRY(syscall(SYS_sysinfo, page)); TRY(syscall(SYS_getrusage, 0, page)); TRY(syscall(SYS_prlimit64, 0, 7, page, 0)); TRY(syscall(SYS_prlimit64, 0, 7, 0, page));
  TRY(syscall(SYS_getresuid, page, page, page)); TRY(syscall(SYS_prctl, PR_SET_NAME, page)); TRY(syscall(SYS_prctl, PR_GET_NAME, page)); TRY(syscall(SYS_getcpu, page, 0)); TRY(syscall(SYS_sched_getparam, 0, page)); TRY(syscall(SYS_capget, page, 0)); TRY(syscall(SYS_getrandom, page, 8, 0)); TRY(syscall(SYS_arch_prctl, 0x1003, page));
  int status; if (fork() == 0) _exit(0); TRY(syscall(SYS_wait4, -1, page, 0, 0)); TRY(wait(&status));
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long count; static int turn; static __thread int own = 7;
static void *add(void *arg) { for (int i = 0; i < 3000; i++) { pthread_mutex_lock(&mutex); count++; pthread_mutex_unlock(&mutex); } own++; return (void *)(long)(own + (long)arg); }
static void *ping(void *arg) { for (int i = 0; i < 100; i++) { pthread_mutex_lock(&mutex); while (turn != 1) pthread_cond_wait(&condition, &mutex); turn = 0; pthread_cond_signal(&condition); pthread_mutex_unlock(&mutex); } return arg; }

static void threads(void) {
  pthread_t t[8]; long sum = 0; int status;
  for (long i = 0; i < 8; i++) pthread_create(&t[i], 0, add, (void *)i);
  for (int i = 0; i < 8; i++) { void *r; pthread_join(t[i], &r); sum += (long)r; }
  SAY("%ld %ld %d\n", count, sum, own);
  for (int i = 0; i < 30; i++) { pthread_create(&t[0], 0, add, 0); pthread_join(t[0], 0); }
  SAY("%ld\n", count);
  pthread_create(&t[0], 0, ping, 0);
  for (int i = 0; i < 100; i++) { pthread_mutex_lock(&mutex); while (turn != 0) pthread_cond_wait(&condition, &mutex); turn = 1; pthread_cond_signal(&condition); pthread_mutex_unlock(&mutex); }
  pthread_join(t[0], 0); SAY("taken turns\n");
  pthread_create(&t[0], 0, spin, 0);
  if (fork() == 0) { SAY("child alone: %d\n", own); _exit(5); }
  wait(&status); show(status);
  exit(3);
}

int main(int argc, char **argv) {
  const char *section = argc > 1 ? argv[1] : "";
  if (!strcmp(section, "inner")) inner(argv[2]);
  if (!strcmp(section, "forks")) forks();
  if (!strcmp(section, "many")) many();
  if (!strcmp(section, "vforks")) vforks();
  if (!strcmp(section, "waits")) waits();
  if (!strcmp(section, "groups")) groups();
  if (!strcmp(section, "orphans")) orphans();
  if (!strcmp(section, "execs")) execs(argv[0]);
  if (!strcmp(section, "limits")) limits();
  if (!strcmp(section, "credentials")) credentials();
  if (!strcmp(section, "misc")) misc();
  if (!strcmp(section, "threads")) threads();
  return 0;
}
