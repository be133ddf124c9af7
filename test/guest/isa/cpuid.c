// Is CPUID consistent with what the processor does? For each feature: an instruction of it, which has to work exactly when
// the bit is set and to be an invalid opcode otherwise; the encodings that older processors take for something else always
// work. Prints what is not so; the real processor passes too.
#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { EAX, EBX, ECX, EDX };
struct feature {
  const char *name;
  uint32_t leaf, sub;
  int reg, bit;
  const char *code; // rdi: 64-byte aligned memory; other registers 1
  int length;
};
#define CODE(bytes) bytes, sizeof bytes - 1

static const struct feature FEATURES[] = {
  {"tsc", 1, 0, EDX, 4, CODE("\x0f\x31")},
  {"cx8", 1, 0, EDX, 8, CODE("\x0f\xc7\x0f")},
  {"cmov", 1, 0, EDX, 15, CODE("\x0f\x44\xc0")},
  {"clfsh", 1, 0, EDX, 19, CODE("\x0f\xae\x3f")},
  {"mmx", 1, 0, EDX, 23, CODE("\x0f\xfc\xc0\x0f\x77")},
  {"fxsr", 1, 0, EDX, 24, CODE("\x0f\xae\x07")},
  {"sse", 1, 0, EDX, 25, CODE("\x0f\x58\xc0")},
  {"sse2", 1, 0, EDX, 26, CODE("\x66\x0f\xfe\xc0")},
  {"sse3", 1, 0, ECX, 0, CODE("\xf2\x0f\xd0\xc0")},
  {"pclmulqdq", 1, 0, ECX, 1, CODE("\x66\x0f\x3a\x44\xc0\x00")},
  {"ssse3", 1, 0, ECX, 9, CODE("\x66\x0f\x38\x00\xc0")},
  {"fma", 1, 0, ECX, 12, CODE("\xc4\xe2\xf9\x98\xc0")},
  {"cx16", 1, 0, ECX, 13, CODE("\x48\x0f\xc7\x0f")},
  {"sse4.1", 1, 0, ECX, 19, CODE("\x66\x0f\x38\x17\xc0")},
  {"sse4.2", 1, 0, ECX, 20, CODE("\x66\x0f\x3a\x63\xc0\x00")},
  {"crc32", 1, 0, ECX, 20, CODE("\xf2\x0f\x38\xf1\xc0")},
  {"movbe", 1, 0, ECX, 22, CODE("\x0f\x38\xf0\x07")},
  {"popcnt", 1, 0, ECX, 23, CODE("\xf3\x0f\xb8\xc0")},
  {"aes", 1, 0, ECX, 25, CODE("\x66\x0f\x38\xdc\xc0")},
  {"osxsave", 1, 0, ECX, 27, CODE("\x31\xc9\x0f\x01\xd0")},
  {"xsave", 1, 0, ECX, 26, CODE("\x31\xc0\x31\xd2\x0f\xae\x27")},
  {"avx", 1, 0, ECX, 28, CODE("\xc5\xfc\x58\xc0")},
  {"f16c", 1, 0, ECX, 29, CODE("\xc4\xe2\x79\x13\xc0")},
  {"rdrand", 1, 0, ECX, 30, CODE("\x0f\xc7\xf0")},
  {"fsgsbase", 7, 0, EBX, 0, CODE("\xf3\x48\x0f\xae\xc0")},
  {"bmi1", 7, 0, EBX, 3, CODE("\xc4\xe2\x78\xf2\xc0")},
  {"avx2", 7, 0, EBX, 5, CODE("\xc5\xfd\xfe\xc0")},
  {"bmi2", 7, 0, EBX, 8, CODE("\xc4\xe2\x7b\xf5\xc0")},
  {"rtm", 7, 0, EBX, 11, CODE("\xc7\xf8\x00\x00\x00\x00")},
  {"avx512f", 7, 0, EBX, 16, CODE("\x62\xf1\x7c\x48\x58\xc0")},
  {"rdseed", 7, 0, EBX, 18, CODE("\x0f\xc7\xf8")},
  {"adx", 7, 0, EBX, 19, CODE("\x66\x0f\x38\xf6\xc0")},
  {"sha", 7, 0, EBX, 29, CODE("\x0f\x38\xc8\xc0")},
  {"rdpid", 7, 0, ECX, 22, CODE("\xf3\x0f\xc7\xf8")},
  {"gfni", 7, 0, ECX, 8, CODE("\x66\x0f\x38\xcf\xc0")},
  {"vaes", 7, 0, ECX, 9, CODE("\xc4\xe2\x7d\xdc\xc0")},
  {"vpclmulqdq", 7, 0, ECX, 10, CODE("\xc4\xe3\x7d\x44\xc0\x00")},
  {"serialize", 7, 0, EDX, 14, CODE("\x0f\x01\xe8")},
  {"lahf", 0x80000001, 0, ECX, 0, CODE("\x9f")},
  {"sse4a", 0x80000001, 0, ECX, 6, CODE("\x66\x0f\x79\xc0")},
  {"xop", 0x80000001, 0, ECX, 11, CODE("\x8f\xe8\x78\xa2\xc0\x00")},
  {"fma4", 0x80000001, 0, ECX, 16, CODE("\xc4\xe3\xf9\x69\xc0\x00")},
  {"tbm", 0x80000001, 0, ECX, 21, CODE("\x8f\xe9\x78\x01\xc8")},
  {"rdtscp", 0x80000001, 0, EDX, 27, CODE("\x0f\x01\xf9")},
  {"3dnow", 0x80000001, 0, EDX, 31, CODE("\x0f\x0f\xc0\x9e\x0f\x77")},
  {"xsaveopt", 0xd, 1, EAX, 0, CODE("\x31\xc0\x31\xd2\x0f\xae\x37")},
  {"xsavec", 0xd, 1, EAX, 1, CODE("\x31\xc0\x31\xd2\x0f\xc7\x27")},
};

/* What is something older where it is not known: they always work. */
static const struct feature ALWAYS[] = {
  {"endbr64", 0, 0, 0, 0, CODE("\xf3\x0f\x1e\xfa")},     {"nop r/m", 0, 0, 0, 0, CODE("\x0f\x1f\x44\x00\x00")},
  {"tzcnt", 0, 0, 0, 0, CODE("\xf3\x0f\xbc\xc0")},       {"lzcnt", 0, 0, 0, 0, CODE("\xf3\x0f\xbd\xc0")},
  {"prefetchw", 0, 0, 0, 0, CODE("\x0f\x0d\x0f")},       {"prefetcht0", 0, 0, 0, 0, CODE("\x0f\x18\x0f")},
  {"pause", 0, 0, 0, 0, CODE("\xf3\x90")},               {"bnd nop", 0, 0, 0, 0, CODE("\x0f\x1a\xc0")},
  {"xacquire", 0, 0, 0, 0, CODE("\xf2\xf0\x87\x07")},    {"syscall", 0, 0, 0, 0, CODE("\xb8\x27\x00\x00\x00\x0f\x05")},
};

static sigjmp_buf back;
static void on_signal(int number) { siglongjmp(back, number); }
static unsigned char *page;
static unsigned char memory[4096] __attribute__((aligned(64)));

/* 0, or the signal that the code raised. */
static int run(const char *code, int length) {
  memset(page, 0x90, 64);
  memcpy(page, code, length);
  page[64] = 0xc3;
  memset(memory, 0, sizeof memory);
  int signal = sigsetjmp(back, 1);
  if (signal) return signal;
  uint64_t a = 1, c = 1, d = 1, b = 1, di = (uint64_t)memory;
  __asm__ volatile("call *%[page]" : "+a"(a), "+c"(c), "+d"(d), "+b"(b), "+D"(di) : [page] "r"(page)
                   : "memory", "cc", "r11", "xmm0", "st");
  return 0;
}

static int has(const struct feature *f) {
  uint32_t r[4];
  __cpuid(f->leaf & 0x80000000, r[0], r[1], r[2], r[3]);
  if (r[0] < f->leaf) return 0;
  __cpuid_count(f->leaf, f->sub, r[0], r[1], r[2], r[3]);
  return r[f->reg] >> f->bit & 1;
}

static uint64_t counted(int zero) {
  uint64_t result;
  __asm__ volatile("tzcnt %1, %0" : "=r"(result) : "r"(zero ? 0ul : 8ul), "0"(77ul));
  return result;
}

int main(void) {
  int signals[] = {SIGILL, SIGSEGV, SIGFPE, SIGBUS, SIGTRAP};
  for (int i = 0; i < 5; i++) signal(signals[i], on_signal);
  page = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int features = sizeof FEATURES / sizeof *FEATURES, wrong = 0;
  for (int i = 0; i < features; i++) {
    const struct feature *f = &FEATURES[i];
    int expected = has(f) ? 0 : SIGILL, got = run(f->code, f->length);
    if (got != expected) wrong++, printf("%s: signal %d, expected %d\n", f->name, got, expected);
  }
  for (unsigned i = 0; i < sizeof ALWAYS / sizeof *ALWAYS; i++) {
    int got = run(ALWAYS[i].code, ALWAYS[i].length);
    if (got) wrong++, printf("%s: signal %d\n", ALWAYS[i].name, got);
  }
  /* tzcnt is bsf where it is hidden: a zero leaves the destination */
  struct feature bmi1 = {"bmi1", 7, 0, EBX, 3, "", 0};
  if (counted(1) != (has(&bmi1) ? 64 : 77) || counted(0) != 3) wrong++, puts("tzcnt");
  /* XCR0 is within what leaf 0Dh supports, AVX needs it, and the area is as large as its components */
  struct feature osxsave = {"", 1, 0, ECX, 27, "", 0}, avx = {"", 1, 0, ECX, 28, "", 0};
  if (has(&osxsave)) {
    uint32_t low, high, r[4], size = 576;
    struct feature xgetbv1 = {"", 0xd, 1, EAX, 2, "", 0};
    if (run(CODE("\x0f\x01\xd0")) != (has(&xgetbv1) ? 0 : SIGSEGV)) wrong++, puts("xgetbv of register 1");
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    __cpuid_count(0xd, 0, r[0], r[1], r[2], r[3]);
    uint32_t area = r[1];
    if ((low & ~r[0]) || (high & ~r[3]) || (low & 3) != 3) wrong++, puts("xcr0");
    for (int i = 2; i < 32; i++) {
      if (!(low >> i & 1)) continue;
      __cpuid_count(0xd, i, r[0], r[1], r[2], r[3]);
      if (r[0] + r[1] > size) size = r[0] + r[1];
    }
    if (size != area) wrong++, printf("xsave area: %u, components end at %u\n", area, size);
    if (has(&avx) != (low >> 2 & 1)) wrong++, puts("avx and xcr0");
  } else if (has(&avx)) wrong++, puts("avx without osxsave");
  printf("%d features, %d wrong\n", features, wrong);
  return wrong != 0;
}
