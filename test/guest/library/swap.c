// Three processes of a guest against its own walls: two swap the directory /in/real with a symlink to argv[1] as fast as
// they can, by rename and by RENAME_EXCHANGE; this one uses the name in all ways, for argv[2] rounds. Prints how often it
// read what does not begin with "decoy".
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int leaks, reads;

static void look(int fd) {
  char text[16];
  if (fd < 0) return;
  ssize_t n = read(fd, text, sizeof text);
  reads++;
  if (n >= 5 && memcmp(text, "decoy", 5) != 0) leaks++;
  close(fd);
}

static pid_t spawn(void (*swap)(void)) {
  pid_t pid = fork();
  if (pid == 0)
    for (;;) swap();
  return pid;
}

static void exchange(void) { syscall(SYS_renameat2, AT_FDCWD, "/in/real", AT_FDCWD, "/in/link", 2); }

static void renames(void) {
  rename("/in/real", "/in/keep");
  rename("/in/link", "/in/real");
  rename("/in/real", "/in/link");
  rename("/in/keep", "/in/real");
}

int main(int argc, char **argv) {
  symlink(argv[1], "/in/link");
  pid_t one = spawn(exchange), two = spawn(renames);
  for (int rounds = atoi(argv[2]); rounds > 0; rounds--) {
    look(open("/in/real/secret", O_RDONLY));
    int made = open("/in/real/made", O_CREAT | O_WRONLY, 0666);
    if (made >= 0) close(made);
    mkdir("/in/real/dir", 0755);
    rename("/in/real/dir", "/in/real/dir2");
    rmdir("/in/real/dir2");
    chmod("/in/real/secret", 0777);
    truncate("/in/real/secret", 5);
    link("/in/real/secret", "/in/real/hard");
    unlink("/in/real/hard");
    symlink("x", "/in/real/symlink");
    unlink("/in/real/symlink");
    if (chdir("/in/real") == 0) look(open("secret", O_RDONLY));
    look(open("../secret", O_RDONLY));
  }
  kill(one, SIGKILL);
  kill(two, SIGKILL);
  printf("%s, %d leaks\n", reads > 0 ? "read" : "nothing read", leaks);
  return 0;
}
