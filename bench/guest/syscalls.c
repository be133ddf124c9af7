// System calls, each measured alone: prints "name nanoseconds" lines. Iterations are doubled until a run takes long enough.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int zero, null, up[2], down[2];
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}
static void getppid_(void) { syscall(SYS_getppid); }
static void read_zero(void) { char c; read(zero, &c, 1); }
static void write_null(void) { write(null, "x", 1); }
static void stat_(void) { struct stat s; stat("/etc/passwd", &s); }
static void open_close(void) { close(open("/etc/passwd", O_RDONLY)); }
static void mmap_munmap(void) { syscall(SYS_munmap, syscall(SYS_mmap, 0, 65536, 3, 0x22, -1, 0), 65536); }
static void ping_pong(void) { char c = 1; write(up[1], &c, 1); read(down[0], &c, 1); }
static void fork_exit(void) {
  pid_t pid = fork();
  if (pid == 0) _exit(0);
  waitpid(pid, 0, 0);
}
static void fork_exec(void) {
  pid_t pid = fork();
  if (pid == 0) {
    execl("/bin/true", "true", (char *)0);
    _exit(127);
  }
  waitpid(pid, 0, 0);
}
static void vfork_exec(void) {
  pid_t pid = vfork();
  if (pid == 0) {
    execl("/bin/true", "true", (char *)0);
    _exit(127);
  }
  waitpid(pid, 0, 0);
}

static const struct { const char *name; void (*call)(void); double budget; } cases[] = {
  {"getppid", getppid_, 1e8},       {"read /dev/zero", read_zero, 1e8}, {"write /dev/null", write_null, 1e8},
  {"stat", stat_, 1e8},             {"open+close", open_close, 1e8},    {"mmap+munmap", mmap_munmap, 1e8},
  {"pipe ping-pong", ping_pong, 2e8}, {"fork+exit+wait", fork_exit, 3e8}, {"fork+exec+wait", fork_exec, 4e8},
  {"vfork+exec+wait", vfork_exec, 4e8},
};

static pid_t start_echo(void) {
  pipe(up);
  pipe(down);
  pid_t pid = fork();
  if (pid) return pid;
  char c;
  close(up[1]);
  while (read(up[0], &c, 1) == 1) write(down[1], &c, 1);
  _exit(0);
}

int main(int argc, char **argv) {
  zero = open("/dev/zero", O_RDONLY);
  null = open("/dev/null", O_WRONLY);
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (argc > 1 && !strstr(cases[i].name, argv[1])) continue;
    pid_t echo = cases[i].call == ping_pong ? start_echo() : 0;
    double spent = 0;
    long n = 1;
    for (;; n *= 2) {
      double start = now();
      for (long k = 0; k < n; k++) cases[i].call();
      spent = now() - start;
      if (spent > cases[i].budget / 2) break;
    }
    printf("%s\t%.1f\n", cases[i].name, spent / n);
    fflush(stdout);
    if (echo) {
      close(up[1]);
      waitpid(echo, 0, 0);
    }
  }
  return 0;
}
