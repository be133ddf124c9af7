// Forks until it is told to stop: a limit has to say EAGAIN, and everybody has to be able to go home afterwards.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
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
  return 0;
}
