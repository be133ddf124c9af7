// MAP_SHARED of a file: what was written has to be in the file at exit, at _exit of a child, at exec, and without msync.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
static char *map(const char *name) {
  int fd = open(name, O_RDWR | O_CREAT, 0600);
  ftruncate(fd, 5000);
  char *p = mmap(0, 5000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return p;
}
static void show(const char *name) {
  char text[11] = {0};
  int fd = open(name, O_RDONLY);
  pread(fd, text, 10, 4995 - 10);
  printf("%s: %s\n", name, text);
  close(fd);
}
int main(int argc, char **argv) {
  if (argc > 1) {
    show("exec");
    strcpy(map("exit") + 4985, "at exit");
    return 0;
  }
  char *before = map("fork");
  strcpy(before + 4985, "parent");
  fflush(stdout);
  if (fork() == 0) {
    show("fork");
    fflush(stdout);
    strcpy(before + 4985, "child");
    strcpy(map("child") + 4985, "its own");
    _exit(0);
  }
  wait(0);
  show("fork");
  show("child");
  strcpy(map("exec") + 4985, "at exec");
  fflush(stdout);
  execl("/proc/self/exe", argv[0], "again", (char *)0);
}
