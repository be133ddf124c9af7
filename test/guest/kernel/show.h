// T(call) prints a call and what came of it: its result, or the name of the error.
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void show(const char *what, long result) {
  if (result < 0) printf("%s: %s\n", what, strerrorname_np(errno));
  else printf("%s: %ld\n", what, result);
  fflush(stdout);
}
#define T(call) show(#call, call)
