// Kernel AIO, tee, holes by fallocate, kcmp and calls about the machine: results and errno. One section, named by the argument.
// flags: -w
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/falloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "show.h"
#define OK(call) show(#call, (call) < 0 ? -1 : 0)

static void aio(void) {
  aio_context_t c = 0, odd = 1; char out[] = "hello aio", in[20] = ""; struct io_event ev[4]; struct timespec zero = {0, 0}, some = {0, 10000000};
  T(syscall(SYS_io_setup, 0, &c)); T(syscall(SYS_io_setup, 4, &odd)); T(syscall(SYS_io_setup, 4, 8)); T(syscall(SYS_io_setup, 4, &c)); T(syscall(SYS_io_destroy, 77)); T(syscall(SYS_io_submit, 77, 0, NULL)); T(syscall(SYS_io_submit, c, -1, NULL)); T(syscall(SYS_io_submit, c, 0, NULL)); T(syscall(SYS_io_submit, c, 1, NULL)); T(syscall(SYS_io_getevents, 77, 0, 1, ev, &zero)); T(syscall(SYS_io_getevents, c, -1, 1, ev, &zero)); T(syscall(SYS_io_getevents, c, 2, 1, ev, &zero)); T(syscall(SYS_io_getevents, c, 1, 1, ev, &some)); T(syscall(SYS_io_cancel, 77, NULL, NULL));
  int fd = open("f", O_CREAT | O_RDWR, 0600), ro = open("f", O_RDONLY), efd = eventfd(0, 0); struct iocb w = {.aio_data = 42, .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = fd, .aio_buf = (uintptr_t)out, .aio_nbytes = 9, .aio_flags = IOCB_FLAG_RESFD, .aio_resfd = efd}, r = {.aio_data = 43, .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = fd, .aio_buf = (uintptr_t)in, .aio_nbytes = 19, .aio_offset = 2}, *list[] = {&w, &r, NULL};
  T(syscall(SYS_io_submit, c, 1, list)); T(syscall(SYS_io_getevents, c, 1, 4, ev, NULL)); printf("%llu %d %lld\n", ev[0].data, ev[0].obj == (uintptr_t)&w, ev[0].res); uint64_t n = 0; read(efd, &n, 8); printf("%lu\n", n); T(syscall(SYS_io_submit, c, 1, list + 1)); T(syscall(SYS_io_getevents, c, 0, 4, ev, &some)); printf("%llu %lld %s\n", ev[0].data, ev[0].res, in);
  w.aio_flags = 0; w.aio_fildes = ro; T(syscall(SYS_io_submit, c, 1, list)); w.aio_fildes = -1; T(syscall(SYS_io_submit, c, 1, list)); w.aio_fildes = fd; w.aio_lio_opcode = 99; T(syscall(SYS_io_submit, c, 1, list)); w.aio_lio_opcode = 0; w.aio_reserved2 = 1; T(syscall(SYS_io_submit, c, 1, list)); T(syscall(SYS_io_submit, c, 2, list + 1)); T(syscall(SYS_io_destroy, c)); T(syscall(SYS_io_destroy, c)); unlink("f");
}

static void tees(void) {
  int a[2], b[2], n; char buf[20] = ""; pipe(a); pipe(b); int fd = open("f", O_CREAT | O_RDWR, 0600);
  T(tee(a[0], b[1], 10, SPLICE_F_NONBLOCK)); write(a[1], "hello", 5); T(tee(a[0], b[1], 3, 0)); T(tee(a[0], b[1], 100, 0)); n = read(b[0], buf, 20); printf("%d %s\n", n, buf); n = read(a[0], buf, 20); printf("%d\n", n); T(tee(a[0], fd, 1, 0)); T(tee(fd, b[1], 1, 0)); T(tee(a[0], a[1], 1, 0)); T(tee(a[1], b[1], 1, 0)); T(tee(a[0], b[0], 1, 0)); T(tee(-1, b[1], 1, 0)); T(tee(a[0], b[1], 1, 99)); T(tee(a[0], b[1], 0, 0)); close(a[1]); T(tee(a[0], b[1], 1, 0)); unlink("f");
}

static void holes(void) {
  int fd = open("f", O_CREAT | O_RDWR, 0600), ro = open("f", O_RDONLY), p[2]; char buf[20] = ""; struct stat st; write(fd, "0123456789", 10); pipe(p);
  T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, 3)); pread(fd, buf, 10, 0); for (int i = 0; i < 10; i++) printf("%c", buf[i] ? buf[i] : '.'); T(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 2, 3)); T(fallocate(fd, FALLOC_FL_ZERO_RANGE, 8, 10)); fstat(fd, &st); printf("%ld\n", (long)st.st_size); T(fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 6, 50)); fstat(fd, &st); pread(fd, buf, 18, 0); printf("%ld ", (long)st.st_size); for (int i = 0; i < 18; i++) printf("%c", buf[i] ? buf[i] : '.'); printf("\n"); T(fallocate(fd, 0, 0, 100)); fstat(fd, &st); printf("%ld\n", (long)st.st_size); T(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 1000)); fstat(fd, &st); printf("%ld\n", (long)st.st_size); T(fallocate(ro, 0, 0, 1)); T(fallocate(fd, 0, -1, 1)); T(fallocate(fd, 0, 0, 0)); T(fallocate(p[1], 0, 0, 1)); T(fallocate(p[0], 0, 0, 1)); T(fallocate(-1, 0, 0, 1)); T(fallocate(fd, 0x1000, 0, 1)); unlink("f");
}

static int same(int type, unsigned long a, unsigned long b) { return syscall(SYS_kcmp, getpid(), getpid(), type, a, b); }
static void machine(void) {
  int fd = dup(1), other = open("/dev/null", O_RDONLY); T(same(0, 1, fd)); printf("%d\n", same(0, 1, other) > 0); T(same(0, 1, 99)); T(same(1, 0, 0)); T(same(2, 0, 0)); T(same(3, 0, 0)); T(same(4, 0, 0)); T(same(99, 0, 0)); T(syscall(SYS_kcmp, getpid(), 32000, 0, 1, 1));
  pid_t child = fork(); if (child == 0) { T(syscall(SYS_kcmp, getpid(), getppid(), 0, 1, 1)); printf("%d\n", syscall(SYS_kcmp, getpid(), getppid(), 1, 0, 0) > 0); setuid(1000); T(syscall(SYS_kcmp, getpid(), getppid(), 1, 0, 0)); T(syscall(SYS_syslog, 5, 0, 0)); T(syscall(SYS_acct, NULL)); T(syscall(SYS_swapon, "/x", 0)); T(syscall(SYS_reboot, 0, 0, 0, 0)); T(syscall(SYS_vhangup)); _exit(0); } waitpid(child, NULL, 0);
  T(syscall(SYS_syslog, 0, 0, 0)); T(syscall(SYS_syslog, 2, 0, 10)); T(syscall(SYS_syslog, 3, "x", -1)); T(syscall(SYS_syslog, 100, 0, 0)); T(syscall(SYS_syslog, 8, 0, 0)); T(syscall(SYS_syslog, 8, 0, 9)); T(syscall(SYS_sysfs, 1, "nosuch")); OK(syscall(SYS_sysfs, 1, "proc")); OK(syscall(SYS_sysfs, 3)); T(syscall(SYS_sysfs, 2, 1000, "")); T(syscall(SYS_sysfs, 9)); T(syscall(SYS_sysfs, 1, NULL)); char buf[100]; T(syscall(SYS_ustat, 0, buf)); struct stat st; stat("/", &st); T(syscall(SYS_ustat, st.st_dev, buf)); T(syscall(SYS_ustat, st.st_dev, NULL));
  T(syscall(SYS_acct, "/nosuch")); T(syscall(SYS_acct, "/tmp")); T(syscall(SYS_acct, "/dev/null")); T(syscall(SYS_acct, "/etc/passwd/x")); T(syscall(SYS_swapon, "/nosuch", 0)); T(syscall(SYS_swapon, "/tmp", 0)); T(syscall(SYS_swapoff, "/nosuch")); T(syscall(SYS_swapoff, "/etc/passwd")); T(syscall(SYS_reboot, 1, 2, 3, 0)); T(syscall(SYS_reboot, 0xfee1dead, 672274793, 12, 0));
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "aio")) aio();
  if (!strcmp(what, "tees")) tees();
  if (!strcmp(what, "holes")) holes();
  if (!strcmp(what, "machine")) machine();
  return 0;
}
