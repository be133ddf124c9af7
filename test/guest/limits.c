// A program that takes all it can get: processes until fork says EAGAIN, memory until malloc says ENOMEM. Everybody has to be
// able to go home afterwards. `limits forks|memory`.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void forks(void) {
  static pid_t pids[100000];
  int n = 0;
  for (; n < 100000; n++) {
    pid_t pid = fork();
    if (pid == 0) {
      pause();
      _exit(1);
    }
    if (pid < 0) break;
    pids[n] = pid;
  }
  printf("%s, more than 50: %d\n", strerror(errno), n > 50);
  for (int i = 0; i < n; i++) kill(pids[i], SIGKILL);
  int killed = 0, status;
  while (wait(&status) > 0) killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  printf("all killed: %d\n", killed == n);
}

static void memory(void) {
  int n = 0;
  for (char *p; (p = malloc(1 << 20)); n++) memset(p, 1, 1 << 20);
  printf("%s, more than 50: %d\n", strerror(errno), n > 50);
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "forks")) forks();
  else memory();
  return 0;
}
