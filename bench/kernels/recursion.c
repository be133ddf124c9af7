// Call and return: Ackermann's function, Fibonacci numbers, the towers of Hanoi.
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static long fib(long n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

__attribute__((noinline)) static long ackermann(long m, long n) {
  if (m == 0) return n + 1;
  return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
}

static long moves;
__attribute__((noinline)) static void hanoi(int n, int from, int to, int via) {
  if (n == 0) return;
  hanoi(n - 1, from, via, to);
  moves += from * 3 + to;
  hanoi(n - 1, via, to, from);
}

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 1, sum = 0;
  for (long i = 0; i < rounds; i++) {
    sum += fib(30 + i % 2);
    sum += ackermann(2, 700 + i % 7);
    hanoi(17, 0, 2, 1);
  }
  printf("%lx\n", sum + moves);
}
