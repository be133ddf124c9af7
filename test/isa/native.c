/*
 * Runs instruction cases on the host processor (x86-64 Linux). Its argument is a file of records, which are replaced by the
 * states after them. A record is what test/isa/record.ts lays out: the guest CPU context (assembly/shared/layout.ts),
 * the data window, the code. Cases run one after the other inside a signal handler's sigreturn: the handler stores the
 * state of the case that trapped and loads the next one's into the ucontext, so that the kernel itself loads and saves all
 * registers. Code ends in int3; any exception ends a case as well, and its vector, code and address are recorded.
 *
 *   native FILE      for each byte read from its input; answers with a byte when the file is done
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

/* The same numbers as test/isa/record.ts. */
enum { CTX_BYTES = 1024, WINDOW_BYTES = 1024, CODE_BYTES = 256, RECORD_BYTES = CTX_BYTES + WINDOW_BYTES + CODE_BYTES };
#define DATA_PAGES 0x1000000ul /* two pages, nothing mapped around them */
#define WINDOW (DATA_PAGES + 0x1000 - WINDOW_BYTES / 2)
#define CODE_PAGES 0x2000000ul

/* Offsets in the context (assembly/shared/layout.ts). */
enum {
  GPR = 0, RIP = 136, EFLAGS = 192, FAULT_VECTOR = 200, FAULT_CODE = 204, FAULT_ADDR = 208,
  XMM = 256, YMM_HIGH = 512, X87 = 768, FCW = 896, FSW = 898, FTW = 900, MXCSR = 920
};

/* rax rcx rdx rbx rsp rbp rsi rdi r8 … r15 in gregs */
static const int GREG[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                             REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
/* What a case may set of RFLAGS: the status flags and DF. */
enum { FLAGS_SETTABLE = 0xcd5, FLAGS_FIXED = 0x202 };
enum { XSAVE_HEADER = 512, XSAVE_YMM = 576 };

static unsigned char *records;
static size_t count, next_case;
static gregset_t main_gregs;
static unsigned char main_fp[4096];
static int in_case;
static size_t fp_bytes;

#define FIELD(type, base, offset) (*(type *)((unsigned char *)(base) + (offset)))

static void load(ucontext_t *uc, unsigned char *r) {
  greg_t *g = uc->uc_mcontext.gregs;
  unsigned char *fp = (unsigned char *)uc->uc_mcontext.fpregs;
  for (int i = 0; i < 16; i++) g[GREG[i]] = FIELD(int64_t, r, GPR + 8 * i);
  g[REG_RIP] = FIELD(int64_t, r, RIP);
  g[REG_EFL] = (FIELD(int64_t, r, EFLAGS) & FLAGS_SETTABLE) | FLAGS_FIXED;
  memcpy(fp + 160, r + XMM, 256);
  int top = FIELD(uint16_t, r, FSW) >> 11 & 7;
  for (int i = 0; i < 8; i++) { /* fxsave keeps them in stack order, the context in physical order */
    memcpy(fp + 32 + 16 * i, r + X87 + 16 * ((top + i) & 7), 10);
  }
  FIELD(uint16_t, fp, 0) = FIELD(uint16_t, r, FCW);
  FIELD(uint16_t, fp, 2) = FIELD(uint16_t, r, FSW);
  fp[4] = r[FTW];
  FIELD(uint32_t, fp, 24) = FIELD(uint32_t, r, MXCSR);
  FIELD(uint64_t, fp, XSAVE_HEADER) |= 7; /* x87, SSE and AVX are not in their initial state */
  memcpy(fp + XSAVE_YMM, r + YMM_HIGH, 256);
  memset((void *)DATA_PAGES, 0, 0x2000); /* no case depends on the one before it */
  memcpy((void *)WINDOW, r + CTX_BYTES, WINDOW_BYTES);
}

static void save(ucontext_t *uc, siginfo_t *info, unsigned char *r) {
  greg_t *g = uc->uc_mcontext.gregs;
  unsigned char *fp = (unsigned char *)uc->uc_mcontext.fpregs;
  for (int i = 0; i < 16; i++) FIELD(int64_t, r, GPR + 8 * i) = g[GREG[i]];
  FIELD(int64_t, r, RIP) = g[REG_RIP];
  FIELD(int64_t, r, EFLAGS) = g[REG_EFL];
  FIELD(uint32_t, r, FAULT_VECTOR) = g[REG_TRAPNO];
  FIELD(uint32_t, r, FAULT_CODE) = g[REG_ERR];
  FIELD(uint64_t, r, FAULT_ADDR) = g[REG_TRAPNO] == 14 ? (uint64_t)g[REG_CR2] : 0;
  (void)info;
  memcpy(r + XMM, fp + 160, 256);
  int top = FIELD(uint16_t, fp, 2) >> 11 & 7;
  for (int i = 0; i < 8; i++) memcpy(r + X87 + 16 * ((top + i) & 7), fp + 32 + 16 * i, 10);
  FIELD(uint16_t, r, FCW) = FIELD(uint16_t, fp, 0);
  FIELD(uint16_t, r, FSW) = FIELD(uint16_t, fp, 2);
  r[FTW] = fp[4];
  FIELD(uint32_t, r, MXCSR) = FIELD(uint32_t, fp, 24);
  memcpy(r + YMM_HIGH, fp + XSAVE_YMM, 256);
  memcpy(r + CTX_BYTES, (void *)WINDOW, WINDOW_BYTES);
}

static void on_signal(int number, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  (void)number;
  if (in_case) {
    save(uc, info, records + (next_case - 1) * RECORD_BYTES);
  } else {
    in_case = 1;
    memcpy(main_gregs, uc->uc_mcontext.gregs, sizeof main_gregs);
    memcpy(main_fp, uc->uc_mcontext.fpregs, fp_bytes);
  }
  if (next_case < count) {
    load(uc, records + next_case++ * RECORD_BYTES);
  } else {
    in_case = 0;
    memcpy(uc->uc_mcontext.gregs, main_gregs, sizeof main_gregs);
    memcpy(uc->uc_mcontext.fpregs, main_fp, fp_bytes);
  }
}

static void must(int ok, const char *what) {
  if (ok) return;
  perror(what);
  exit(2);
}

static void map(unsigned long at, size_t bytes, int protection) {
  void *got = mmap((void *)at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  must(got == (void *)at, "mmap");
}

static void run(const char *path) {
  int file = open(path, O_RDWR);
  struct stat status;
  must(file >= 0 && fstat(file, &status) == 0, path);
  size_t size = status.st_size;
  records = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, 0);
  must(records != MAP_FAILED, "mmap of the records");
  count = size / RECORD_BYTES;
  next_case = 0;
  size_t code = count * CODE_BYTES + 0x2000;
  map(CODE_PAGES, code, PROT_READ | PROT_WRITE | PROT_EXEC);
  memset((void *)CODE_PAGES, 0xcc, code);
  for (size_t i = 0; i < count; i++)
    memcpy((void *)(CODE_PAGES + i * CODE_BYTES), records + i * RECORD_BYTES + CTX_BYTES + WINDOW_BYTES, CODE_BYTES);
  __asm__ volatile("int3" ::: "memory");
  munmap((void *)CODE_PAGES, code);
  munmap(records, size);
  close(file);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  fp_bytes = XSAVE_YMM + 256;
  map(DATA_PAGES, 0x2000, PROT_READ | PROT_WRITE);
  static unsigned char stack[1 << 16];
  stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
  must(sigaltstack(&alternate, NULL) == 0, "sigaltstack");
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigfillset(&action.sa_mask);
  const int signals[] = {SIGTRAP, SIGILL, SIGSEGV, SIGFPE, SIGBUS};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
  for (char byte; read(0, &byte, 1) == 1;) {
    run(argv[1]);
    must(write(1, &byte, 1) == 1, "answer");
  }
  return 0;
}
