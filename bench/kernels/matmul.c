// Doubles: a matrix product. Compiled twice: scalar (-O2 without vectorising) and vectorised (-O3).
#include <stdio.h>
#include <stdlib.h>

enum { N = 192 };
static double a[N][N], b[N][N], c[N][N];

__attribute__((noinline)) static void multiply(void) {
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < N; j++) c[i][j] = 0;
    for (int k = 0; k < N; k++) {
      double x = a[i][k];
      for (int j = 0; j < N; j++) c[i][j] += x * b[k][j];
    }
  }
}

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 1;
  double sum = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = (i * 3 + j) % 17 / 16.0, b[i][j] = (i + j * 5) % 13 / 8.0;
  for (long r = 0; r < rounds; r++) {
    multiply();
    a[r % N][0] = c[r % N][r % 7] / N;
    sum += c[r % N][(r * 31) % N];
  }
  printf("%.17g\n", sum);
}
