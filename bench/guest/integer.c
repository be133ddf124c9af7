// Integer loops: prints "name nanoseconds" lines, one for a whole run of each.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}
static volatile uint64_t sink;

__attribute__((noinline)) static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
static void run_fib(void) { sink = fib(26); }

static void sieve(void) {
  static char composite[300000];
  memset(composite, 0, sizeof composite);
  unsigned count = 0;
  for (unsigned i = 2; i < sizeof composite; i++) {
    if (composite[i]) continue;
    count++;
    for (unsigned k = i + i; k < sizeof composite; k += i) composite[k] = 1;
  }
  sink = count;
}

static int by_value(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}
static void sort(void) {
  static uint32_t values[20000];
  uint32_t state = 1;
  for (unsigned i = 0; i < 20000; i++) values[i] = state = state * 1664525 + 1013904223;
  qsort(values, 20000, sizeof *values, by_value);
  sink = values[10000];
}

static void hash(void) {
  uint64_t h = 0xcbf29ce484222325;
  for (int i = 0; i < 1000000; i++) {
    h = (h ^ (i & 0xff)) * 0x100000001b3;
    h = h << 13 | h >> 51;
  }
  sink = h;
}

static const struct { const char *name; void (*run)(void); } cases[] = {
  {"fib", run_fib}, {"sieve", sieve}, {"quicksort", sort}, {"hash", hash},
};

int main(int argc, char **argv) {
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (argc > 1 && strcmp(cases[i].name, argv[1])) continue;
    double best = 1e18;
    for (int k = 0; k < 3; k++) {
      double start = now();
      cases[i].run();
      double spent = now() - start;
      if (spent < best) best = spent;
    }
    printf("%s\t%.0f\n", cases[i].name, best);
  }
  return 0;
}
