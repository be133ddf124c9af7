// seccomp(2): strict mode, and filters that allow, refuse, raise, kill and ask. Prints what happened.
// flags: -w -pthread
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define ARG0 BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]))
#define RET(v) BPF_STMT(BPF_RET | BPF_K, v)
#define IF(nr, v) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), RET(v)
#define PROG(f) (&(struct sock_fprog){sizeof f / sizeof *f, f})
#define INSTALL(f) (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PROG(f)))

static int err(long r) { return r < 0 ? -errno : (int)r; }
static void child(const char *what, void (*body)(void)) {
  int status;
  fflush(stdout);
  if (fork() == 0) { body(); fflush(stdout); _exit(0); }
  wait(&status);
  printf("%s: %s %d\n", what, WIFEXITED(status) ? "exited" : "killed", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static void strict_ok(void) { prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT); write(1, "written\n", 8); syscall(SYS_exit, 4); }
static void strict_dies(void) { prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT); getpid(); syscall(SYS_getppid); syscall(SYS_exit, 4); }
static void strict(void) {
  printf("mode %d bad %d\n", err(prctl(PR_GET_SECCOMP)), err(prctl(PR_SET_SECCOMP, 7)));
  child("allowed", strict_ok);
  child("refused", strict_dies);
}

static void refusing(void) {
  struct sock_filter f[] = {NR, IF(SYS_getppid, SECCOMP_RET_ERRNO | 77), IF(SYS_getuid, SECCOMP_RET_ERRNO | 0), IF(SYS_getgid, SECCOMP_RET_LOG), RET(SECCOMP_RET_ALLOW)};
  printf("install %d mode %d\n", err(INSTALL(f)), err(prctl(PR_GET_SECCOMP)));
  printf("getppid %d getuid %d getgid %d\n", err(syscall(SYS_getppid)), err(syscall(SYS_getuid)), err(syscall(SYS_getgid)));
  char line[128];
  FILE *status = fopen("/proc/self/status", "r");
  while (fgets(line, sizeof line, status)) if (!strncmp(line, "Seccomp:", 8)) printf("%s", line);
  struct sock_filter g[] = {NR, IF(SYS_getgid, SECCOMP_RET_ERRNO | 5), IF(SYS_getppid, SECCOMP_RET_ALLOW), RET(SECCOMP_RET_ALLOW)};
  printf("second %d: getppid %d getgid %d\n", err(INSTALL(g)), err(syscall(SYS_getppid)), err(syscall(SYS_getgid)));
  fflush(stdout);
  if (fork() == 0) { printf("inherited %d\n", err(syscall(SYS_getgid))); fflush(stdout); execl("/bin/true", "true", (char *)0); _exit(1); }
  wait(0);
}
static void killing(void) {
  struct sock_filter f[] = {NR, IF(SYS_getppid, SECCOMP_RET_KILL_PROCESS), RET(SECCOMP_RET_ALLOW)};
  INSTALL(f);
  syscall(SYS_getppid);
}
static void *thread(void *unused) { syscall(SYS_getppid); return unused; }
static void killing_thread(void) {
  struct sock_filter f[] = {NR, IF(SYS_getppid, SECCOMP_RET_KILL_THREAD), RET(SECCOMP_RET_ALLOW)};
  pthread_t t;
  INSTALL(f);
  pthread_create(&t, 0, thread, 0);
  pthread_join(t, 0);
  printf("thread is gone\n");
}
static void arguments(void) {
  struct sock_filter f[] = {
    NR, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 6), ARG0, BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 7), BPF_STMT(BPF_MISC | BPF_TAX, 0),
    BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0), BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO), BPF_STMT(BPF_RET | BPF_A, 0), RET(SECCOMP_RET_ALLOW)};
  INSTALL(f);
  for (int i = 1; i < 12; i += 3) printf("%d ", err(syscall(SYS_getpgid, i)));
  printf("\n");
}
static void on_sys(int sig, siginfo_t *info, void *uc) { printf("sigsys %d code %d errno %d call %d arch %x\n", sig, info->si_code, info->si_errno, info->si_syscall, info->si_arch); }
static void trapping(void) {
  struct sock_filter f[] = {NR, IF(SYS_getppid, SECCOMP_RET_TRAP | 12), RET(SECCOMP_RET_ALLOW)};
  struct sigaction sa = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
  sigaction(SIGSYS, &sa, 0);
  INSTALL(f);
  printf("returned %ld\n", syscall(SYS_getppid));
}
static void untraced(void) {
  struct sock_filter f[] = {NR, IF(SYS_getppid, SECCOMP_RET_TRACE | 3), RET(SECCOMP_RET_ALLOW)};
  INSTALL(f);
  printf("trace %d\n", err(syscall(SYS_getppid)));
}
static void filters(void) {
  child("errno", refusing);
  child("kill", killing);
  child("kill thread", killing_thread);
  child("arguments", arguments);
  child("trap", trapping);
  child("no tracer", untraced);
}

static void traced(void) {
  struct sock_filter f[] = {NR, IF(SYS_getppid, SECCOMP_RET_TRACE | 3), RET(SECCOMP_RET_ALLOW)};
  int status;
  unsigned long message = 0;
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    INSTALL(f);
    _exit(syscall(SYS_getppid) == getppid() ? 6 : 7);
  }
  waitpid(pid, &status, 0);
  ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP);
  ptrace(PTRACE_CONT, pid, 0, 0);
  waitpid(pid, &status, 0);
  ptrace(PTRACE_GETEVENTMSG, pid, 0, &message);
  printf("stopped %x message %lu\n", status, message);
  ptrace(PTRACE_CONT, pid, 0, 0);
  waitpid(pid, &status, 0);
  printf("status %x\n", status);
}

static void errors(void) {
  struct sock_filter allow[] = {RET(SECCOMP_RET_ALLOW)}, no_return[] = {NR}, far[] = {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 9, 0), RET(0)};
  struct sock_filter odd[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 3), RET(0)}, byte[] = {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), RET(0)}, zero[] = {BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET(0)};
  struct sock_fprog empty = {0, allow}, null = {1, 0};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#define TRY(p) printf("%d ", err(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, p)))
  TRY(PROG(no_return)); TRY(PROG(far)); TRY(PROG(odd)); TRY(PROG(byte)); TRY(PROG(zero)); TRY(&empty); TRY(&null); TRY(0); TRY(PROG(allow));
  printf("\nop %d flags %d strict %d\n", err(syscall(SYS_seccomp, 9, 0, 0)), err(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, -1, PROG(allow))), err(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, 0)));
  unsigned action = SECCOMP_RET_ERRNO, none = 0x12340000;
  printf("available %d %d", err(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action)), err(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &none)));
  printf(" tsync %d\n", err(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, PROG(allow))));
}

int main(int argc, char **argv) {
  const char *only = argc > 1 ? argv[1] : "";
#define RUN(f) if (!*only || !strcmp(only, #f)) { f(); fflush(stdout); }
  RUN(strict) RUN(filters) RUN(traced) RUN(errors)
  return 0;
}
