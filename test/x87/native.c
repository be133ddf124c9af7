// Runs x87 instructions on the host CPU. Reads records from stdin, writes the same records with the state after to
// stdout. argv[1] = bytes of memory per record (a multiple of 64).
//
//   0   code[16]      instruction bytes, padded with nop; out: [0] = signal number or 0
//   16  rax, 24 rflags (status flags only)
//   32  first 32 bytes of an fxsave image (FCW FSW FTW FOP FIP FDP MXCSR mask)
//   64  ST0 … ST7, 16 bytes each
//   192 memory that rdi points at
//
// Code and memory lie at the addresses CODE and MEMORY, where the test's guest has them too, so that the
// last-instruction pointers compare as they are.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { CODE = 0x1000000, MEMORY = 0x1001000 };
uint8_t fx_in[512] __attribute__((aligned(64)));
uint8_t no_state[576] __attribute__((aligned(64)));
uint8_t fx_out[512] __attribute__((aligned(64)));
uint32_t mxcsr = 0x1f80;
uint64_t io_rax, io_flags, saved_rsp;
uint8_t *code, *memory;
extern char after_case[];
void run_case(void);

__asm__(
    ".text\n.globl run_case\nrun_case:\n"
    "push %rbx\npush %rbp\npush %r12\npush %r13\npush %r14\npush %r15\n"
    "mov %rsp, saved_rsp(%rip)\n"
    "mov $6, %eax\nxor %edx, %edx\nxrstor64 no_state(%rip)\n" // SSE and AVX as after a start
    "fxrstor64 fx_in(%rip)\n"
    "mov memory(%rip), %rdi\n"
    "mov code(%rip), %rdx\n"
    "mov io_rax(%rip), %rax\n"
    "pushq io_flags(%rip)\npopfq\n"
    "call *%rdx\n"
    ".globl after_case\nafter_case:\n"
    "mov %rax, io_rax(%rip)\n"
    "pushfq\npopq io_flags(%rip)\n"
    "fxsave64 fx_out(%rip)\n"
    "fninit\ncld\nldmxcsr mxcsr(%rip)\n"
    "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbp\npop %rbx\n"
    "ret\n");

static volatile int fault;
static void on_signal(int sig, siginfo_t *info, void *uc) {
  (void)info;
  fault = sig;
  greg_t *g = ((ucontext_t *)uc)->uc_mcontext.gregs;
  g[REG_RIP] = (greg_t)after_case;
  g[REG_RSP] = (greg_t)saved_rsp;
}

int main(int argc, char **argv) {
  size_t size = argc > 1 ? (size_t)atoi(argv[1]) : 128, record = 192 + size;
  int prot = PROT_READ | PROT_WRITE | PROT_EXEC, flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  code = mmap((void *)CODE, MEMORY - CODE + 4096, prot, flags, -1, 0);
  if (code == MAP_FAILED) return 1;
  memory = (uint8_t *)MEMORY;
  uint8_t *r = malloc(record), last[16] = {0};
  struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER};
  int signals[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGTRAP};
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &sa, 0);
  setvbuf(stdin, malloc(1 << 20), _IOFBF, 1 << 20);
  setvbuf(stdout, malloc(1 << 20), _IOFBF, 1 << 20);
  __asm__ volatile("fxsave64 fx_in(%rip)");
  memset(fx_in + 160, 0, sizeof fx_in - 160); // the XMM registers start as zero
  while (fread(r, record, 1, stdin) == 1) {
    if (memcmp(last, r, 16)) {
      memcpy(last, r, 16);
      memcpy(code, r, 16);
      code[16] = 0xc3;
      __builtin_ia32_clflush(code);
    }
    memcpy(&io_rax, r + 16, 8);
    memcpy(&io_flags, r + 24, 8);
    memcpy(fx_in, r + 32, 24); // MXCSR stays
    memcpy(fx_in + 32, r + 64, 128);
    memcpy(memory, r + 192, size);
    fault = 0;
    run_case();
    memset(r, 0, 16);
    r[0] = (uint8_t)fault;
    memcpy(r + 16, &io_rax, 8);
    io_flags &= 0x8d5;
    memcpy(r + 24, &io_flags, 8);
    memcpy(r + 32, fx_out, 32);
    memcpy(r + 64, fx_out + 32, 128);
    memcpy(r + 192, memory, size);
    fwrite(r, record, 1, stdout);
  }
  return 0;
}
