// Runs file system calls that it reads from standard input, one a line, and prints what each answered: the reference for
// test/vfs/differential.test.ts. A line is: name arg…; an argument is a number (0x…, 0…), "string" or a letter:
//   B  a buffer; what was put there is printed     N  a null pointer     X  an address that is not mapped
// After the result, calls of the stat family print mode, link count, and size (of regular files), readlink and getcwd
// the text, read and pread64 the bytes, getdents64 the names in order.
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct call { const char *name; long number; };
#define C(name) { #name, SYS_##name }
static const struct call calls[] = {
  C(open), C(openat), C(creat), C(close), C(read), C(write), C(pread64), C(pwrite64), C(lseek), C(stat), C(lstat), C(fstat),
  C(newfstatat), C(access), C(faccessat), C(mkdir), C(mkdirat), C(rmdir), C(unlink), C(unlinkat), C(rename), C(renameat),
  C(renameat2), C(link), C(linkat), C(symlink), C(symlinkat), C(readlink), C(readlinkat), C(chmod), C(fchmod), C(fchmodat),
  C(truncate), C(ftruncate), C(chdir), C(fchdir), C(getcwd), C(umask), C(dup), C(dup2), C(dup3), C(fcntl), C(mknod), C(mknodat),
  C(getdents64), C(fsync), C(statfs), C(fstatfs), C(flock), C(fallocate), C(sendfile), C(copy_file_range), C(utimensat), C(chown), C(lchown),
  C(fchown), C(fchownat), C(close_range), C(fadvise64), C(readahead), C(sync_file_range), C(splice), C(getxattr), C(ioctl), C(statx),
  C(listxattr), C(setxattr), C(memfd_create), C(syncfs), C(faccessat2), C(openat2), C(chroot), C(readv), C(writev),
};

static char buffer[65536];

static void show(const char *name, long result) {
  if (!strcmp(name, "stat") || !strcmp(name, "lstat") || !strcmp(name, "fstat") || !strcmp(name, "newfstatat")) {
    struct stat *s = (struct stat *)buffer;
    if (result == 0) printf(" %o %ld %ld", s->st_mode, S_ISDIR(s->st_mode) ? 0 : (long)s->st_nlink, S_ISDIR(s->st_mode) ? 0 : (long)s->st_size);
  } else if (result > 0 && (!strncmp(name, "readlink", 8) || !strcmp(name, "read") || !strcmp(name, "pread64"))) {
    printf(" ");
    for (long i = 0; i < result && i < 64; i++) printf("%02x", (unsigned char)buffer[i]);
  } else if (result > 0 && !strcmp(name, "getcwd")) {
    printf(" %s", buffer);
  } else if (result > 0 && !strcmp(name, "getdents64")) {
    for (long at = 0; at < result;) {
      unsigned short size = *(unsigned short *)(buffer + at + 16);
      printf(" %s:%d", buffer + at + 19, buffer[at + 18]);
      at += size;
    }
  }
}

int main(void) {
  static char line[8192];
  while (fgets(line, sizeof line, stdin)) {
    long args[6] = {0};
    int n = 0;
    char *at = line + strcspn(line, " \n");
    char end = *at;
    *at = 0;
    if (end == ' ') at++;
    while (end == ' ' && *at && *at != '\n' && n < 6) {
      if (*at == '"') {
        char *close = strchr(at + 1, '"');
        *close = 0;
        args[n++] = (long)(at + 1);
        at = close + 1;
      } else if (*at == 'B') {
        memset(buffer, 0, 4096);
        args[n++] = (long)buffer;
        at++;
      } else if (*at == 'N') {
        args[n++] = 0;
        at++;
      } else if (*at == 'X') {
        args[n++] = 0x1000;
        at++;
      } else {
        args[n++] = (long)strtoull(at, &at, 0);
        if (0) return 1;
      }
      while (*at == ' ') at++;
    }
    long number = -1;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) if (!strcmp(calls[i].name, line)) number = calls[i].number;
    long result = syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
    printf("%ld", result < 0 && result >= -4095 ? -(long)errno : result);
    show(line, result);
    printf("\n");
  }
  return 0;
}
