// What else can be done with standard input and output than to read and write them? Prints to standard error what of it
// worked; and opens the devices in /in by a way round.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static void tell(const char *what, int fd, int worked) {
  if (worked) fprintf(stderr, "%s %d\n", what, fd);
}

static void reopen(const char *what, int fd, const char *path, int flags) {
  int again = open(path, flags);
  tell(what, fd, again >= 0);
  if (again >= 0) close(again);
}

int main(void) {
  for (int fd = 0; fd < 2; fd++) {
    char path[32];
    sprintf(path, "/proc/self/fd/%d", fd);
    reopen("read", fd, path, O_RDONLY);
    reopen("write", fd, path, O_WRONLY);
    reopen("both", fd, path, O_RDWR);
    reopen("path", fd, path, O_PATH);
    reopen("truncate", fd, path, O_RDONLY | O_TRUNC);
    tell("chmod", fd, fchmod(fd, 0777) == 0);
    tell("chown", fd, fchown(fd, 1, 1) == 0);
    tell("times", fd, futimes(fd, NULL) == 0);
    tell("link", fd, linkat(AT_FDCWD, path, AT_FDCWD, "/in/linked", AT_SYMLINK_FOLLOW) == 0);
    tell("map", fd, mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED);
  }
  int device = open("/in/device", O_PATH);
  char path[32];
  sprintf(path, "/proc/self/fd/%d", device);
  reopen("device", device, path, O_RDWR | O_NONBLOCK);
  tell("found", 0, device >= 0);
  return 0;
}
