// What happens to code that is hot: it is interrupted, left by longjmp, faults, is rewritten, forks. Each case prints what
// the real kernel and processor make of it. Loops are long enough to be translated while they run.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define TURNS 60000000
static volatile sig_atomic_t ticks;
static sigjmp_buf back;

__attribute__((noinline)) static uint32_t churn(uint32_t x, long n) {
  while (n--) x = x * 1664525 + (x >> 13) + 7;
  return x;
}

static void onTick(int sig) {
  (void)sig;
  ticks++;
}

static void alarmIn(int us, int again) {
  struct itimerval when = {.it_value.tv_usec = us, .it_interval.tv_usec = again};
  setitimer(ITIMER_REAL, &when, NULL);
}

static void interrupted(void) {
  struct sigaction action = {.sa_handler = onTick};
  sigaction(SIGALRM, &action, NULL);
  alarmIn(20000, 20000);
  uint32_t x = 1;
  while (ticks < 3) x = churn(x, TURNS / 10);
  alarmIn(0, 0);
  printf("ticks came: %d\n", ticks >= 3);
  printf("churn %08x\n", churn(1, TURNS));
}

static void onJump(int sig) { siglongjmp(back, sig); }

static void jumped(void) {
  struct sigaction action = {.sa_handler = onJump};
  sigaction(SIGALRM, &action, NULL);
  for (int i = 0; i < 3; i++) {
    int sig = sigsetjmp(back, 1);
    if (sig == 0) {
      alarmIn(60000, 0);
      for (uint32_t x = i;; x = churn(x, 1000)) ;
    }
    printf("out of an endless loop by signal %d\n", sig);
  }
}

static long depth;
__attribute__((noinline)) static long deep(long n) {
  volatile char frame[200];
  frame[n & 127] = n;
  depth++;
  return deep(n + 1) + frame[3];
}

static void onOverflow(int sig, siginfo_t *info, void *context) {
  (void)context;
  siglongjmp(back, sig == SIGSEGV && info->si_code == SEGV_MAPERR ? 1 : 2);
}

static void overflowed(void) {
  static char stack[65536];
  stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&other, NULL);
  struct sigaction action = {.sa_sigaction = onOverflow, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGSEGV, &action, NULL);
  for (int i = 0; i < 3; i++) {
    depth = 0;
    int how = sigsetjmp(back, 1);
    if (how == 0) printf("%ld\n", deep(0));
    else printf("overflow %d, deep enough: %d\n", how, depth > 20000);
  }
}

static volatile long faults;
static uintptr_t faultAt;
static void onFault(int sig, siginfo_t *info, void *context) {
  (void)sig;
  ucontext_t *uc = context;
  faults++;
  faultAt = (uintptr_t)info->si_addr;
  uc->uc_mcontext.gregs[REG_RAX] = 0x1234;
  uc->uc_mcontext.gregs[REG_RIP] += 2; // mov (%rdi), %eax
}

__attribute__((noinline)) static long probe(const int *p) {
  long value = 0;
  __asm__ volatile("mov (%%rdi), %%eax" : "=a"(value) : "D"(p) : "memory");
  return value;
}

static void resumed(void) {
  struct sigaction action = {.sa_sigaction = onFault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *(int *)page = 5;
  mprotect(page + 4096, 4096, PROT_NONE);
  long sum = 0;
  for (long i = 0; i < 3000000; i++) {
    int bad = i % 100000 == 99999;
    sum += probe((int *)(page + (bad ? 4096 + (i & 0xff0) : 0)));
    if (bad && faultAt != (uintptr_t)page + 4096 + (i & 0xff0)) printf("another address\n");
  }
  printf("faults %ld, sum %ld\n", faults, sum);
  sum = 0;
  for (int i = 0; i < 100; i++) sum += probe(NULL);
  printf("null %ld, faults %ld\n", sum, faults);
}

static void rewritten(void) {
  unsigned char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  // mov $imm32, %eax; add %edi, %eax; ret
  static const unsigned char body[] = {0xb8, 0, 0, 0, 0, 0x01, 0xf8, 0xc3};
  memcpy(code, body, sizeof body);
  int (*call)(int) = (int (*)(int))code;
  long sum = 0;
  for (int i = 0; i < 2000000; i++) {
    if (i % 1000 == 0) *(int *)(code + 1) = i;
    sum += call(1);
  }
  printf("rewritten %ld\n", sum);
  mprotect(code, 4096, PROT_READ | PROT_EXEC);
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 1000000; i++) sum += call(i);
    mprotect(code, 4096, PROT_READ | PROT_WRITE);
    *(int *)(code + 1) = round * 1000;
    mprotect(code, 4096, PROT_READ | PROT_EXEC);
  }
  printf("protected %ld\n", sum);
}

static void forked(void) {
  uint32_t x = 1;
  for (int i = 0; i < 4; i++) {
    x = churn(x, TURNS / 8);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
      printf("child %d %08x\n", i, churn(x, TURNS / 8));
      fflush(stdout);
      _exit(i);
    }
    int status;
    waitpid(pid, &status, 0);
    printf("parent %d %08x\n", WEXITSTATUS(status), x);
  }
}

int main(int argc, char **argv) {
  static const struct { const char *name; void (*run)(void); } cases[] = {
      {"interrupted", interrupted}, {"jumped", jumped},       {"overflowed", overflowed},
      {"resumed", resumed},         {"rewritten", rewritten}, {"forked", forked},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (argc < 2 || strcmp(argv[1], cases[i].name) == 0) cases[i].run();
  return 0;
}
