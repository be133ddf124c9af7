// Runs a command and tells on descriptor 3 what it took: wall time and user + system time in ns, peak RSS in KiB, status
// as wait(2) gives it. Small, so that its own memory does not show in the peak of the command.
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static double ns(struct timeval t) { return t.tv_sec * 1e9 + t.tv_usec * 1e3; }

int main(int argc, char **argv) {
  double start = now();
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(3);
    execv(argv[1], argv + 1);
    _exit(127);
  }
  int status;
  struct rusage usage;
  if (argc < 2 || wait4(pid, &status, 0, &usage) != pid) return 1;
  dprintf(3, "%.0f %.0f %ld %d\n", now() - start, ns(usage.ru_utime) + ns(usage.ru_stime), usage.ru_maxrss, status);
  return 0;
}
