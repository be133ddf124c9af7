// 80-bit arithmetic: a series, a recurrence and a small integral in long double.
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  long n = argc > 1 ? atol(argv[1]) : 100000;
  long double pi = 0, sign = 4, logistic = 0.3L, area = 0, step = 1.0L / n;
  for (long i = 0; i < n; i++) {
    pi += sign / (2 * i + 1);
    sign = -sign;
    logistic = 3.75L * logistic * (1 - logistic);
    long double x = (i + 0.5L) * step;
    area += x * x / (1 + x * logistic);
  }
  printf("%.18Lg %.18Lg %.18Lg\n", pi, logistic, area * step);
}
