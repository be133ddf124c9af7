// Takes as much as it gets of what argv[1] names, and prints how many MiB that were.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

static char megabyte[1 << 20];
static int got;

static void enough(int signal) {
  printf("%d\n", got);
  fflush(stdout);
  _exit(0);
}

static void touch(volatile char *mib) {
  for (int at = 0; at < 1 << 20; at += 4096) mib[at] = 1;
  got++;
}

int main(int argc, char **argv) {
  signal(SIGBUS, enough);
  if (strcmp(argv[1], "memfd") == 0) {
    int fd = memfd_create("greedy", 0);
    while (got < 512 && write(fd, megabyte, sizeof megabyte) == sizeof megabyte) got++;
  } else {
    while (got < 512) {
      int id = shmget(IPC_PRIVATE, 1 << 20, 0600 | IPC_CREAT);
      char *mib = id < 0 ? (char *)-1 : shmat(id, 0, 0);
      if (mib == (char *)-1) break;
      touch(mib);
      shmdt(mib);
    }
  }
  enough(0);
}
