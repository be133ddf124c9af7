// Extended attributes of the user and trusted namespaces: results and errno of good and bad calls.
// flags: -w
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "show.h"

int main(void) {
  chmod(".", 0755);
  char buf[300], big[300]; memset(big, 'a', 299); memcpy(big, "user.", 5); big[299] = 0;
  close(creat("f", 0644)); mkdir("d", 0755); symlink("f", "s"); symlink("nosuch", "dangling"); mknod("p", S_IFIFO | 0644, 0); int fd = open("f", O_RDWR), ofd = open("f", O_PATH);
  T(getxattr("f", "user.a", buf, 10)); T(listxattr("f", buf, 100)); T(removexattr("f", "user.a")); T(setxattr("f", "user.a", "one", 3, XATTR_REPLACE)); T(setxattr("f", "user.a", "one", 3, XATTR_CREATE)); T(setxattr("f", "user.a", "one", 3, XATTR_CREATE)); T(setxattr("f", "user.a", "three", 5, XATTR_REPLACE)); T(setxattr("f", "user.a", "x", 1, 7));
  memset(buf, 0, sizeof buf); T(getxattr("f", "user.a", buf, 300)); printf("%s\n", buf); T(getxattr("f", "user.a", NULL, 0)); T(getxattr("f", "user.a", buf, 2)); T(setxattr("f", "user.b", "", 0, 0)); T(getxattr("f", "user.b", buf, 300)); T(listxattr("f", NULL, 0)); T(listxattr("f", buf, 3)); T(listxattr("f", buf, 300)); printf("%s %s\n", buf, buf + 7);
  T(setxattr("f", "user.", "x", 1, 0)); T(setxattr("f", "", "x", 1, 0)); T(setxattr("f", "nonamespace", "x", 1, 0)); T(setxattr("f", "foo.bar", "x", 1, 0)); T(setxattr("f", big, "x", 1, 0)); T(setxattr("f", "user.big", big, 70000, 0)); T(setxattr("f", (void *)8, "x", 1, 0)); T(setxattr("f", "user.c", (void *)8, 4, 0)); T(setxattr("nosuch", "user.a", "x", 1, 0)); T(getxattr("f", "foo.bar", buf, 10)); T(getxattr("f", "user.a", (void *)8, 10)); T(removexattr("f", "foo.bar"));
  T(setxattr("d", "user.dir", "x", 1, 0)); T(getxattr("d", "user.dir", buf, 10)); T(setxattr("p", "user.p", "x", 1, 0)); T(getxattr("p", "user.p", buf, 1)); T(setxattr("/dev/null", "user.p", "x", 1, 0)); T(setxattr("s", "user.s", "via", 3, 0)); T(getxattr("f", "user.s", buf, 10)); T(lsetxattr("s", "user.s", "x", 1, 0)); T(lgetxattr("s", "user.s", buf, 10)); T(llistxattr("s", buf, 10)); T(lsetxattr("s", "trusted.s", "x", 1, 0)); T(lgetxattr("s", "trusted.s", buf, 10)); T(setxattr("dangling", "user.a", "x", 1, 0)); T(lsetxattr("p", "trusted.p", "x", 1, 0));
  T(fsetxattr(fd, "user.fd", "x", 1, 0)); T(fgetxattr(fd, "user.fd", buf, 10)); T(flistxattr(fd, NULL, 0)); T(fremovexattr(fd, "user.fd")); T(fgetxattr(fd, "user.fd", buf, 10)); T(fsetxattr(-1, "user.fd", "x", 1, 0)); T(fgetxattr(ofd, "user.fd", buf, 1)); T(flistxattr(ofd, buf, 1)); T(fremovexattr(99, "user.fd"));
  T(setxattr("f", "trusted.t", "t", 1, 0)); T(getxattr("f", "trusted.t", buf, 10)); T(listxattr("f", NULL, 0)); T(getxattr("/proc/self/status", "user.a", buf, 1)); T(listxattr("/proc/self/status", buf, 1)); int pp[2]; pipe(pp); T(fgetxattr(pp[0], "user.a", buf, 1));
  if (fork() == 0) { setuid(1000); T(listxattr("f", NULL, 0)); T(getxattr("f", "trusted.t", buf, 10)); T(setxattr("f", "trusted.u", "x", 1, 0)); T(setxattr("f", "user.u", "x", 1, 0)); T(getxattr("f", "user.a", buf, 10)); T(removexattr("f", "user.a")); T(setxattr("f", "security.x", "x", 1, 0)); _exit(0); } wait(NULL);
  rename("f", "g"); T(getxattr("g", "user.a", buf, 10)); unlink("g"); close(creat("f", 0600)); T(getxattr("f", "user.a", buf, 10)); unlink("f"); unlink("s"); unlink("dangling"); unlink("p"); rmdir("d");
  return 0;
}
