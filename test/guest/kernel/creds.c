// User and group ids, capabilities and prctl settings, as root may change them. One section, named by the argument.
// flags: -w
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"

static struct __user_cap_data_struct d[2];
static int get(void) { struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0}; return syscall(SYS_capget, &h, d); }
static int put(void) { struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0}; return syscall(SYS_capset, &h, d); }
static void ids(void) {
  uid_t r, e, s; getresuid(&r, &e, &s); get();
  printf("uid %d %d %d eff %x %x prm %x %x inh %x %x\n", r, e, s, d[0].effective, d[1].effective, d[0].permitted, d[1].permitted, d[0].inheritable, d[1].inheritable);
  fflush(stdout);
}
/* Runs a section's part in a child, so that it starts as root again. */
#define PART(...) do { pid_t child = fork(); if (child == 0) { __VA_ARGS__; fflush(stdout); _exit(0); } int st; waitpid(child, &st, 0); if (st) printf("status %x\n", st); } while (0)

static void status(void) {
  FILE *f = fopen("/proc/self/status", "r"); char line[200];
  while (fgets(line, sizeof line, f)) if (!strncmp(line, "Cap", 3)) fputs(line, stdout);
  fclose(f);
}

static void changes(void) {
  ids(); status();
  PART(T(setuid(1000)); ids(); T(setuid(0)); T(setuid(-1)));
  PART(T(seteuid(1000)); ids(); T(seteuid(0)); ids());
  PART(T(setresuid(1, 2, 3)); ids(); T(setresuid(2, 3, 1)); T(setresuid(4, -1, -1)); ids());
  PART(T(setreuid(5, 0)); ids(); T(setreuid(0, 5)); ids(); T(setreuid(-1, 0)));
  PART(T(prctl(PR_SET_KEEPCAPS, 1)); T(prctl(PR_GET_KEEPCAPS)); T(setuid(1000)); ids(); d[0].effective = 1 << CAP_SETUID; d[1].effective = 0; T(put()); T(setuid(0)); ids());
  PART(T(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)); T(prctl(PR_GET_SECUREBITS)); T(setuid(1000)); ids());
  PART(T(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS_LOCKED)); T(prctl(PR_SET_KEEPCAPS, 1)); T(prctl(PR_SET_SECUREBITS, 0)); T(prctl(PR_SET_SECUREBITS, 0x1000)));
  PART(T(setfsuid(1000)); ids(); T(setfsuid(0)); ids(); T(setfsuid(-1)));
  PART(setuid(1000); T(setgid(5)); T(setgroups(0, NULL)); T(setfsuid(0)); T(setfsuid(-1)));
}

static void capabilities(void) {
  struct __user_cap_header_struct h = {0x12345, 0};
  T(syscall(SYS_capget, &h, NULL)); printf("%x\n", h.version);
  h.version = 7; T(syscall(SYS_capget, &h, d)); h.version = 7; T(syscall(SYS_capset, &h, d));
  h.version = _LINUX_CAPABILITY_VERSION_1; T(syscall(SYS_capget, &h, d));
  h.version = _LINUX_CAPABILITY_VERSION_3; h.pid = -1; T(syscall(SYS_capget, &h, d)); h.pid = 30000; T(syscall(SYS_capget, &h, d)); h.pid = getppid(); T(syscall(SYS_capset, &h, d));
  T(syscall(SYS_capget, (void *)8, d)); h.pid = 0; T(syscall(SYS_capget, &h, (void *)8)); T(syscall(SYS_capset, &h, (void *)8));
  get();
  PART(d[0].permitted &= ~(1 << CAP_KILL); T(put()); d[0].effective &= ~(1 << CAP_KILL); T(put()); ids(); T(kill(1, 0)); d[0].permitted |= 1 << CAP_KILL; T(put()));
  PART(d[0].inheritable = 1 << CAP_KILL; T(put()); ids(); T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0)); T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0)); status(); d[0].inheritable = 0; put(); status());
  PART(T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0)); T(prctl(PR_CAP_AMBIENT, 9, CAP_KILL, 0, 0)); T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 60, 0, 0)); T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0)); T(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_KILL, 0, 0)));
  PART(T(prctl(PR_CAPBSET_READ, CAP_CHOWN)); T(prctl(PR_CAPBSET_DROP, CAP_CHOWN)); T(prctl(PR_CAPBSET_READ, CAP_CHOWN)); T(prctl(PR_CAPBSET_READ, 64)); T(prctl(PR_CAPBSET_DROP, 64)); status(); execlp("grep", "grep", "Cap", "/proc/self/status", NULL));
  PART(d[0].effective &= ~(1 << CAP_SYS_CHROOT | 1 << CAP_SYS_ADMIN | 1 << CAP_SETUID | 1 << CAP_SYS_NICE | 1 << CAP_SETPCAP); put(); T(chroot("/")); T(sethostname("x", 1)); T(setuid(5)); T(prctl(PR_CAPBSET_DROP, CAP_CHOWN)); T(prctl(PR_SET_SECUREBITS, 1)));
  PART(int fd = open("secret", O_CREAT | O_WRONLY, 0); close(fd); T(open("secret", O_RDONLY) < 0 ? -1 : 0); d[0].effective &= ~(1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH); T(put()); T(open("secret", O_RDONLY)); T(access("secret", R_OK)); unlink("secret"));
}

static void settings(void) {
  T(prctl(PR_GET_TIMERSLACK)); T(prctl(PR_SET_TIMERSLACK, 1000)); T(prctl(PR_GET_TIMERSLACK)); PART(T(prctl(PR_GET_TIMERSLACK)));
  T(prctl(PR_SET_TIMERSLACK, 0)); T(prctl(PR_GET_TIMERSLACK));
  T(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)); T(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)); T(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0)); T(prctl(PR_SET_THP_DISABLE, 1, 1, 0, 0)); T(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0));
  T(prctl(PR_SET_DUMPABLE, 0)); T(prctl(PR_GET_DUMPABLE)); T(prctl(PR_SET_DUMPABLE, 2)); T(prctl(PR_SET_DUMPABLE, 1));
  T(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); T(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)); T(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0)); T(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0)); T(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
  T(prctl(PR_SET_PDEATHSIG, 65)); T(prctl(PR_SET_PDEATHSIG, 15)); int sig = 0; T(prctl(PR_GET_PDEATHSIG, &sig)); printf("%d\n", sig); T(prctl(PR_GET_PDEATHSIG, 8));
  T(prctl(PR_SET_TIMING, 1)); T(prctl(PR_SET_TIMING, 0)); T(prctl(PR_GET_TIMING)); T(prctl(PR_SET_NAME, 8)); T(prctl(PR_GET_SECCOMP)); T(prctl(99999));
  T(prctl(PR_SET_SECCOMP, 7, 0, 0, 0)); T(prctl(PR_SET_CHILD_SUBREAPER, 1)); T(prctl(PR_GET_CHILD_SUBREAPER, &sig)); printf("%d\n", sig);
}

// What another user makes is that user's, sockets as well.
static void owners(void) {
  struct sockaddr_un name = {AF_UNIX, "made/socket"};
  struct stat st;
  int made;
  mkdir("made", 0777), chown("made", 1234, 0), mkdir("closed", 0700), chmod(".", 0755);
  fflush(stdout);
  if (fork() == 0) {
    setgid(4321), setuid(1234), umask(077);
    int s = socket(AF_UNIX, SOCK_STREAM, 0), peer = socket(AF_UNIX, SOCK_STREAM, 0);
    made = bind(s, (struct sockaddr *)&name, sizeof name);
    stat("made/socket", &st);
    printf("bind %d: %d %d %o chmod %d\n", made, st.st_uid, st.st_gid, st.st_mode, chmod("made/socket", 0700));
    listen(s, 1);
    printf("connect %d\n", connect(peer, (struct sockaddr *)&name, sizeof name));
    made = bind(peer, (struct sockaddr *)&name, sizeof name);
    printf("again %d %d", made, errno);
    strcpy(name.sun_path, "closed/socket");
    made = bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, sizeof name);
    printf(" closed %d %d\n", made, errno);
    unlink("made/socket"), fflush(stdout), _exit(0);
  }
  wait(0);
  rmdir("made"), rmdir("closed");
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "changes")) changes();
  if (!strcmp(what, "capabilities")) capabilities();
  if (!strcmp(what, "settings")) settings();
  if (!strcmp(what, "owners")) owners();
  return 0;
}
