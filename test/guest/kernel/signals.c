// Signals: handlers, siginfo, masks, queues, restart, alternate stacks, stop and continue. Prints what happened.
// flags: -w -pthread
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static void handle(int sig, void (*f)(int, siginfo_t *, void *), int flags) {
  struct sigaction sa = {0};
  sa.sa_sigaction = f;
  sa.sa_flags = SA_SIGINFO | flags;
  sigaction(sig, &sa, 0);
}

static volatile int seen, last_code;
static void count(int sig, siginfo_t *si, void *uc) { (void)sig, (void)uc; seen++; last_code = si->si_code; }

static void basic(void) {
  handle(SIGUSR1, count, 0);
  raise(SIGUSR1);
  printf("raise: seen %d code %d\n", seen, last_code);
  kill(getpid(), SIGUSR1);
  printf("kill: seen %d code %d\n", seen, last_code);
  union sigval v = {.sival_int = 77};
  sigqueue(getpid(), SIGUSR1, v);
  printf("sigqueue: seen %d code %d\n", seen, last_code);
  printf("kill bad: %d", kill(getpid(), 65)); printf(" %d\n", errno);
  printf("kill none: %d", kill(999999, 0)); printf(" %d\n", errno);
  struct sigaction sa = {0};
  printf("sigaction KILL: %d", sigaction(SIGKILL, &sa, 0)); printf(" %d\n", errno);
  sigaction(SIGUSR1, 0, &sa);
  printf("flags %x handler %d\n", sa.sa_flags & ~0x04000000, sa.sa_sigaction == count);
}

static int order[64], nordered;
static void note(int sig, siginfo_t *si, void *uc) { (void)uc; order[nordered++] = sig * 1000 + (si->si_code == SI_QUEUE ? si->si_value.sival_int : 0); }

static void queues(void) {
  sigset_t all, old, pending;
  sigfillset(&all);
  for (int s = 34; s < 40; s++) handle(s, note, 0);
  handle(SIGUSR1, note, 0);
  handle(SIGUSR2, note, 0);
  sigprocmask(SIG_BLOCK, &all, &old);
  for (int i = 0; i < 3; i++) {
    union sigval v = {.sival_int = i};
    sigqueue(getpid(), 36, v);
    sigqueue(getpid(), 34, v);
    sigqueue(getpid(), SIGUSR2, v);
    kill(getpid(), SIGUSR1);
  }
  sigpending(&pending);
  printf("pending: %d %d %d %d\n", sigismember(&pending, 34), sigismember(&pending, 36), sigismember(&pending, SIGUSR1), sigismember(&pending, 35));
  sigprocmask(SIG_SETMASK, &old, 0);
  for (int i = 0; i < nordered; i++) printf(" %d", order[i]);
  printf("\n");
  siginfo_t si;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, 37);
  sigprocmask(SIG_BLOCK, &set, 0);
  union sigval v = {.sival_int = 5};
  sigqueue(getpid(), 37, v);
  printf("sigwaitinfo: %d", sigwaitinfo(&set, &si)); printf(" value %d code %d pid %d\n", si.si_value.sival_int, si.si_code, si.si_pid == getpid());
  struct timespec ts = {0, 20000000};
  printf("sigtimedwait: %d", sigtimedwait(&set, &si, &ts)); printf(" %d\n", errno);
}

static volatile int depth, maxdepth, calls;
static void nested(int sig, siginfo_t *si, void *uc) {
  (void)si, (void)uc;
  depth++;
  if (depth > maxdepth) maxdepth = depth;
  if (sig == SIGUSR1 && ++calls < 4) raise(SIGUSR1);
  depth--;
}

static void flags(void) {
  handle(SIGUSR1, nested, 0);
  raise(SIGUSR1);
  printf("deferred depth %d\n", maxdepth);
  maxdepth = calls = 0;
  handle(SIGUSR1, nested, SA_NODEFER);
  raise(SIGUSR1);
  printf("nodefer depth %d\n", maxdepth);
  handle(SIGUSR2, count, SA_RESETHAND);
  raise(SIGUSR2);
  struct sigaction sa;
  sigaction(SIGUSR2, 0, &sa);
  printf("resethand: default %d flags %x\n", sa.sa_handler == SIG_DFL, sa.sa_flags & ~0x04000000);
}

static char *alt;
static void onalt(int sig, siginfo_t *si, void *uc) {
  (void)sig, (void)si;
  char here;
  stack_t ss;
  sigaltstack(0, &ss);
  ucontext_t *u = uc;
  printf("on alternate stack: %d, flags %d, uc_stack size %zu flags %d\n", &here > alt && &here < alt + 65536, ss.ss_flags, u->uc_stack.ss_size, u->uc_stack.ss_flags);
  stack_t no = {.ss_flags = SS_DISABLE};
  printf("change while on it: %d", sigaltstack(&no, 0)); printf(" %d\n", errno);
}

static void altstack(void) {
  alt = malloc(65536);
  stack_t ss = {.ss_sp = alt, .ss_size = 65536};
  printf("sigaltstack: %d\n", sigaltstack(&ss, 0));
  handle(SIGUSR1, onalt, SA_ONSTACK);
  raise(SIGUSR1);
  ss.ss_size = 100;
  printf("too small: %d", sigaltstack(&ss, 0)); printf(" %d\n", errno);
  ss.ss_flags = SS_DISABLE;
  sigaltstack(&ss, 0);
}

static void registers(int sig, siginfo_t *si, void *uc) {
  (void)sig, (void)si;
  ucontext_t *u = uc;
  greg_t *r = u->uc_mcontext.gregs;
  printf("rbx %llx r12 %llx r13 %llx eflags %llx cs %llx\n", (long long)r[REG_RBX], (long long)r[REG_R12], (long long)r[REG_R13], (long long)r[REG_EFL] & 0xc00, (long long)r[REG_CSGSFS] & 0xffff);
  printf("fpstate cwd %x mxcsr %x xmm15 %x st0 exp %x\n", u->uc_mcontext.fpregs->cwd, u->uc_mcontext.fpregs->mxcsr, u->uc_mcontext.fpregs->_xmm[15].element[0], u->uc_mcontext.fpregs->_st[0].exponent);
  r[REG_R12] = 0x1234;
  u->uc_mcontext.fpregs->_xmm[15].element[0] = 0x5678;
  sigaddset(&u->uc_sigmask, SIGUSR2);
  __asm__ volatile("fninit; movl $0, %%eax; movd %%eax, %%xmm15" ::: "eax", "xmm15");
}

static void context(void) {
  handle(SIGUSR1, registers, 0);
  uint64_t r12, r13, xmm, sum;
  uint16_t cw;
  __asm__ volatile(
      "movq $0xb0b, %%rbx; movq $0xc12, %%r12; movq $0xd13, %%r13; movl $0xabcdef, %%eax; movd %%eax, %%xmm15; fld1; fldpi; faddp\n"
      "movl $39, %%eax; syscall; movl %%eax, %%edi; movl $10, %%esi; movl $62, %%eax; syscall\n"
      "movq %%r12, %0; movq %%r13, %1; movd %%xmm15, %%eax; movl %%eax, %%eax; movq %%rax, %2; fnstcw %3; fistpl -200(%%rsp); movl -200(%%rsp), %%eax; movq %%rax, %4\n"
      : "=&m"(r12), "=&m"(r13), "=&m"(xmm), "=&m"(cw), "=m"(sum) :: "rax", "rbx", "rcx", "rdx", "rdi", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "xmm15", "memory");
  printf("after: r12 %lx r13 %lx xmm15 %lx cw %x st %ld\n", r12, r13, xmm, cw, sum);
  sigset_t now;
  sigprocmask(SIG_SETMASK, 0, &now);
  printf("mask changed in frame: %d\n", sigismember(&now, SIGUSR2));
  sigdelset(&now, SIGUSR2);
  sigprocmask(SIG_SETMASK, &now, 0);
}

static sigjmp_buf jump;
static void *high = (void *)0xffff800000000000;
static void fault(int sig, siginfo_t *si, void *uc) {
  ucontext_t *u = uc;
  printf("sig %d code %d addr %p trapno %lld err %lld cr2 %llx\n", sig, si->si_code, si->si_addr == (void *)0x10 ? si->si_addr : 0, (long long)u->uc_mcontext.gregs[REG_TRAPNO], (long long)u->uc_mcontext.gregs[REG_ERR] & (si->si_addr == high ? 6 : 7), sig == SIGSEGV ? (long long)u->uc_mcontext.gregs[REG_CR2] & 0xffff800000000fff : 0);
  siglongjmp(jump, 1);
}

static void faults(void) {
  int sigs[] = {SIGSEGV, SIGFPE, SIGILL, SIGTRAP};
  for (int i = 0; i < 4; i++) handle(sigs[i], fault, 0);
  volatile int zero = 0;
  if (!sigsetjmp(jump, 1)) *(volatile int *)0x10 = 1;
  if (!sigsetjmp(jump, 1)) (void)*(volatile int *)0x10;
  char *volatile text = (char *)(void *)basic;
  if (!sigsetjmp(jump, 1)) *text = 1;
  if (!sigsetjmp(jump, 1)) zero = 1 / zero;
  if (!sigsetjmp(jump, 1)) __asm__ volatile("ud2");
  if (!sigsetjmp(jump, 1)) __asm__ volatile("int3");
  if (!sigsetjmp(jump, 1)) ((void (*)(void))0x10)();
  if (!sigsetjmp(jump, 1)) *(volatile int *)high = 1;
  for (int i = 0; i < 4; i++) signal(sigs[i], SIG_DFL);
}

static void slow(int sig, siginfo_t *si, void *uc) { (void)sig, (void)si, (void)uc; write(1, "tick\n", 5); }

static void restart(void) {
  int p[2];
  char c;
  pipe(p);
  struct itimerval it = {{0, 0}, {0, 50000}};
  handle(SIGALRM, slow, 0);
  setitimer(ITIMER_REAL, &it, 0);
  printf("read without restart: %zd", read(p[0], &c, 1)); printf(" %d\n", errno);
  fflush(stdout);
  handle(SIGALRM, slow, SA_RESTART);
  if (fork() == 0) { usleep(150000); write(p[1], "x", 1); _exit(0); }
  setitimer(ITIMER_REAL, &it, 0);
  printf("read with restart: %zd %c\n", read(p[0], &c, 1), c);
  fflush(stdout);
  wait(0);
  setitimer(ITIMER_REAL, &it, 0);
  struct timespec ts = {0, 120000000}, rem = {0, 0};
  int r = nanosleep(&ts, &rem);
  printf("nanosleep: %d %d rem %d\n", r, errno, rem.tv_nsec > 40000000 && rem.tv_nsec < 80000000);
  fflush(stdout);
  setitimer(ITIMER_REAL, &it, 0);
  printf("pause: %d", pause()); printf(" %d\n", errno);
  sigset_t none;
  sigemptyset(&none);
  setitimer(ITIMER_REAL, &it, 0);
  printf("sigsuspend: %d", sigsuspend(&none)); printf(" %d\n", errno);
  unsigned left = alarm(10);
  printf("alarm: %u", left); left = alarm(0); printf(" %u\n", left);
}

static volatile int children;
static void child(int sig, siginfo_t *si, void *uc) {
  (void)sig, (void)uc;
  children++;
  if (si->si_code == CLD_STOPPED || si->si_code == CLD_CONTINUED || si->si_code == CLD_KILLED || si->si_code == CLD_EXITED || si->si_code == CLD_DUMPED)
    printf("SIGCHLD code %d status %d\n", si->si_code, si->si_status);
  fflush(stdout);
}

static void stops(void) {
  sigset_t chld;
  siginfo_t si;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  sigprocmask(SIG_BLOCK, &chld, 0);
  handle(SIGCHLD, child, SA_RESTART);
  pid_t pid = fork();
  if (pid == 0) for (;;) pause();
  int status;
  setpgid(pid, pid); // SIGTSTP does not stop an orphaned group, which the one we were started in may be
  kill(pid, SIGSTOP);
  pid_t got = waitpid(pid, &status, WUNTRACED);
  sigwaitinfo(&chld, &si);
  printf("stopped: %d %x, code %d status %d\n", got == pid, status, si.si_code, si.si_status);
  kill(pid, SIGCONT);
  got = waitpid(pid, &status, WCONTINUED);
  sigwaitinfo(&chld, &si);
  printf("continued: %d %x, code %d status %d\n", got == pid, status, si.si_code, si.si_status);
  kill(pid, SIGTSTP);
  waitpid(pid, &status, WUNTRACED);
  sigwaitinfo(&chld, &si);
  printf("stopped: %x, code %d status %d\n", status, si.si_code, si.si_status);
  kill(pid, SIGTERM);
  struct timespec ts = {0, 30000000};
  printf("SIGTERM while stopped: %d\n", sigtimedwait(&chld, &si, &ts));
  kill(pid, SIGKILL);
  got = waitpid(pid, &status, 0);
  sigwaitinfo(&chld, &si);
  printf("killed: %d %x code %d status %d\n", got == pid, status, si.si_code, si.si_status);
  struct sigaction quiet = {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP};
  handle(SIGCHLD, child, SA_RESTART | SA_NOCLDSTOP);
  pid = fork();
  if (pid == 0) for (;;) pause();
  kill(pid, SIGSTOP);
  waitpid(pid, &status, WUNTRACED);
  printf("NOCLDSTOP: %d\n", sigtimedwait(&chld, &si, &ts));
  kill(pid, SIGCONT);
  kill(pid, SIGTERM);
  waitpid(pid, &status, 0);
  sigwaitinfo(&chld, &si);
  printf("ended: %x code %d\n", status, si.si_code);
  sigprocmask(SIG_UNBLOCK, &chld, 0);
  for (int i = 0; i < 5; i++) {
    int sig = ((int[]){SIGSEGV, SIGTERM, SIGUSR1, SIGABRT, SIGRTMIN})[i];
    pid = fork();
    if (pid == 0) { signal(sig, SIG_DFL); raise(sig); _exit(7); }
    waitpid(pid, &status, 0);
    printf("death %d: %x\n", sig, status & 0xff7f);
  }
  struct sigaction sa = {.sa_handler = SIG_IGN};
  sigaction(SIGCHLD, &sa, 0);
  pid = fork();
  if (pid == 0) _exit(3);
  printf("ignored children: %d", waitpid(pid, &status, 0)); printf(" %d\n", errno);
  signal(SIGCHLD, SIG_DFL);
}

static void recursion_dies(void) {
  pid_t pid = fork();
  if (pid == 0) {
    handle(SIGSEGV, (void (*)(int, siginfo_t *, void *))0x10, 0); // a handler that faults itself
    *(volatile int *)0 = 1;
    _exit(1);
  }
  int status;
  waitpid(pid, &status, 0);
  printf("faulting handler: %x\n", status & 0xff7f);
  pid = fork();
  if (pid == 0) {
    handle(SIGUSR1, count, 0);
    __asm__ volatile("movq $16, %%rsp; movl $39, %%eax; syscall; movl %%eax, %%edi; movl $10, %%esi; movl $62, %%eax; syscall; hlt" ::: "memory");
  }
  waitpid(pid, &status, 0);
  printf("no stack: %x\n", status & 0xff7f);
  pid = fork();
  if (pid == 0) {
    sigset_t s;
    sigfillset(&s);
    sigprocmask(SIG_BLOCK, &s, 0);
    *(volatile int *)0 = 1;
    _exit(1);
  }
  waitpid(pid, &status, 0);
  printf("blocked fault: %x\n", status & 0xff7f);
}

static pthread_t main_thread;
static volatile int got_in_thread;
static void in_thread(int sig, siginfo_t *si, void *uc) { (void)sig, (void)si, (void)uc; got_in_thread = pthread_self() == main_thread ? 1 : 2; }
static void *body(void *arg) { for (volatile int *stop = arg; !*stop;) ; return 0; }

static void threads(void) {
  volatile int stop = 0;
  pthread_t t;
  main_thread = pthread_self();
  handle(SIGUSR1, in_thread, 0);
  pthread_create(&t, 0, body, (void *)&stop);
  pthread_kill(t, SIGUSR1);
  while (!got_in_thread) usleep(1000);
  printf("pthread_kill: in %s thread\n", got_in_thread == 1 ? "main" : "other");
  got_in_thread = 0;
  sigset_t s;
  sigemptyset(&s);
  sigaddset(&s, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &s, 0);
  kill(getpid(), SIGUSR1);
  while (!got_in_thread) usleep(1000);
  printf("blocked in main: in %s thread\n", got_in_thread == 1 ? "main" : "other");
  stop = 1;
  pthread_join(t, 0);
}

static void *writes(void *arg) { for (;;) { write(*(int *)arg, "x", 1); usleep(500); } }
static void *spins(void *arg) { for (volatile long i = 0;; i++) if (i % 4096 == 0) write(*(int *)arg, "y", 1); }

static int drain(int fd) {
  char b[65536];
  struct timeval tv = {0, 100000};
  int n = 0, r;
  fd_set in;
  for (;;) {
    FD_ZERO(&in);
    FD_SET(fd, &in);
    if (select(fd + 1, &in, 0, 0, &tv) <= 0) return n;
    if ((r = read(fd, b, sizeof b)) <= 0) return n;
    n += r;
    if (n > 2000000) return n;
  }
}

static void group_stop(void) {
  int p[2], status;
  pipe(p);
  pid_t pid = fork();
  if (pid == 0) {
    pthread_t t;
    pthread_create(&t, 0, writes, &p[1]);
    pthread_create(&t, 0, spins, &p[1]);
    for (;;) pause();
  }
  char c;
  read(p[0], &c, 1);
  kill(pid, SIGSTOP);
  waitpid(pid, &status, WUNTRACED);
  usleep(50000);
  drain(p[0]);
  printf("stopped %x, writes on: %d\n", status, drain(p[0]));
  kill(pid, SIGCONT);
  printf("continued, writes: %d\n", read(p[0], &c, 1));
  kill(pid, SIGTERM);
  waitpid(pid, &status, 0);
  close(p[1]);
  drain(p[0]);
  printf("ended %x, pipe %zd\n", status, read(p[0], &c, 1));
}

static void *execs(void *arg) { execl("/bin/echo", "echo", "from a thread", (char *)0); return 0; }
static void *ends(void *arg) { usleep(20000); exit(7); }
static void thread_ends(void) {
  int status;
  pthread_t t;
  pid_t pid = fork();
  if (pid == 0) { pthread_create(&t, 0, spins, &(int){open("/dev/null", 1)}); pthread_create(&t, 0, execs, 0); for (;;) pause(); }
  waitpid(pid, &status, 0);
  printf("exec in a thread %x\n", status);
  pid = fork();
  if (pid == 0) { pthread_create(&t, 0, ends, 0); for (;;) ; }
  waitpid(pid, &status, 0);
  printf("exit in a thread %x\n", status);
  pid = fork();
  if (pid == 0) { pthread_create(&t, 0, body, calloc(1, 4)); pthread_exit(0); }
  usleep(50000), kill(pid, SIGTERM);
  waitpid(pid, &status, 0);
  printf("leader gone, killed %x\n", status);
}

int main(int argc, char **argv) {
  setvbuf(stdout, 0, _IOLBF, 0);
  const char *only = argc > 1 ? argv[1] : "";
#define RUN(f) if (!*only || !strcmp(only, #f)) { printf("== " #f "\n"); f(); fflush(stdout); }
  RUN(basic) RUN(queues) RUN(flags) RUN(altstack) RUN(context) RUN(faults) RUN(restart) RUN(stops) RUN(recursion_dies) RUN(threads) RUN(group_stop) RUN(thread_ends)
  return 0;
}
