// Unmasked floating-point exceptions arrive as SIGFPE with the right code and MXCSR in the frame; misaligned operands and
// reserved MXCSR bits as SIGSEGV; a handler starts with a fresh FPU; MMX shares the x87 registers.
#define _GNU_SOURCE
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <ucontext.h>

static sigjmp_buf back;
static int code, vector;
static unsigned mxcsr, inside;

static void handler(int sig, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  code = info->si_code;
  vector = u->uc_mcontext.gregs[REG_TRAPNO];
  mxcsr = u->uc_mcontext.fpregs->mxcsr;
  __asm__ volatile("stmxcsr %0" : "=m"(inside));
  siglongjmp(back, sig);
}

static void report(int sig) {
  printf("signal %d code %d vector %d mxcsr %x inside %x\n", sig, code, vector, mxcsr, inside);
}

static void arithmetic(void) {
  static const int enabled[] = {FE_DIVBYZERO, FE_INVALID, FE_OVERFLOW, FE_UNDERFLOW, FE_INEXACT};
  volatile double zero = 0, one = 1, huge = 1e308, tiny = 1e-308, three = 3;
  for (int k = 0; k < 5; k++) {
    feclearexcept(FE_ALL_EXCEPT);
    fedisableexcept(FE_ALL_EXCEPT);
    feenableexcept(enabled[k]);
    int sig = sigsetjmp(back, 1);
    volatile double r = 0;
    if (sig) {
      report(sig);
      continue;
    }
    if (k == 0) r = one / zero;
    if (k == 1) r = zero / zero;
    if (k == 2) r = huge * huge;
    if (k == 3) r = tiny * tiny;
    if (k == 4) r = one / three;
    printf("no signal: %g\n", r);
  }
  fedisableexcept(FE_ALL_EXCEPT);
}

int main(void) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGFPE, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  arithmetic();
  static char bytes[64] __attribute__((aligned(64)));
  int sig = sigsetjmp(back, 1);
  if (!sig) __asm__ volatile("movaps (%0), %%xmm0" ::"r"(bytes + 1) : "xmm0");
  report(sig);
  sig = sigsetjmp(back, 1);
  if (!sig) __asm__ volatile("addps (%0), %%xmm0" ::"r"(bytes + 4) : "xmm0");
  report(sig);
  unsigned reserved = 0x12345678;
  sig = sigsetjmp(back, 1);
  if (!sig) __asm__ volatile("ldmxcsr %0" ::"m"(reserved));
  report(sig);
  unsigned long v = 0x123456789abcdef0;
  __asm__ volatile("movq %0, %%mm3\n psllw $4, %%mm3\n movq %%mm3, %0\n emms" : "+r"(v)::"mm3");
  printf("%lx\n", v);
  return 0;
}
