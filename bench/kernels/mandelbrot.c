// A floating-point loop whose end depends on the data: the Mandelbrot set.
#include <stdio.h>
#include <stdlib.h>

enum { LIMIT = 200 };

static int escape(double cr, double ci) {
  double r = 0, i = 0;
  int n = 0;
  while (n < LIMIT && r * r + i * i < 4) {
    double t = r * r - i * i + cr;
    i = 2 * r * i + ci;
    r = t;
    n++;
  }
  return n;
}

int main(int argc, char **argv) {
  long size = argc > 1 ? atol(argv[1]) : 100;
  unsigned long hash = 0;
  for (long y = 0; y < size; y++)
    for (long x = 0; x < size; x++)
      hash = hash * 31 + escape(3.0 * x / size - 2.2, 3.0 * y / size - 1.5);
  printf("%lx\n", hash);
}
