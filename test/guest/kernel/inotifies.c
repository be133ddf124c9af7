// inotify(7): events of every kind, and bad calls. One section, named by the argument.
// flags: -w
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

static int in;
static void events(const char *what) {
  static char buf[65536] __attribute__((aligned(8)));
  static unsigned cookies[10]; static int known;
  int n = read(in, buf, sizeof buf);
  printf("%s:", what);
  for (char *p = buf; n > 0 && p < buf + n;) {
    struct inotify_event *e = (void *)p;
    int c = 0; if (e->cookie) { for (c = 0; c < known && cookies[c] != e->cookie; c++); if (c == known) cookies[known++] = e->cookie; c++; }
    printf(" [%d %x %d %s/%d]", e->wd, e->mask, c, e->len ? e->name : "", e->len);
    p += sizeof *e + e->len;
  }
  printf("\n"); fflush(stdout);
}

static void calls(void) {
  char buf[100]; int n;
  T(inotify_init1(1)); in = inotify_init1(IN_CLOEXEC | IN_NONBLOCK); printf("%d %x\n", fcntl(in, F_GETFD), fcntl(in, F_GETFL));
  T(inotify_add_watch(in, "/nosuch", IN_OPEN)); T(inotify_add_watch(in, ".", 0)); T(inotify_add_watch(-1, ".", IN_OPEN)); T(inotify_add_watch(1, ".", IN_OPEN)); T(inotify_add_watch(in, (void *)8, IN_OPEN));
  close(creat("f", 0600)); T(inotify_add_watch(in, "f", IN_OPEN | IN_ONLYDIR)); T(inotify_add_watch(in, "f", IN_OPEN)); T(inotify_add_watch(in, "./f", IN_CLOSE)); T(inotify_add_watch(in, "f", IN_MASK_CREATE | IN_OPEN)); T(inotify_add_watch(in, "f", IN_MASK_CREATE | IN_MASK_ADD | IN_OPEN)); T(inotify_add_watch(in, ".", IN_ALL_EVENTS));
  T(inotify_rm_watch(in, 99)); T(inotify_rm_watch(-1, 1)); T(inotify_rm_watch(1, 1)); T(read(in, buf, 100)); T(write(in, buf, 1)); T(lseek(in, 0, SEEK_SET));
  struct pollfd p = {in, POLLIN, 0}; T(poll(&p, 1, 0)); close(open("f", O_RDONLY)); T(poll(&p, 1, 0)); printf("%x\n", p.revents); T(ioctl(in, FIONREAD, &n)); printf("%d\n", n); T(read(in, buf, 10)); T(read(in, buf, 40)); events("rest"); T(inotify_rm_watch(in, 1)); events("removed"); T(inotify_rm_watch(in, 1)); unlink("f");
}

static void files(void) {
  in = inotify_init1(IN_NONBLOCK); char buf[10]; int fd; close(creat("f", 0600)); T(inotify_add_watch(in, "f", IN_ALL_EVENTS));
  chmod("f", 0644); events("chmod"); chown("f", 0, 0); events("chown"); fd = open("f", O_RDWR); events("open"); write(fd, "xyz", 3); events("write"); lseek(fd, 0, 0); read(fd, buf, 2); read(fd, buf, 1); read(fd, buf, 1); events("read"); ftruncate(fd, 1); events("ftruncate"); fchmod(fd, 0600); events("fchmod"); futimens(fd, NULL); events("futimens"); int d = dup(fd); close(d); events("dup"); close(fd); events("close"); truncate("f", 0); events("truncate"); fd = open("f", O_WRONLY | O_TRUNC); events("open trunc"); close(fd); events("close"); link("f", "g"); events("link"); unlink("g"); unlink("f"); events("gone");
}

static void dirs(void) {
  in = inotify_init1(IN_NONBLOCK); mkdir("d", 0700); T(inotify_add_watch(in, "d", IN_ALL_EVENTS)); int fd = open("d/f", O_CREAT | O_WRONLY, 0600); events("create"); write(fd, "x", 1); write(fd, "y", 1); events("write"); close(fd); events("close"); chmod("d/f", 0644); events("chmod"); mkdir("d/sub", 0700); events("mkdir"); symlink("x", "d/sym"); events("symlink"); mknod("d/fifo", S_IFIFO | 0600, 0); events("mknod"); link("d/f", "d/hard"); events("link"); rename("d/f", "d/f2"); events("rename"); rename("d/f2", "outside"); events("out"); rename("outside", "d/back"); events("in"); rename("d/back", "d/hard2"); events("again"); close(creat("d/victim", 0600)); events("victim"); rename("d/hard2", "d/victim"); events("over"); unlink("d/sym"); events("unlink"); rmdir("d/sub"); events("rmdir"); closedir(opendir("d")); events("opendir"); DIR *dir = opendir("d"); while (readdir(dir)) ; closedir(dir); events("readdir"); unlink("d/fifo"); unlink("d/hard"); unlink("d/victim"); events("unlinks"); rename("d", "e"); events("moved"); close(creat("e/new", 0600)); events("follows"); unlink("e/new"); rmdir("e"); events("gone");
}

static void modes(void) {
  in = inotify_init1(IN_NONBLOCK); close(creat("f", 0600)); T(inotify_add_watch(in, "f", IN_OPEN | IN_ONESHOT)); close(open("f", O_RDONLY)); close(open("f", O_RDONLY)); events("oneshot"); T(inotify_add_watch(in, "f", IN_OPEN)); T(inotify_add_watch(in, "f", IN_CLOSE_NOWRITE | IN_MASK_ADD)); close(open("f", O_RDONLY)); events("added");
  int other = inotify_init1(IN_NONBLOCK); T(inotify_add_watch(other, ".", IN_CLOSE)); close(open("f", O_RDONLY)); close(other); events("two"); symlink("f", "s"); T(inotify_add_watch(in, "s", IN_ATTRIB)); T(inotify_add_watch(in, "s", IN_ATTRIB | IN_DONT_FOLLOW)); 
  in = inotify_init(); T(inotify_add_watch(in, ".", IN_CREATE)); pid_t child = fork(); if (child == 0) { usleep(30000); close(creat("late", 0600)); _exit(0); } events("waited"); waitpid(child, NULL, 0);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "calls")) calls();
  if (!strcmp(what, "files")) files();
  if (!strcmp(what, "dirs")) dirs();
  if (!strcmp(what, "modes")) modes();
  return 0;
}
