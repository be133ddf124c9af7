// mount(2) of tmpfs and binds, read-only mounts and what they refuse, umount2(2), as root.
// flags: -w
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "show.h"
static int opened(int fd) { if (fd < 0) return -1; close(fd); return 0; }
#define OK(call) show(#call, opened(call))

int main(void) {
  struct stat st; struct statfs fs; int fd; chmod(".", 0755);
  mkdir("mnt", 0755); mkdir("other", 0755); close(creat("f", 0600)); close(creat("mnt/below", 0600));
  T(mount("none", "nosuch", "tmpfs", 0, 0)); T(mount("none", "mnt", "nosuchfs", 0, 0)); T(mount("none", "mnt", NULL, 0, 0)); T(mount("none", "f", "tmpfs", 0, 0)); T(mount("nosuchdev", "mnt", "ext4", 0, 0)); T(mount("f", "mnt", "ext4", 0, 0)); T(umount("nosuch")); T(umount("mnt")); T(umount2("mnt", 99)); T(mount("none", "mnt", "tmpfs", MS_REMOUNT, 0)); T(mount((void *)8, "mnt", "tmpfs", 0, 0)); T(mount("none", (void *)8, "tmpfs", 0, 0)); T(syscall(SYS_pivot_root, "mnt", "nosuch"));
  if (fork() == 0) { setuid(1000); T(mount("none", "mnt", "tmpfs", 0, 0)); T(umount("mnt")); _exit(0); } wait(NULL);
  T(mount("source", "mnt", "tmpfs", 0, "mode=0750")); T(access("mnt/below", F_OK)); stat("mnt", &st); printf("%o\n", st.st_mode); statfs("mnt", &fs); printf("%lx\n", (long)fs.f_type); fd = creat("mnt/file", 0644); T(write(fd, "hello", 5)); T(umount("mnt")); close(fd); T(mkdir("mnt/dir", 0755)); T(symlink("file", "mnt/sym")); T(rename("mnt/file", "moved")); T(link("mnt/file", "linked")); T(rename("mnt", "other2")); T(rmdir("mnt"));
  if (fork() == 0) { T(access("mnt/file", R_OK)); _exit(0); } wait(NULL);
  T(mount("source", "mnt", "tmpfs", MS_REMOUNT | MS_RDONLY, 0));
  OK(creat("mnt/new", 0644)); OK(open("mnt/file", O_RDWR)); OK(open("mnt/file", O_RDONLY)); T(mkdir("mnt/new", 0755)); T(rmdir("mnt/dir")); T(unlink("mnt/file")); T(rename("mnt/file", "mnt/file2")); T(link("mnt/file", "mnt/l")); T(symlink("x", "mnt/s2")); T(mknod("mnt/fifo", S_IFIFO | 0600, 0)); T(chmod("mnt/file", 0600)); T(chown("mnt/file", 1, 1)); T(lchown("mnt/file", 1, 1)); T(utime("mnt/file", NULL)); T(utimensat(AT_FDCWD, "mnt/file", NULL, 0)); T(truncate("mnt/file", 0)); T(access("mnt/file", W_OK)); T(access("mnt/file", R_OK)); fd = open("mnt/file", O_RDONLY); T(fchmod(fd, 0600)); T(fchown(fd, 1, 1)); T(mkdir("mnt/dir", 0755)); T(open("mnt/nosuch", O_RDONLY)); char b[9] = ""; read(fd, b, 5); printf("%s\n", b); close(fd);
  T(mount("source", "mnt", "tmpfs", MS_REMOUNT, 0)); T(unlink("mnt/file")); T(chdir("mnt")); T(umount("../mnt")); T(chdir("..")); T(umount("mnt")); T(access("mnt/below", F_OK)); T(umount("mnt")); umount2("mnt", MNT_DETACH);
  T(mount("mnt", "other", NULL, MS_BIND, 0)); T(access("other/below", F_OK)); close(creat("other/both", 0600)); T(access("mnt/both", F_OK)); T(umount2("other", MNT_DETACH)); T(access("other/below", F_OK)); unlink("mnt/both"); unlink("mnt/below"); rmdir("mnt"); rmdir("other"); unlink("f");
  return 0;
}
