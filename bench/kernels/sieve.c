// Byte stores with a stride, and counting: the sieve of Eratosthenes.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 1 << 20 };
static char composite[LIMIT];

static long sieve(int limit) {
  long sum = 0;
  memset(composite, 0, limit);
  for (int i = 2; i < limit; i++) {
    if (composite[i]) continue;
    sum += i;
    for (long k = (long)i * i; k < limit; k += i) composite[k] = 1;
  }
  return sum;
}

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 1, sum = 0;
  for (long i = 0; i < rounds; i++) sum += sieve(LIMIT - i % 100);
  printf("%lx\n", sum);
}
