// Calls of mmap and its kin, good and bad: only results that do not depend on addresses are printed.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096L
static void say(const char *what, long result) {
  if (result < 0 && result > -4096) printf("%s: -%s\n", what, strerrorname_np(-result));
  else printf("%s: %ld\n", what, result);
}
static long sys(long n, long a, long b, long c, long d, long e, long f) {
  long r = syscall(n, a, b, c, d, e, f);
  return r == -1 ? -errno : r;
}
#define SAY(what, call) say(what, (call))
#define OK(what, p) printf("%s: %s\n", what, (p) == MAP_FAILED ? strerrorname_np(errno) : "ok")
#define MMAP(a, l, p, fl, fd, o) mmap((void *)(a), l, p, fl, fd, o)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf back;
static volatile int code;
static void handler(int sig, siginfo_t *info, void *context) {
  (void)context;
  code = sig * 100 + info->si_code;
  siglongjmp(back, 1);
}
/* Signal and si_code of an access, 0 if it is fine. */
static int touch(volatile char *p, int write) {
  code = 0;
  if (sigsetjmp(back, 1) == 0) {
    if (write) *p = 1;
    else (void)*p;
  }
  return code;
}

int main(void) {
  struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGSEGV, &sa, 0);
  sigaction(SIGBUS, &sa, 0);

  // arguments
  OK("length 0", MMAP(0, 0, PROT_READ, ANON, -1, 0));
  OK("no type", MMAP(0, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
  OK("type 0xf", MMAP(0, PAGE, PROT_READ, 0xf | MAP_ANONYMOUS, -1, 0));
  OK("bad fd", MMAP(0, PAGE, PROT_READ, MAP_PRIVATE, 99, 0));
  OK("fd of anonymous ignored", MMAP(0, PAGE, PROT_READ, ANON, 99, 0));
  OK("misaligned offset", MMAP(0, PAGE, PROT_READ, ANON, -1, 1));
  OK("misaligned fixed", MMAP(0x10000001, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0));
  OK("length 2^63", MMAP(0, 1UL << 63, PROT_READ, ANON, -1, 0));
  OK("length -1", MMAP(0, -1UL, PROT_READ, ANON, -1, 0));
  OK("length 2^48", MMAP(0, 1UL << 48, PROT_READ, ANON, -1, 0));
  OK("fixed at 2^63", MMAP(1UL << 63, PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0));
  OK("hint at 2^63", MMAP(1UL << 63, PAGE, PROT_READ, ANON, -1, 0));
  OK("hugetlb", MMAP(0, PAGE, PROT_READ, ANON | MAP_HUGETLB, -1, 0));
  int dir = open("/", O_RDONLY), null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
  int path = open("/", O_PATH), pipes[2];
  pipe(pipes);
  OK("directory", MMAP(0, PAGE, PROT_READ, MAP_PRIVATE, dir, 0));
  OK("/dev/null", MMAP(0, PAGE, PROT_READ, MAP_PRIVATE, null, 0));
  OK("pipe", MMAP(0, PAGE, PROT_READ, MAP_PRIVATE, pipes[0], 0));
  OK("write end of a pipe", MMAP(0, PAGE, PROT_READ, MAP_PRIVATE, pipes[1], 0));
  OK("O_PATH", MMAP(0, PAGE, PROT_READ, MAP_PRIVATE, path, 0));
  char *z = MMAP(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
  printf("/dev/zero: %d\n", z == MAP_FAILED ? -1 : z[100]);

  // munmap, mprotect
  SAY("munmap misaligned", sys(SYS_munmap, 1, PAGE, 0, 0, 0, 0));
  SAY("munmap 0", sys(SYS_munmap, 0x10000000, 0, 0, 0, 0, 0));
  SAY("munmap nothing", sys(SYS_munmap, 0x10000000, PAGE, 0, 0, 0, 0));
  SAY("munmap 2^63", sys(SYS_munmap, 0x10000000, 1UL << 63, 0, 0, 0, 0));
  SAY("munmap at 2^63", sys(SYS_munmap, 1UL << 63, PAGE, 0, 0, 0, 0));
  char *p = MMAP(0, 16 * PAGE, PROT_READ | PROT_WRITE, ANON, -1, 0);
  memset(p, 7, 16 * PAGE);
  SAY("mprotect misaligned", sys(SYS_mprotect, (long)p + 1, PAGE, 1, 0, 0, 0));
  SAY("mprotect length 0", sys(SYS_mprotect, (long)p, 0, 1, 0, 0, 0));
  SAY("mprotect bad prot", sys(SYS_mprotect, (long)p, PAGE, 0x100, 0, 0, 0));
  SAY("mprotect overflow", sys(SYS_mprotect, (long)p, -1UL, 1, 0, 0, 0));
  SAY("mprotect hole", sys(SYS_mprotect, 0x10000000, PAGE, 1, 0, 0, 0));
  SAY("mprotect grows", sys(SYS_mprotect, (long)p, PAGE, PROT_READ | PROT_GROWSDOWN, 0, 0, 0));
  SAY("mprotect read-only", mprotect(p + PAGE, PAGE, PROT_READ));
  printf("write to read-only: %d\n", touch(p + PAGE, 1));
  printf("read of it: %d\n", touch(p + PAGE, 0));
  SAY("mprotect none", mprotect(p + 2 * PAGE, PAGE, PROT_NONE));
  printf("read of none: %d\n", touch(p + 2 * PAGE, 0));
  SAY("mprotect back", mprotect(p + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE));
  printf("contents kept: %d\n", p[2 * PAGE]);
  SAY("munmap in the middle", munmap(p + 4 * PAGE, 2 * PAGE));
  printf("read of unmapped: %d\n", touch(p + 4 * PAGE, 0));
  SAY("mprotect over the hole", mprotect(p, 8 * PAGE, PROT_READ));
  printf("before the hole changed: %d\n", touch(p + 3 * PAGE, 1));
  printf("behind it not: %d\n", touch(p + 6 * PAGE, 1));
  OK("noreplace", MMAP(p, PAGE, PROT_READ, ANON | MAP_FIXED_NOREPLACE, -1, 0));
  OK("noreplace in the hole", MMAP(p + 4 * PAGE, PAGE, PROT_READ, ANON | MAP_FIXED_NOREPLACE, -1, 0));
  printf("zero: %d\n", p[4 * PAGE]);
  printf("hint taken: %d\n", MMAP(p + 5 * PAGE, PAGE, PROT_READ, ANON, -1, 0) == p + 5 * PAGE);
  printf("null page: %d, %d\n", touch((char *)8, 0), touch((char *)8, 1));
  printf("noncanonical: %d\n", touch((char *)(1UL << 63), 0) / 100);

  // files
  int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0644);
  for (int i = 0; i < 6000; i++) dprintf(fd, "%c", 'a' + i % 26);
  int readonly = open("data", O_RDONLY), writeonly = open("data", O_WRONLY);
  OK("write-only file", MMAP(0, PAGE, PROT_READ, MAP_PRIVATE, writeonly, 0));
  OK("shared write of read-only", MMAP(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, readonly, 0));
  char *f = MMAP(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, readonly, 0);
  printf("file: %.5s %.5s tail %d\n", f, f + PAGE, f[6000]);
  printf("beyond the end: %d %d\n", touch(f + 2 * PAGE, 0), touch(f + 3 * PAGE, 1));
  f[0] = 'X';
  char c;
  pread(fd, &c, 1, 0);
  printf("private: file still has %c\n", c);
  SAY("dontneed", madvise(f, PAGE, MADV_DONTNEED));
  printf("file again: %c\n", f[0]);
  char *second = MMAP(0, PAGE, PROT_READ, MAP_PRIVATE, readonly, PAGE);
  printf("at offset: %.5s\n", second);
  char *s = MMAP(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  memcpy(s + 10, "SHARED", 6);
  SAY("msync", msync(s, 2 * PAGE, MS_SYNC));
  char text[20] = {0};
  pread(fd, text, 16, 5);
  printf("file after msync: %s\n", text);
  memcpy(s + 5990, "END OF FILE AND BEYOND", 22);
  SAY("munmap shared", munmap(s, 2 * PAGE));
  printf("size %ld\n", (long)lseek(fd, 0, SEEK_END));
  char *ro = MMAP(0, PAGE, PROT_READ, MAP_SHARED, readonly, 0);
  SAY("mprotect shared read-only file", mprotect(ro, PAGE, PROT_READ | PROT_WRITE) ? -errno : 0);
  SAY("msync flags", sys(SYS_msync, (long)ro, PAGE, MS_SYNC | MS_ASYNC, 0, 0, 0));
  SAY("msync misaligned", sys(SYS_msync, (long)ro + 1, PAGE, MS_SYNC, 0, 0, 0));
  SAY("msync hole", sys(SYS_msync, 0x10000000, PAGE, MS_SYNC, 0, 0, 0));

  // mremap
  char *m = MMAP(0, 4 * PAGE, PROT_READ | PROT_WRITE, ANON, -1, 0);
  memset(m, 5, 4 * PAGE);
  char *m2 = mremap(m, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
  printf("grown: %d %d\n", m2[4 * PAGE - 1], m2[63 * PAGE]);
  SAY("shrunk in place", mremap(m2, 64 * PAGE, PAGE, 0) == m2);
  printf("tail gone: %d\n", touch(m2 + PAGE, 0));
  SAY("new length 0", sys(SYS_mremap, (long)m2, PAGE, 0, 1, 0, 0));
  SAY("bad flags", sys(SYS_mremap, (long)m2, PAGE, PAGE, 8, 0, 0));
  SAY("fixed without maymove", sys(SYS_mremap, (long)m2, PAGE, PAGE, 2, 0x20000000, 0));
  SAY("misaligned", sys(SYS_mremap, (long)m2 + 1, PAGE, PAGE, 1, 0, 0));
  SAY("of nothing", sys(SYS_mremap, 0x10000000, PAGE, PAGE, 1, 0, 0));
  SAY("old length 0", sys(SYS_mremap, (long)m2, 0, PAGE, 1, 0, 0));
  char *target = MMAP(0, 2 * PAGE, PROT_READ, ANON, -1, 0);
  printf("fixed: %d\n", mremap(m2, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
  printf("moved: %d, old %d\n", target[10], touch(m2, 0));
  printf("fixed onto itself: -%s\n", (mremap(target, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target), strerrorname_np(errno)));
  m = MMAP(0, PAGE, PROT_READ | PROT_WRITE, ANON, -1, 0);
  m[0] = 9;
  m2 = mremap(m, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
  printf("dontunmap: %d %d\n", m2 == MAP_FAILED ? -1 : m2[0], m[0]);

  // madvise, mincore, mlock
  SAY("madvise unknown", sys(SYS_madvise, (long)m, PAGE, 77, 0, 0, 0));
  SAY("madvise misaligned", sys(SYS_madvise, (long)m + 1, PAGE, 4, 0, 0, 0));
  SAY("madvise hole", sys(SYS_madvise, 0x10000000, PAGE, 4, 0, 0, 0));
  SAY("madvise length 0", sys(SYS_madvise, (long)m, 0, 4, 0, 0, 0));
  m[0] = 3;
  SAY("madvise dontneed", madvise(m, PAGE, MADV_DONTNEED));
  printf("zero again: %d\n", m[0]);
  unsigned char vec[4] = {9, 9, 9, 9};
  m[0] = 1;
  SAY("mincore", mincore(m, PAGE, vec));
  printf("resident: %d, next %d\n", vec[0] & 1, vec[1]);
  SAY("mincore hole", sys(SYS_mincore, 0x10000000, PAGE, (long)vec, 0, 0, 0));
  SAY("mincore bad vec", sys(SYS_mincore, (long)m, PAGE, 16, 0, 0, 0));
  SAY("mlock", mlock(m, PAGE));
  SAY("mlock hole", sys(SYS_mlock, 0x10000000, PAGE, 0, 0, 0, 0));
  SAY("munlock", munlock(m, PAGE));
  SAY("mlockall 0", sys(SYS_mlockall, 0, 0, 0, 0, 0, 0));
  SAY("mlockall bad", sys(SYS_mlockall, 64, 0, 0, 0, 0, 0));

  // brk
  char *start = sbrk(0);
  SAY("brk grows", sbrk(3 * PAGE + 100) == start);
  start[3 * PAGE + 50] = 4;
  SAY("brk shrinks", brk(start + PAGE));
  SAY("brk grows again", brk(start + 4 * PAGE));
  printf("zero: %d\n", start[3 * PAGE + 50]);
  printf("brk to 0 answers the break: %d\n", sys(SYS_brk, 0, 0, 0, 0, 0, 0) == (long)start + 4 * PAGE);
  printf("brk too far: %d\n", brk((char *)0x7f0000000000));

  // many mappings, and large ones that are only reserved
  char *many[200];
  for (int i = 0; i < 200; i++) many[i] = MMAP(0, PAGE, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, ANON, -1, 0);
  for (int i = 0; i < 200; i += 2) many[i][0] = i;
  for (int i = 0; i < 200; i += 2) if ((unsigned char)many[i][0] != i) puts("lost");
  for (int i = 0; i < 200; i++) munmap(many[i], PAGE);
  char *big = MMAP(0, 512 << 20, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
  OK("512 MiB reserved", big);
  SAY("a page of it", mprotect(big + (256 << 20), PAGE, PROT_READ | PROT_WRITE));
  big[256 << 20] = 1;
  SAY("munmap", munmap(big, 512 << 20));
  struct rlimit limit = {64 << 20, 64 << 20};
  setrlimit(RLIMIT_AS, &limit);
  OK("beyond RLIMIT_AS", MMAP(0, 128 << 20, PROT_READ, ANON, -1, 0));
  return 0;
}
