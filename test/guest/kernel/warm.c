// More of what happens to code that is hot (see hot.c): it leaves many frames at once, switches stacks, recurses to the end of its stack, is patched while it runs, by itself and by another thread, and is replaced by other code
// at the same address. Each case prints what the real kernel and processor make of it.
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)
typedef long (*Code)(long);

static unsigned char *pages(size_t size, int prot) {
  void *at = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) exit(9);
  return at;
}

// A function that runs `turns` times round a loop and adds `step`: returns turns * step + argument.
static size_t emit(unsigned char *to, int turns, int step) {
  unsigned char code[] = {
      0x48, 0x89, 0xf8,             // mov %rdi, %rax
      0xb9, 0, 0, 0, 0,             // mov $turns, %ecx
      0x48, 0x05, 0, 0, 0, 0,       // 1: add $step, %rax
      0xff, 0xc9,                   // dec %ecx
      0x75, 0xf6,                   // jnz 1b
      0xc3,                         // ret
  };
  memcpy(code + 4, &turns, 4);
  memcpy(code + 10, &step, 4);
  memcpy(to, code, sizeof code);
  return sizeof code;
}

static jmp_buf back;
__attribute__((noinline)) static long dive(long depth, long n) {
  if (depth == 0) {
    if (n % 3 == 0) longjmp(back, 1 + n % 7);
    return n;
  }
  volatile long keep = depth ^ n;
  long result = dive(depth - 1, n);
  return result + (keep ^ depth) - n;
}

static void jumps(void) {
  volatile long sum = 0;
  for (volatile long i = 0; i < 60000; i++) {
    int how = setjmp(back);
    if (how != 0) sum += how;
    else sum += dive(i % 60, i);
  }
  printf("sum %ld\n", sum);
}

static ucontext_t mainContext, others[4];
static long turns[4];
static void coroutine(int n) {
  for (long i = 0;; i++) {
    turns[n] += i * n;
    swapcontext(&others[n], i % 1000 == 999 && n < 3 ? &others[n + 1] : &mainContext);
  }
}

static void contexts(void) {
  for (int n = 0; n < 4; n++) {
    getcontext(&others[n]);
    others[n].uc_stack.ss_sp = malloc(65536);
    others[n].uc_stack.ss_size = 65536;
    others[n].uc_link = &mainContext;
    makecontext(&others[n], (void (*)(void))coroutine, 1, n);
  }
  for (int i = 0; i < 40000; i++) swapcontext(&mainContext, &others[i & 3]);
  printf("turns %ld %ld %ld %ld\n", turns[0], turns[1], turns[2], turns[3]);
}

__attribute__((noinline)) static long descend(long n) {
  volatile char frame[64];
  frame[n & 63] = n;
  return descend(n + 1) + frame[3];
}

static void fall(int sig, siginfo_t *info, void *context) {
  (void)info;
  (void)context;
  siglongjmp(back, sig);
}

static void *threadFalls(void *arg) {
  (void)arg;
  static char stack[65536];
  stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
  sigaltstack(&other, NULL);
  struct sigaction action = {.sa_sigaction = fall, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  sigaction(SIGSEGV, &action, NULL);
  for (int i = 0; i < 3; i++) {
    int sig = setjmp(back);
    if (sig == 0) printf("%ld\n", descend(0));
    else printf("the stack ended: signal %d\n", sig);
  }
  return NULL;
}

// Of a thread's small stack, and of the process's.
static void stacks(void) {
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 256 << 10);
  pthread_t thread;
  pthread_create(&thread, &attr, threadFalls, NULL);
  pthread_join(thread, NULL);
  threadFalls(NULL);
}

// Every write is seen by the next call; code and data share a page.
static void patches(void) {
  unsigned char *code = pages(8192, RWX);
  long sum = 0;
  Code call = (Code)code;
  for (int round = 0; round < 20; round++) {
    emit(code, 2000, round);
    for (int i = 0; i < 500; i++) {
      sum += call(i);
      if (i % 100 == 99) *(int *)(code + 10) += 1;
    }
    *(long *)(code + 2048) = sum; // data
    sum ^= *(long *)(code + 2048) >> 3;
  }
  printf("sum %ld\n", sum);
}

// The loop rewrites the immediate of its own next instruction.
static void itself(void) {
  unsigned char *code = pages(4096, RWX);
  static const unsigned char body[] = {
      0x31, 0xc0,                         // xor %eax, %eax
      0x89, 0xf9,                         // mov %edi, %ecx
      0x89, 0x0d, 2, 0, 0, 0,             // 1: mov %ecx, 2(%rip) (the immediate below)
      0x90, 0x05, 0, 0, 0, 0,             // nop; add $imm, %eax
      0xff, 0xc9,                         // dec %ecx
      0x75, 0xf0,                         // jnz 1b
      0xc3,
  };
  memcpy(code, body, sizeof body);
  long sum = 0;
  for (int i = 0; i < 300; i++) sum += ((Code)code)(200 + i);
  printf("sum %ld\n", sum);
}

// A trampoline on the stack, as compilers make them for nested functions: mov $imm64, %rax; add %rdi, %rax; ret
__attribute__((noinline)) static long trampoline(long n) {
  volatile unsigned char code[32] __attribute__((aligned(16)));
  code[0] = 0x48;
  code[1] = 0xb8;
  for (int i = 0; i < 8; i++) code[2 + i] = n >> (8 * i);
  static const unsigned char rest[] = {0x48, 0x01, 0xf8, 0xc3};
  for (int i = 0; i < 4; i++) code[10 + i] = rest[i];
  return ((Code)(uintptr_t)code)(n & 7);
}

static void trampolines(void) {
  uintptr_t here = (uintptr_t)__builtin_frame_address(0) & -4096l;
  if (mprotect((void *)(here - 16384), 20480, RWX) != 0) printf("no\n");
  long sum = 0;
  for (long i = 0; i < 100000; i++) sum += trampoline(i * 12345);
  printf("sum %ld\n", sum);
}

// Code that is never written in place: mapped, run, unmapped, and other code at the same address.
static void replaced(void) {
  unsigned char *at = pages(4096, PROT_READ | PROT_WRITE);
  long sum = 0;
  for (int round = 0; round < 16; round++) {
    emit(at, 1000 + round, round * 3);
    mprotect(at, 4096, PROT_READ | PROT_EXEC);
    for (int i = 0; i < 2000; i++) sum += ((Code)at)(i);
    if (round % 2 == 0) {
      munmap(at, 4096);
      if (mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != at) exit(8);
    } else {
      mprotect(at, 4096, PROT_READ | PROT_WRITE);
    }
  }
  printf("sum %ld\n", sum);
}

// One thread replaces what two others run: each says which version it saw, and none is older than the one announced before.
static unsigned char *shared;
static volatile int version, done;
static long calls[2];
static void *runs(void *arg) {
  long *count = arg, bad = 0;
  while (!done) {
    int before = __atomic_load_n(&version, __ATOMIC_SEQ_CST);
    Code call = (Code)(shared + (before & 1) * 4096);
    long got = call(0);
    int after = __atomic_load_n(&version, __ATOMIC_SEQ_CST);
    if (before == after && got != before * 50l) bad++;
    __atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
  }
  return (void *)bad;
}

static void announce(int n, int fresh) {
  unsigned char *at = shared + (n & 1) * 4096;
  if (fresh) {
    mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    emit(at, 50, n);
    mprotect(at, 4096, PROT_READ | PROT_EXEC);
  } else emit(at, 50, n);
  __atomic_store_n(&version, n, __ATOMIC_SEQ_CST);
}

static void versions(int fresh) {
  shared = pages(8192, RWX);
  version = done = calls[0] = calls[1] = 0;
  announce(0, fresh);
  announce(1, fresh);
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, runs, &calls[i]);
  for (int n = 2; n < 40; n++) {
    long before[2] = {calls[0], calls[1]};
    usleep(5000);
    while (__atomic_load_n(&calls[0], __ATOMIC_SEQ_CST) < before[0] + 50 ||
           __atomic_load_n(&calls[1], __ATOMIC_SEQ_CST) < before[1] + 50)
      usleep(1000);
    announce(n, fresh);
  }
  done = 1;
  for (int i = 0; i < 2; i++) {
    void *bad;
    pthread_join(threads[i], &bad);
    printf("old code ran: %ld\n", (long)bad);
  }
}

static void remapped(void) { versions(1); }
static void overwritten(void) { versions(0); }

// Never ends by itself: another thread patches the jump of its loop.
static void *spins(void *code) { return (void *)((Code)code)(1); }
static void freed(void) {
  unsigned char *code = pages(4096, RWX);
  // 1: inc %rdi; jmp 1b; nop; mov $7, %eax; ret
  static const unsigned char body[] = {0x48, 0xff, 0xc7, 0xeb, 0xfb, 0x90, 0xb8, 7, 0, 0, 0, 0xc3};
  memcpy(code, body, sizeof body);
  pthread_t thread;
  pthread_create(&thread, NULL, spins, code);
  usleep(500000);
  __atomic_store_n(code + 4, 0x00, __ATOMIC_SEQ_CST); // jmp to the next instruction
  void *result;
  pthread_join(thread, &result);
  printf("freed %ld\n", (long)result);
}

// Faults with registers as the processor has them, and goes on behind the instruction.
static volatile long seen[4];
static void onFault(int sig, siginfo_t *info, void *context) {
  (void)sig;
  greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
  seen[0] += (long)info->si_addr & 0xfff;
  seen[1] ^= regs[REG_RCX] * 31 + regs[REG_R8];
  seen[2] += regs[REG_EFL] & 0x8d5;
  seen[3]++;
  regs[REG_RIP] += 3;
}

static void registers(void) {
  struct sigaction action = {.sa_sigaction = onFault, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &action, NULL);
  char *page = (char *)pages(8192, PROT_READ | PROT_WRITE);
  mprotect(page + 4096, 4096, PROT_NONE);
  long total = 0;
  for (long i = 0; i < 400000; i++) {
    char *p = page + (i % 4000 == 3999 ? 4096 + i % 64 * 8 : i % 64 * 8);
    long value = 1;
    register long r8 __asm__("r8") = i * 3;
    __asm__ volatile("cmp $1000, %%rcx\n mov (%%rdi), %%rax" : "+a"(value) : "D"(p), "c"(i), "r"(r8) : "memory", "cc");
    total += value;
  }
  printf("addresses %ld registers %lx flags %ld faults %ld total %ld\n", seen[0], seen[1], seen[2], seen[3], total);
}

// New functions all the time, each hot for a while; the first ones come back in between.
static void many(void) {
  enum { FUNCTIONS = 150 };
  unsigned char *code = pages(FUNCTIONS * 64, PROT_READ | PROT_WRITE);
  for (int n = 0; n < FUNCTIONS; n++) emit(code + n * 64, 2000, n);
  mprotect(code, FUNCTIONS * 64, PROT_READ | PROT_EXEC);
  long sum = 0;
  for (int round = 0; round < 2; round++)
    for (int n = 0; n < FUNCTIONS; n++)
      for (int i = 0; i < 40; i++) sum += ((Code)(code + n * 64))(i) ^ ((Code)(code + n % 7 * 64))(i);
  printf("sum %ld\n", sum);
}

int main(int argc, char **argv) {
  static const struct { const char *name; void (*run)(void); } cases[] = {
      {"jumps", jumps},           {"contexts", contexts},       {"stacks", stacks},     {"patches", patches},
      {"itself", itself},         {"trampolines", trampolines}, {"replaced", replaced}, {"remapped", remapped},
      {"overwritten", overwritten}, {"freed", freed},           {"registers", registers}, {"many", many},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (argc < 2 || strcmp(argv[1], cases[i].name) == 0) cases[i].run();
  return 0;
}
