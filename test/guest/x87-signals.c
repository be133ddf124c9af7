// x87 exceptions as SIGFPE: codes, the state in the frame, a handler that mends it; rounding modes.
#define _GNU_SOURCE
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdint.h>
#include <ucontext.h>
static sigjmp_buf back;
static volatile long double zero = 0, one = 1, big = 0x1p16383L, tiny = 0x1p-16445L;
static const char *name;
static void handler(int sig, siginfo_t *info, void *uc) {
  ucontext_t *c = uc;
  struct _libc_fpstate *fp = c->uc_mcontext.fpregs;
  printf("%s: signal %d code %d at fault %d cwd %x swd %x ftw %x fop %x rip %d\n", name, sig, info->si_code,
         info->si_addr == (void *)c->uc_mcontext.gregs[REG_RIP], fp->cwd, fp->swd, fp->ftw, fp->fop, fp->rip != 0);
  siglongjmp(back, 1);
}
static void try(const char *what, int except, long double a, char op, long double b) {
  name = what;
  feclearexcept(FE_ALL_EXCEPT);
  feenableexcept(except);
  if (!sigsetjmp(back, 1)) {
    volatile long double r = op == '/' ? a / b : op == '*' ? a * b : op == '-' ? a - b : a + b;
    __asm__ volatile("fwait");
    printf("%s: no signal %La\n", what, r);
  }
  fedisableexcept(FE_ALL_EXCEPT);
  __asm__ volatile("fninit");
}
// The handler repairs the state and goes on.
static void mend(int sig, siginfo_t *info, void *uc) {
  (void)sig; (void)info;
  struct _libc_fpstate *fp = ((ucontext_t *)uc)->uc_mcontext.fpregs;
  printf("mend: swd %x\n", fp->swd);
  fp->cwd |= 0x3f;
  fp->swd &= 0x7f00;
  fp->_st[0].significand[3] = 0x8000;
  fp->_st[0].exponent = 0x4002;
}
int main(void) {
  struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGFPE, &sa, 0);
  long double inf = one / zero;
  try("divide", FE_DIVBYZERO, one, '/', zero);
  try("invalid", FE_INVALID, zero, '/', zero);
  try("infinities", FE_INVALID, inf, '-', inf);
  try("overflow", FE_OVERFLOW, big, '*', big);
  try("underflow", FE_UNDERFLOW, tiny, '/', 3);
  try("inexact", FE_INEXACT, one, '/', 3);
  try("none", FE_DIVBYZERO, one, '/', 3);
  sa.sa_sigaction = mend;
  sigaction(SIGFPE, &sa, 0);
  feclearexcept(FE_ALL_EXCEPT);
  feenableexcept(FE_DIVBYZERO);
  long double r;
  __asm__ volatile("fldz\nfld1\nfdiv %%st(1), %%st\nfwait\nfstp %%st(1)" : "=t"(r));
  printf("mended %Lf\n", r);
  volatile long double v = 0.1L;
  for (int mode = 0; mode < 4; mode++) {
    fesetround((int[]){FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO}[mode]);
    printf("%La %La %d\n", v / 3, -v * 7.3L, fetestexcept(FE_INEXACT) != 0);
  }
  return 0;
}
