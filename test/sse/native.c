// Runs single instructions on the real processor. stdin: u32 number of cases, then cases; stdout: the cases afterwards.
// A case is struct state: the instruction's bytes, all registers (an xsave image and the GPRs), the flags, and 64 bytes
// of memory, which are placed at the end of a page whose successor is not mapped (guest address MEMORY).
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PAGE 0x10000000ul
#define MEMORY (PAGE + 0x1000 - 64)

struct state {
  uint8_t fx[512];
  uint64_t header[8];
  uint8_t ymm_high[256];
  uint64_t gpr[16]; // rax rcx rdx rbx rsp rbp rsi rdi r8 … r15; rsp and r15 are not loaded
  uint64_t rflags;
  uint32_t fault; // exception vector, or 0xffffffff
  uint32_t length;
  uint8_t code[16];
  uint64_t address; // of a page fault
  uint64_t error;   // its error code
  uint8_t padding[16];
  uint8_t memory[64];
  uint8_t end[64];
};
_Static_assert(sizeof(struct state) == 1152, "layout");

static struct state *now;
static uint8_t *code;
static sigjmp_buf jump;

/** Loads everything from *r15, runs the code, comes back at `leave`, saves everything. */
__attribute__((naked)) static void run(__attribute__((unused)) struct state *s, __attribute__((unused)) void *code) {
  __asm__("push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
          "mov %rdi, %r15\n push %rsi\n"
          "mov $7, %eax\n xor %edx, %edx\n xrstor64 (%r15)\n"
          "pushq 960(%r15)\n popfq\n"
          "mov 832(%r15), %rax\n mov 840(%r15), %rcx\n mov 848(%r15), %rdx\n mov 856(%r15), %rbx\n"
          "mov 872(%r15), %rbp\n mov 880(%r15), %rsi\n mov 888(%r15), %rdi\n mov 896(%r15), %r8\n"
          "mov 904(%r15), %r9\n mov 912(%r15), %r10\n mov 920(%r15), %r11\n mov 928(%r15), %r12\n"
          "mov 936(%r15), %r13\n mov 944(%r15), %r14\n"
          "call *(%rsp)\n"
          "mov %rax, 832(%r15)\n mov %rcx, 840(%r15)\n mov %rdx, 848(%r15)\n mov %rbx, 856(%r15)\n"
          "mov %rbp, 872(%r15)\n mov %rsi, 880(%r15)\n mov %rdi, 888(%r15)\n mov %r8, 896(%r15)\n"
          "mov %r9, 904(%r15)\n mov %r10, 912(%r15)\n mov %r11, 920(%r15)\n mov %r12, 928(%r15)\n"
          "mov %r13, 936(%r15)\n mov %r14, 944(%r15)\n"
          "pushfq\n popq 960(%r15)\n"
          "mov $7, %eax\n xor %edx, %edx\n xsave64 (%r15)\n"
          "pop %rsi\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n");
}

static void on_signal(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  ucontext_t *u = context;
  static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  const uint8_t *image = (const uint8_t *)u->uc_mcontext.fpregs;
  memcpy(now->fx, image, 512);
  if (image[512] & 4) memcpy(now->ymm_high, image + 576, 256);
  else memset(now->ymm_high, 0, 256);
  for (int i = 0; i < 15; i++)
    if (i != 4) now->gpr[i] = u->uc_mcontext.gregs[order[i]];
  now->rflags = u->uc_mcontext.gregs[REG_EFL];
  now->fault = u->uc_mcontext.gregs[REG_TRAPNO];
  now->address = now->fault == 14 ? u->uc_mcontext.gregs[REG_CR2] : 0;
  now->error = u->uc_mcontext.gregs[REG_ERR];
  siglongjmp(jump, 1);
}

int main(void) {
  uint32_t count;
  if (fread(&count, 4, 1, stdin) != 1) return 1;
  mmap((void *)PAGE, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  now = aligned_alloc(64, sizeof *now);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER};
  int signals[] = {SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGTRAP};
  for (int i = 0; i < 5; i++) sigaction(signals[i], &action, 0);
  for (uint32_t i = 0; i < count; i++) {
    if (fread(now, sizeof *now, 1, stdin) != 1) return 1;
    memcpy(code, now->code, 16);
    code[now->length] = 0xc3;
    memcpy((void *)MEMORY, now->memory, 64);
    memset(now->header, 0, sizeof now->header);
    now->header[0] = 7;
    now->fault = 0xffffffff;
    now->address = now->error = 0;
    if (!sigsetjmp(jump, 1)) run(now, code);
    unsigned mxcsr = 0x1f80;
    __asm__ volatile("ldmxcsr %0\n fninit" ::"m"(mxcsr));
    memcpy(now->memory, (void *)MEMORY, 64);
    fwrite(now, sizeof *now, 1, stdout);
  }
  return 0;
}
