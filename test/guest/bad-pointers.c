// Guest pointers outside of memory, lengths of 2^63, long paths, link loops: every call has to answer what Linux answers.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long bad;
static int fd, dirfd_, pipes[2], zero, null;
static char good[65536];

#define P bad
#define G ((long)good)
#define BIG (1L << 62)
#define HUGE_ ((long)(1UL << 63))

static void call(const char *name, long n, long a, long b, long c, long d, long e, long f) {
  long r = syscall(n, a, b, c, d, e, f);
  if (r == -1) printf("  %s: %s\n", name, strerrorname_np(errno));
  else printf("  %s: %ld\n", name, r);
  fflush(stdout);
}
#define SIX(a, b, c, d, e, f, ...) a, b, c, d, e, f
#define CALL(name, ...) call(#name "(" #__VA_ARGS__ ")", SYS_##name, SIX(__VA_ARGS__, 0, 0, 0, 0, 0, 0))

static void pointers(void) {
  CALL(read, fd, P, 100);
  CALL(read, zero, P, 100);
  CALL(read, pipes[0], P, 100);
  CALL(write, fd, P, 100);
  CALL(write, null, P, 100);
  CALL(write, pipes[1], P, 100);
  CALL(pread64, fd, P, 100, 0);
  CALL(pwrite64, fd, P, 100, 0);
  CALL(readv, fd, P, 2);
  CALL(writev, fd, P, 2);
  CALL(preadv, fd, P, 2, 0, 0);
  CALL(open, P, O_RDONLY);
  CALL(openat, AT_FDCWD, P, O_RDONLY);
  CALL(openat2, AT_FDCWD, G, P, 24);
  CALL(creat, P, 0600);
  CALL(stat, P, G);
  CALL(stat, (long)"/", P);
  CALL(lstat, P, G);
  CALL(fstat, fd, P);
  CALL(newfstatat, AT_FDCWD, P, G, 0);
  CALL(newfstatat, AT_FDCWD, (long)"/", P, 0);
  CALL(statx, AT_FDCWD, P, 0, 0xfff, G);
  CALL(statx, AT_FDCWD, (long)"/", 0, 0xfff, P);
  CALL(statfs, P, G);
  CALL(statfs, (long)"/", P);
  CALL(fstatfs, fd, P);
  CALL(access, P, 0);
  CALL(faccessat, AT_FDCWD, P, 0);
  CALL(readlink, P, G, 100);
  CALL(readlink, (long)"/proc/self/exe", P, 100);
  CALL(getcwd, P, 4096);
  CALL(chdir, P);
  CALL(mkdir, P, 0700);
  CALL(rmdir, P);
  CALL(unlink, P);
  CALL(unlinkat, AT_FDCWD, P, 0);
  CALL(rename, P, (long)"x");
  CALL(rename, (long)"x", P);
  CALL(link, P, (long)"x");
  CALL(symlink, P, (long)"x");
  CALL(symlink, (long)"x", P);
  CALL(chmod, P, 0600);
  CALL(chown, P, 0, 0);
  CALL(truncate, P, 0);
  CALL(utimensat, AT_FDCWD, P, 0, 0);
  CALL(utimensat, AT_FDCWD, (long)"data", P, 0);
  CALL(getdents64, dirfd_, P, 4096);
  CALL(pipe, P);
  CALL(pipe2, P, 0);
  CALL(poll, P, 2, 0);
  CALL(ppoll, G, 0, P, 0, 8);
  CALL(select, 5, P, 0, 0, 0);
  CALL(ioctl, pipes[0], 0x541b, P);
  CALL(fcntl, fd, F_GETLK, P);
  CALL(execve, P, 0, 0);
  CALL(execve, (long)"/bin/true", P, 0);
  CALL(execve, (long)"/bin/true", 0, P);
  CALL(wait4, -1, P, 0, 0);
  CALL(uname, P);
  CALL(gettimeofday, P, 0);
  CALL(time, P);
  CALL(times, P);
  CALL(clock_gettime, 0, P);
  CALL(clock_getres, 0, P);
  CALL(nanosleep, P, 0);
  CALL(clock_nanosleep, 0, 0, P, 0);
  CALL(getrlimit, 7, P);
  CALL(setrlimit, 7, P);
  CALL(prlimit64, 0, 7, P, 0);
  CALL(prlimit64, 0, 7, 0, P);
  CALL(getrusage, 0, P);
  CALL(sysinfo, P);
  CALL(rt_sigaction, 10, P, 0, 8);
  CALL(rt_sigaction, 10, 0, P, 8);
  CALL(rt_sigprocmask, 0, P, 0, 8);
  CALL(rt_sigprocmask, 0, 0, P, 8);
  CALL(rt_sigpending, P, 8);
  CALL(rt_sigtimedwait, P, 0, 0, 8);
  CALL(sigaltstack, P, 0);
  CALL(sigaltstack, 0, P);
  CALL(getitimer, 0, P);
  CALL(setitimer, 0, P, 0);
  CALL(futex, P, 0, 0, 0);
  CALL(futex, P, 1, 1, 0);
  CALL(getrandom, P, 16, 0);
  CALL(getgroups, 65536, P);
  CALL(getresuid, P, G, G);
  CALL(sched_getaffinity, 0, 128, P);
  CALL(prctl, 15, P);
  CALL(prctl, 16, P);
  CALL(sendfile, null, fd, P, 10);
  CALL(copy_file_range, fd, P, fd, 0, 10, 0);
  CALL(memfd_create, P, 0);
  CALL(getxattr, P, (long)"user.x", G, 10);
  CALL(getxattr, (long)"data", P, G, 10);
  CALL(socketpair, 1, 1, 0, P);
  CALL(mincore, G & ~4095L, 4096, P);
  CALL(get_mempolicy, P, 0, 0, 0, 0);
}

static void lengths(void) {
  CALL(read, fd, G, HUGE_);
  CALL(read, fd, G, -1L);
  CALL(write, null, G, HUGE_);
  CALL(pread64, fd, G, 10, HUGE_);
  CALL(pwrite64, fd, G, 10, HUGE_);
  CALL(lseek, fd, HUGE_, 0);
  CALL(lseek, fd, BIG, 0);
  CALL(lseek, fd, BIG, 1);
  CALL(lseek, fd, -1L, 0);
  CALL(lseek, fd, 0, 77);
  CALL(ftruncate, fd, HUGE_);
  CALL(ftruncate, fd, -1L);
  CALL(readlink, (long)"/proc/self/exe", G, 0);
  CALL(readlink, (long)"/proc/self/exe", G, -1L);
  CALL(getcwd, G, 1);
  CALL(getcwd, G, 0);
  CALL(poll, G, HUGE_, 0);
  CALL(readv, fd, G, -1L);
  CALL(readv, fd, G, 1025);
  CALL(getgroups, -1L, G);
  CALL(getrandom, G, 8, 0xff);
  CALL(rt_sigprocmask, 0, G, 0, 16);
  CALL(rt_sigaction, 65, 0, 0, 8);
  CALL(rt_sigaction, 9, G, 0, 8);
  CALL(fallocate, fd, 0, -1L, 10);
  CALL(sched_getaffinity, 0, 1, G);
  CALL(epoll_create, 0);
  CALL(dup2, fd, 1 << 30);
  CALL(dup3, fd, fd, 0);
  CALL(fcntl, fd, F_DUPFD, 1 << 30);
  CALL(fcntl, fd, 9999, 0);
  CALL(close, 9999);
  CALL(close, -1L);
  CALL(read, 9999, G, 1);
  CALL(ioctl, fd, 0x12345678, G);
}

static void paths(void) {
  static char path[5002];
  memset(path, 'a', 5000);
  CALL(open, (long)path, O_RDONLY);
  CALL(stat, (long)path, G);
  CALL(mkdir, (long)path, 0700);
  CALL(rename, (long)path, (long)"x");
  path[300] = 0;
  CALL(open, (long)path, O_RDONLY);
  CALL(mkdir, (long)path, 0700);
  for (int i = 1; i < 4095; i += 2) path[i] = '/', path[i - 1] = '.';
  path[4095] = 0;
  CALL(stat, (long)path, G);
  path[4094] = 0;
  CALL(stat, (long)path, G);
  symlink("loop2", "loop1");
  symlink("loop1", "loop2");
  CALL(open, (long)"loop1", O_RDONLY);
  CALL(stat, (long)"loop1/x", G);
  CALL(chdir, (long)"loop1");
  CALL(open, (long)"data/x", O_RDONLY);
  CALL(open, (long)"", O_RDONLY);
  CALL(stat, (long)"", G);
  CALL(open, (long)"data", O_RDONLY | O_DIRECTORY);
  CALL(open, (long)"/", O_WRONLY);
  CALL(open, (long)"data", O_CREAT | O_EXCL | O_RDWR, 0600);
  CALL(mkdir, (long)"data", 0700);
  CALL(rmdir, (long)"data");
  CALL(rmdir, (long)"/");
  CALL(unlink, (long)"/");
  CALL(unlink, (long)"data/");
  CALL(rename, (long)"data", (long)"/nonexistent/x");
  CALL(link, (long)"/", (long)"x");
  CALL(symlink, (long)"x", (long)"data");
  CALL(readlink, (long)"data", G, 10);
  CALL(execve, (long)"data", 0, 0);
  CALL(execve, (long)"/", 0, 0);
  CALL(execve, (long)"", 0, 0);
  CALL(execve, (long)"data/x", 0, 0);
  CALL(execve, (long)"loop1", 0, 0);
}

int main(void) {
  fd = open("data", O_RDWR | O_CREAT, 0600);
  write(fd, "contents of the file\n", 21);
  dirfd_ = open(".", O_RDONLY);
  zero = open("/dev/zero", O_RDONLY);
  null = open("/dev/null", O_WRONLY);
  pipe(pipes);
  write(pipes[1], "some bytes", 10);
  char *none = mmap(0, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *edge = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(edge, 'x', 4096);
  munmap(edge + 4096, 4096);
  const struct { const char *name; long value; } bads[] = {
    {"low", 16}, {"unmapped", 0x10000000}, {"PROT_NONE", (long)none}, {"end of a mapping", (long)edge + 4095},
    {"above 4 GiB", 1L << 40}, {"noncanonical", HUGE_}, {"-4096", -4096L},
  };
  for (unsigned i = 0; i < sizeof bads / sizeof *bads; i++) {
    printf("pointer: %s\n", bads[i].name);
    bad = bads[i].value;
    lseek(fd, 0, SEEK_SET);
    pointers();
  }
  puts("lengths");
  lseek(fd, 0, SEEK_SET);
  lengths();
  puts("paths");
  paths();
  return 0;
}
