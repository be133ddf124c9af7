// Spends its time in two functions: what a translation cache is for.
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static unsigned fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

__attribute__((noinline)) static unsigned pick(unsigned i, unsigned x) {
  switch (i & 7) {
    case 0: return x + 3;
    case 1: return x * 5;
    case 2: return x ^ 0x55;
    case 3: return x - i;
    case 4: return x << 1;
    case 5: return x | 1;
    case 6: return ~x;
    default: return x >> 1;
  }
}

int main(int argc, char **argv) {
  unsigned n = argc > 1 ? atoi(argv[1]) : 34;
  unsigned x = 0;
  for (unsigned i = 0; i < 20000000; i++) x = pick(i, x);
  printf("%u %u\n", fib(n), x);
  return 0;
}
