// pidfds: opening, signals, waiting, descriptors of others; clone with CLONE_PIDFD.
// flags: -w
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"
static int pid_open(pid_t pid, unsigned flags) { return syscall(434, pid, flags); }
static int pid_kill(int fd, int sig, siginfo_t *info, unsigned flags) { return syscall(424, fd, sig, info, flags); }
static int pid_fd(int fd, int target, unsigned flags) { return syscall(438, fd, target, flags); }
static volatile int seen;
static void handler(int sig, siginfo_t *info, void *c) { (void)c; seen = sig * 1000 + info->si_code; }

int main(void) {
  T(pid_open(-1, 0)); T(pid_open(0, 0)); T(pid_open(getpid(), 1)); T(pid_open(32000, 0));
  int self = pid_open(getpid(), 0); printf("%d\n", fcntl(self, F_GETFD)); char c; T(read(self, &c, 1)); T(write(self, &c, 1)); T(lseek(self, 0, 0)); T(pid_kill(self, 0, NULL, 0)); T(pid_kill(self, 0, NULL, 99)); T(pid_kill(1, 0, NULL, 0)); T(pid_kill(-1, 0, NULL, 0)); T(pid_kill(self, 99, NULL, 0));
  struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO}; sigaction(SIGUSR1, &sa, NULL); T(pid_kill(self, SIGUSR1, NULL, 0)); printf("%d\n", seen);
  siginfo_t si; memset(&si, 0, sizeof si); si.si_signo = SIGUSR1; si.si_code = SI_QUEUE; T(pid_kill(self, SIGUSR1, &si, 0)); printf("%d\n", seen); si.si_signo = SIGUSR2; T(pid_kill(self, SIGUSR1, &si, 0)); T(pid_kill(self, SIGUSR1, (void *)8, 0));
  T(pid_fd(self, 1, 0)); T(pid_fd(self, 99, 0)); T(pid_fd(self, 1, 1)); T(pid_fd(1, 1, 0)); T(pid_fd(-1, 1, 0));
  T(waitid(P_PIDFD, self, &si, WEXITED)); T(waitid(P_PIDFD, 1, &si, WEXITED)); T(waitid(P_PIDFD, -1, &si, WEXITED)); T(waitid(P_PIDFD, 99, &si, WEXITED));
  int p[2]; pipe(p); pid_t child = fork();
  if (child == 0) { read(p[0], &c, 1); _exit(7); }
  int fd = pid_open(child, O_NONBLOCK); T(waitid(P_PIDFD, fd, &si, WEXITED)); struct pollfd pf = {fd, POLLIN, 0}; T(poll(&pf, 1, 0)); si.si_signo = SIGTERM; si.si_code = SI_USER; T(pid_kill(fd, SIGTERM, &si, 0)); write(p[1], "x", 1); T(poll(&pf, 1, 5000)); printf("%x\n", pf.revents); T(pid_kill(fd, 0, NULL, 0)); T(pid_fd(fd, 1, 0)); T(waitid(P_PIDFD, fd, &si, WEXITED)); printf("%d %d %d\n", si.si_code, si.si_status, si.si_pid == child); T(poll(&pf, 1, 0)); T(pid_kill(fd, 0, NULL, 0)); T(waitid(P_PIDFD, fd, &si, WEXITED)); T(pid_fd(fd, 1, 0));
  struct clone_args a; memset(&a, 0, sizeof a); int cfd = -1; a.flags = CLONE_PIDFD; a.pidfd = (uintptr_t)&cfd; a.exit_signal = SIGCHLD;
  child = syscall(SYS_clone3, &a, sizeof a); if (child == 0) _exit(3);
  printf("%d %d\n", cfd > 2, fcntl(cfd, F_GETFD)); T(waitid(P_PIDFD, cfd, &si, WEXITED)); printf("%d %d\n", si.si_status, si.si_pid == child);
  child = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &cfd, 0, 0); if (child == 0) { int f = open("made", O_CREAT | O_RDWR, 0600); dup2(f, 50); write(p[1], "y", 1); pause(); }
  read(p[0], &c, 1); int got = pid_fd(cfd, 50, 0); printf("%d %d\n", got > 2, fcntl(got, F_GETFD)); write(got, "hello", 5); lseek(got, 0, 0); char buf[9] = ""; read(got, buf, 5); printf("%s\n", buf); T(pid_kill(cfd, SIGKILL, NULL, 0)); T(waitid(P_PIDFD, cfd, &si, WEXITED)); printf("%d %d\n", si.si_code, si.si_status);
  T(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &cfd, 0, 0)); T(syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, 8, 0, 0)); a.flags = CLONE_PIDFD | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM; a.exit_signal = 0; unlink("made");
  return 0;
}
