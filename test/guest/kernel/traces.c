// ptrace(2): what a tracer sees and may do. Prints what happened.
// flags: -w
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static int err(long r) { return r < 0 ? -errno : (int)r; }
static void show(const char *what, pid_t child, int status) {
  printf("%s:", what);
  if (WIFSTOPPED(status)) printf(" stopped %d event %d", WSTOPSIG(status), status >> 16);
  else if (WIFEXITED(status)) printf(" exited %d", WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) printf(" killed %d", WTERMSIG(status));
  printf("\n");
}
static int wait_for(const char *what, pid_t child) {
  int status = 0;
  if (waitpid(child, &status, __WALL) < 0) printf("%s: wait %d\n", what, errno), exit(1);
  show(what, child, status);
  return status;
}
static pid_t traced(void (*body)(void)) {
  fflush(stdout);
  pid_t child = fork();
  if (child) return child;
  ptrace(PTRACE_TRACEME, 0, 0, 0);
  body();
  _exit(0);
}

// Every signal stops a tracee, also those it ignores; the tracer takes them away or lets them through.
static int raised;
static void raises(void) { signal(raised, SIG_IGN); raise(raised); _exit(raised & 63); }
static void signals(void) {
  for (raised = 1; raised <= 64; raised++) {
    if (raised == SIGKILL || raised == 32 || raised == 33) continue;
    pid_t child = traced(raises);
    char name[16];
    sprintf(name, "%d", raised);
    int status = wait_for(name, child);
    siginfo_t info;
    printf("info %d", err(ptrace(PTRACE_GETSIGINFO, child, 0, &info)));
    printf(" %d %d own %d\n", info.si_signo, info.si_code, info.si_pid == child);
    ptrace(PTRACE_CONT, child, 0, raised % 2 ? 0 : SIGTERM);
    wait_for(name, child);
  }
}

static volatile long value = 42, other = 7;
static void stops_once(void) { raise(SIGSTOP); _exit(value == 43 && other == 0x1122334455667788 ? 3 : 4); }
static void memory(void) {
  pid_t child = traced(stops_once);
  wait_for("stop", child);
  printf("peek %ld\n", ptrace(PTRACE_PEEKDATA, child, &value, 0));
  printf("poke %d %d\n", err(ptrace(PTRACE_POKEDATA, child, &value, 43)), err(ptrace(PTRACE_POKETEXT, child, &other, 0x1122334455667788)));
  errno = 0;
  printf("bad peek %ld %d, bad poke %d\n", ptrace(PTRACE_PEEKDATA, child, 8, 0), errno, err(ptrace(PTRACE_POKEDATA, child, -8, 1)));
  long word = ptrace(PTRACE_PEEKTEXT, child, stops_once, 0);
  printf("text same %d, poke %d\n", word == *(long *)stops_once, err(ptrace(PTRACE_POKETEXT, child, stops_once, word)));
  long got = 0;
  struct iovec local = {&got, 8}, remote = {(void *)&value, 8};
  printf("process_vm_readv %d", err(process_vm_readv(child, &local, 1, &remote, 1, 0)));
  printf(" %ld\n", got);
  remote.iov_base = (void *)8;
  printf("bad process_vm_readv %d\n", err(process_vm_readv(child, &local, 1, &remote, 1, 0)));
  ptrace(PTRACE_CONT, child, 0, 0);
  wait_for("end", child);
}

static void loops(void) {
  raise(SIGSTOP);
  register long count asm("rbx") = 100;
  asm volatile("1: cmp $100, %0\n je 1b" : "+r"(count)); // until the tracer changes it
  _exit(count);
}
static void registers(void) {
  pid_t child = traced(loops);
  struct user_regs_struct regs, again;
  struct user_fpregs_struct fp;
  wait_for("stop", child);
  printf("getregs %d", err(ptrace(PTRACE_GETREGS, child, 0, &regs)));
  printf(" orig_rax %lld cs %llx ss %llx ds %llx\n", regs.orig_rax, regs.cs, regs.ss, regs.ds);
  printf("peekuser %d", ptrace(PTRACE_PEEKUSER, child, offsetof(struct user_regs_struct, rip), 0) == regs.rip);
  printf(" bad %d", err(ptrace(PTRACE_PEEKUSER, child, sizeof(struct user) + 8, 0)));
  printf(" odd %d\n", err(ptrace(PTRACE_PEEKUSER, child, 3, 0)));
  struct iovec io = {&again, sizeof again};
  printf("regset %d %d same %d\n", err(ptrace(PTRACE_GETREGSET, child, NT_PRSTATUS, &io)), (int)io.iov_len, !memcmp(&regs, &again, sizeof regs));
  printf("fpregs %d", err(ptrace(PTRACE_GETFPREGS, child, 0, &fp)));
  printf(" cwd %x mxcsr %x set %d\n", fp.cwd, fp.mxcsr, err(ptrace(PTRACE_SETFPREGS, child, 0, &fp)));
  ptrace(PTRACE_CONT, child, 0, 0);
  usleep(20000);
  kill(child, SIGUSR1);
  wait_for("signal", child);
  ptrace(PTRACE_GETREGS, child, 0, &regs);
  printf("rbx %lld orig_rax %lld\n", regs.rbx, regs.orig_rax);
  regs.rbx = 5;
  printf("setregs %d\n", err(ptrace(PTRACE_SETREGS, child, 0, &regs)));
  ptrace(PTRACE_CONT, child, 0, 0);
  wait_for("end", child);
}

static void calls(void) {
  raise(SIGSTOP);
  syscall(SYS_getppid);
  long r = syscall(SYS_getuid); // the tracer makes getgid of it, and 77 of its answer
  _exit(r == 77 ? 9 : 10);
}
static void syscalls(void) {
  pid_t child = traced(calls);
  struct user_regs_struct regs;
  int status = wait_for("stop", child), in = 0;
  printf("options %d bad %d\n", err(ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD)), err(ptrace(PTRACE_SETOPTIONS, child, 0, -1)));
  for (;;) {
    ptrace(PTRACE_SYSCALL, child, 0, 0);
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) break;
    ptrace(PTRACE_GETREGS, child, 0, &regs);
    in = !in;
    if (WSTOPSIG(status) != (SIGTRAP | 0x80)) { printf("stop %d\n", WSTOPSIG(status)); continue; }
    int shown = regs.orig_rax == SYS_getppid || regs.orig_rax == SYS_getuid || regs.orig_rax == SYS_getgid || regs.orig_rax == SYS_exit_group;
    if (shown) printf("%s %lld rax %d\n", in ? "enter" : "leave", regs.orig_rax, in ? (int)regs.rax : regs.rax == getpid() ? 1 : (int)regs.rax);
    if (in && regs.orig_rax == SYS_getuid) ptrace(PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, orig_rax), SYS_getgid);
    if (!in && regs.orig_rax == SYS_getgid) ptrace(PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, rax), 77);
  }
  show("end", child, status);
}

static void steps_asm(void) {
  raise(SIGSTOP);
  asm volatile("mov $3, %%ecx\n 1: dec %%ecx\n jnz 1b\n int3\n" ::: "rcx");
  _exit(0);
}
static void steps(void) {
  pid_t child = traced(steps_asm);
  struct user_regs_struct regs, before;
  int status = wait_for("stop", child), loops = 0;
  for (int n = 0; n < 20000; n++) {
    ptrace(PTRACE_GETREGS, child, 0, &before);
    ptrace(PTRACE_SINGLESTEP, child, 0, 0);
    waitpid(child, &status, 0);
    if (!WIFSTOPPED(status)) break;
    ptrace(PTRACE_GETREGS, child, 0, &regs);
    long code = ptrace(PTRACE_PEEKTEXT, child, before.rip, 0);
    if ((code & 0xffff) == 0xc9ff) loops++;
    if ((code & 0xff) == 0xcc) { printf("int3 length %lld\n", regs.rip - before.rip); break; }
  }
  printf("loops %d\n", loops);
  ptrace(PTRACE_CONT, child, 0, 0);
  wait_for("end", child);
}

static void attaches(void) {
  int p[2], status;
  char c;
  pipe(p);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) { write(p[1], "x", 1); for (;;) pause(); }
  read(p[0], &c, 1);
  printf("before %d\n", err(ptrace(PTRACE_CONT, child, 0, 0)));
  printf("attach %d again %d\n", err(ptrace(PTRACE_ATTACH, child, 0, 0)), err(ptrace(PTRACE_ATTACH, child, 0, 0)));
  wait_for("attached", child);
  char line[128];
  sprintf(line, "/proc/%d/status", child);
  FILE *f = fopen(line, "r");
  while (fgets(line, sizeof line, f))
    if (!strncmp(line, "State", 5)) printf("%s", line);
    else if (!strncmp(line, "TracerPid", 9)) printf("tracer %d\n", atoi(line + 10) == getpid());
  fclose(f);
  printf("detach %d\n", err(ptrace(PTRACE_DETACH, child, 0, 0)));
  printf("seize %d\n", err(ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_EXITKILL)));
  printf("not stopped %d\n", err(ptrace(PTRACE_CONT, child, 0, 0)));
  printf("interrupt %d\n", err(ptrace(PTRACE_INTERRUPT, child, 0, 0)));
  wait_for("interrupted", child);
  ptrace(PTRACE_CONT, child, 0, 0);
  kill(child, SIGSTOP);
  wait_for("signal", child);
  ptrace(PTRACE_CONT, child, 0, SIGSTOP);
  wait_for("group stop", child);
  ptrace(PTRACE_CONT, child, 0, 0);
  printf("kill %d\n", err(ptrace(PTRACE_KILL, child, 0, 0)));
  wait_for("end", child);
  printf("self %d none %d init %d\n", err(ptrace(PTRACE_ATTACH, getpid(), 0, 0)), err(ptrace(PTRACE_ATTACH, 999999, 0, 0)), err(ptrace(PTRACE_CONT, 1, 0, 0)));
}

static void makes(void) {
  raise(SIGSTOP);
  pid_t child = fork();
  if (child == 0) _exit(5);
  waitpid(child, 0, 0);
  execl("/bin/true", "true", (char *)0);
}
static void events(void) {
  int status, children = 0;
  unsigned long message = 0;
  pid_t child = traced(makes);
  wait_for("stop", child);
  ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC);
  ptrace(PTRACE_CONT, child, 0, 0);
  wait_for("fork", child);
  ptrace(PTRACE_GETEVENTMSG, child, 0, &message);
  wait_for("its child", message);
  ptrace(PTRACE_CONT, message, 0, 0);
  wait_for("its child", message);
  ptrace(PTRACE_CONT, child, 0, 0);
  wait_for("sigchld", child);
  ptrace(PTRACE_CONT, child, 0, SIGCHLD);
  wait_for("exec", child);
  ptrace(PTRACE_GETEVENTMSG, child, 0, &message);
  printf("message %d\n", message == child);
  ptrace(PTRACE_CONT, child, 0, 0);
  wait_for("end", child);
}

static void execs(void) { execl("/bin/true", "true", (char *)0); }
static void exec(void) {
  pid_t child = traced(execs);
  wait_for("exec", child);
  ptrace(PTRACE_CONT, child, 0, 0);
  wait_for("end", child);
}

static void stays(void) { raise(SIGSTOP); pause(); }
static void deaths(void) {
  int p[2];
  pid_t tracee = 0;
  char c;
  pipe(p);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  fflush(stdout);
  pid_t tracer = fork();
  if (tracer == 0) {
    tracee = traced(stays);
    waitpid(tracee, 0, 0);
    ptrace(PTRACE_SETOPTIONS, tracee, 0, PTRACE_O_EXITKILL);
    write(p[1], &tracee, sizeof tracee);
    _exit(0);
  }
  read(p[0], &tracee, sizeof tracee);
  wait_for("tracer", tracer);
  wait_for("tracee", tracee);
}

int main(int argc, char **argv) {
  const char *only = argc > 1 ? argv[1] : "";
#define RUN(f) if (!*only || !strcmp(only, #f)) { f(); fflush(stdout); }
  RUN(signals) RUN(memory) RUN(registers) RUN(syscalls) RUN(steps) RUN(attaches) RUN(events) RUN(exec) RUN(deaths)
  return 0;
}
