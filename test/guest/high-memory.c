// Memory from 2 GiB on, where an address is a negative 32-bit number: what the kernel itself reads and writes there.
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *high;

static void handler(int sig, siginfo_t *info, void *context) {
  char here;
  int on_stack = &here >= high && &here < high + (1 << 20);
  printf("signal %d value %d from us %d on the stack %d\n", sig, info->si_value.sival_int,
         info->si_pid == getpid(), on_stack);
}

static void *waiter(void *word) {
  while (__atomic_load_n((int *)word, __ATOMIC_SEQ_CST) == 0)
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 0, NULL);
  return NULL;
}

int main(void) {
  high = mmap((void *)0x90000000, 1 << 20, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  printf("%p\n", high);

  int *word = (int *)high;
  printf("other value %ld\n", syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, 1, NULL));
  pthread_t thread;
  pthread_create(&thread, NULL, waiter, word);
  usleep(10000);
  __atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
  pthread_join(thread, NULL);
  syscall(SYS_futex, word, FUTEX_WAKE_OP_PRIVATE, 1, 1, word + 1,
          FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0));
  printf("%d %d\n", word[0], word[1]);

  stack_t stack = {.ss_sp = high, .ss_size = 1 << 20};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGUSR1, &action, NULL);
  sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 42});

  siginfo_t *info = (siginfo_t *)(high + 4096);
  pid_t pid = fork();
  if (pid == 0) _exit(word[1] + 2);
  waitid(P_PID, pid, info, WEXITED);
  printf("child %d status %d code %d\n", info->si_pid == pid, info->si_status, info->si_code);

  int pipes[2];
  pipe(pipes);
  strcpy(high + 8192, "text");
  write(pipes[1], high + 8192, 5);
  read(pipes[0], high + 12288, 5);
  puts(high + 12288);
  return 0;
}
