// Keys and keyrings: add_key(2), request_key(2), keyctl(2). Prints what they answer; serial numbers only as "some".
// flags: -w
#define _GNU_SOURCE
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long call(const char *what, long r) {
  if (r < 0) printf("%s: -%d\n", what, errno);
  else if (r > 100000) printf("%s: some\n", what);
  else printf("%s: %ld\n", what, r);
  return r;
}
#define ADD(type, desc, data, len, ring) call("add " type " " #desc, syscall(SYS_add_key, type, desc, data, (size_t)(len), ring))
#define CTL(op, ...) call(#op " " #__VA_ARGS__, syscall(SYS_keyctl, KEYCTL_##op, ##__VA_ARGS__))
#define REQUEST(type, desc, info, ring) call("request " type " " desc, syscall(SYS_request_key, type, desc, info, ring))

static void adding(void) {
  char *big = calloc(1, 1 << 21);
  memset(big, 'x', 1 << 21);
  long ring = ADD("keyring", "one", 0, 0, KEY_SPEC_PROCESS_KEYRING);
  ADD("keyring", "two", "x", 1, ring);
  ADD("keyring", ".three", 0, 0, ring);
  ADD("user", "u", big, 32767, ring); ADD("user", "u", big, 32768, ring); ADD("user", "u", big, 0, ring); ADD("user", "", big, 1, ring); ADD("user", 0, big, 1, ring);
  ADD("logon", "a:l", big, 32767, ring); ADD("logon", "a:l", big, 32768, ring); ADD("logon", "l", big, 1, ring);
  ADD("user", "b", big, 1 << 20, ring);
  ADD("user", "u", 0, 1, ring); ADD("user", "u", 8, 1, ring); ADD("nosuch", "u", "x", 1, ring); ADD(".user", "u", "x", 1, ring); ADD("", "u", "x", 1, ring);
  ADD("user", "u", "x", 1, 0); ADD("user", "u", "x", 1, 12345); ADD("user", "u", "x", 1, KEY_SPEC_GROUP_KEYRING);
  long key = ADD("user", "same", "x", 1, ring), again = ADD("user", "same", "yy", 2, ring);
  printf("same %d\n", key == again);
  ADD("user", "u", "x", 1, key);
}
static void using(void) {
  char text[128] = "";
  long ring = ADD("keyring", "one", 0, 0, KEY_SPEC_PROCESS_KEYRING);
  long key = ADD("user", "k", "payload", 7, ring), other = ADD("user", "k2", "more", 4, ring);
  CTL(READ, key, text, 128); printf("%s\n", text);
  CTL(READ, key, text, 3); CTL(READ, key, 0, 0); CTL(READ, 999, text, 3);
  CTL(UPDATE, key, "new", 3); CTL(READ, key, text, 128); printf("%.3s\n", text);
  CTL(UPDATE, key, 0, 0); CTL(UPDATE, ring, 0, 0); CTL(UPDATE, ring, "x", 1);
  int serials[4] = {0};
  CTL(READ, ring, serials, 4 * 4);
  CTL(READ, ring, serials, 4);
  printf("first %d\n", serials[0] == key || serials[0] == other);
  CTL(DESCRIBE, key, text, 128); printf("%s\n", text);
  CTL(DESCRIBE, ring, text, 128); printf("%s\n", text);
  CTL(SEARCH, ring, "user", "k2", 0); CTL(SEARCH, ring, "user", "none", 0); CTL(SEARCH, key, "user", "k2", 0);
  CTL(UNLINK, other, ring); CTL(UNLINK, other, ring); CTL(UNLINK, ring, key);
  CTL(LINK, key, ring); CTL(LINK, ring, ring); CTL(LINK, key, key); CTL(LINK, key, KEY_SPEC_THREAD_KEYRING);
  CTL(CLEAR, ring); CTL(CLEAR, key); CTL(READ, ring, serials, 16);
  CTL(SETPERM, key, 0x3f000000); CTL(SETPERM, key, -1); CTL(CHOWN, key, -1, -1);
  CTL(SET_TIMEOUT, key, 100); CTL(SET_TIMEOUT, key, 0); CTL(REVOKE, key); CTL(READ, key, text, 4); CTL(REVOKE, key);
  key = ADD("logon", "l:l", "x", 1, ring); CTL(READ, key, text, 4);
  CTL(INVALIDATE, key);
}
static void requests(void) {
  char text[16];
  long key = ADD("user", "r", "x", 1, KEY_SPEC_PROCESS_KEYRING);
  printf("found %d\n", REQUEST("user", "r", 0, 0) == key);
  REQUEST("user", "none", 0, 0); REQUEST("nosuch", "none", 0, 0); REQUEST("keyring", "none", 0, 0);
  long ring = ADD("keyring", "deep", 0, 0, KEY_SPEC_PROCESS_KEYRING);
  ADD("user", "d", "x", 1, ring);
  REQUEST("user", "d", 0, KEY_SPEC_THREAD_KEYRING); CTL(SEARCH, KEY_SPEC_THREAD_KEYRING, "user", "d", 0);
  CTL(SET_TIMEOUT, key, 1);
  sleep(1); usleep(200000);
  REQUEST("user", "r", 0, 0);
  key = ADD("user", "s", "x", 1, KEY_SPEC_SESSION_KEYRING);
  CTL(REVOKE, key); REQUEST("user", "s", 0, 0);
  key = ADD("user", "v", "x", 1, KEY_SPEC_PROCESS_KEYRING);
  CTL(REVOKE, key); REQUEST("user", "v", 0, 0);
  key = ADD("user", "p", "x", 1, KEY_SPEC_PROCESS_KEYRING);
  CTL(SETPERM, key, 0x37000000); REQUEST("user", "p", 0, 0);
}
static void rings(void) {
  int status;
  CTL(GET_KEYRING_ID, KEY_SPEC_THREAD_KEYRING, 0); CTL(GET_KEYRING_ID, KEY_SPEC_THREAD_KEYRING, 1); CTL(GET_KEYRING_ID, KEY_SPEC_THREAD_KEYRING, 0);
  CTL(GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1); CTL(GET_KEYRING_ID, KEY_SPEC_USER_SESSION_KEYRING, 1); CTL(GET_KEYRING_ID, 0, 1); CTL(GET_KEYRING_ID, -9, 1);
  CTL(JOIN_SESSION_KEYRING, ".user"); long session = CTL(JOIN_SESSION_KEYRING, 0);
  printf("session %d\n", CTL(GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) == session);
  long key = ADD("user", "inherited", "x", 1, KEY_SPEC_SESSION_KEYRING);
  ADD("user", "own", "x", 1, KEY_SPEC_PROCESS_KEYRING);
  fflush(stdout);
  if (fork() == 0) _exit((syscall(SYS_request_key, "user", "inherited", 0, 0) == key) + 2 * (syscall(SYS_request_key, "user", "own", 0, 0) < 0));
  wait(&status);
  printf("child %d\n", WEXITSTATUS(status));
  call("keyctl", syscall(SYS_keyctl, 99, 0, 0, 0, 0));
}

int main(int argc, char **argv) {
  const char *only = argc > 1 ? argv[1] : "";
#define RUN(f) if (!*only || !strcmp(only, #f)) { f(); fflush(stdout); }
  RUN(adding) RUN(using) RUN(requests) RUN(rings)
  return 0;
}
