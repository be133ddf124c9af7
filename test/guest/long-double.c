// long double through glibc: conversions both ways, arithmetic, and the functions of libm that do not end in an x87
// transcendental instruction (those may differ in the last place: test/x87/README.md).
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long long hash;
static void add(long double v) {
  unsigned char bytes[sizeof v];
  memcpy(bytes, &v, sizeof v);
  for (int i = 0; i < 10; i++) hash = (hash ^ bytes[i]) * 1099511628211ull;
}

int main(void) {
  const char *texts[] = {"1.5", "1e4931", "3.6e-4951", "-0x1.8p-16400", "nan", "inf", "0.1", "-0",
                         "123456789012345678901234567890", "1.18973149535723176502e4932", "1e-5000"};
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
    long double v = strtold(texts[i], 0);
    printf("%s: %La %.25Lg %.3Le %.6f\n", texts[i], v, v, v, (double)v);
    if (fabsl(v) < 1e30L) printf("%.40Lf\n", v);
  }
  for (int i = 1; i < 3000; i++) {
    long double v = i * 0.37L, w = 1 / v;
    char text[64];
    snprintf(text, sizeof text, "%.*Lg", i % 30, v * w * 1e10L);
    for (char *p = text; *p; p++) hash = (hash ^ (unsigned char)*p) * 1099511628211ull;
    add(v + w), add(v - w), add(v * v), add(w / 3), add(sqrtl(v)), add(fmodl(v, 0.11L));
    add(remainderl(v, 0.77L)), add(ceill(v)), add(floorl(-v)), add(rintl(v)), add(truncl(-v));
    add(sinl(v)), add(cosl(v)), add(cbrtl(v)), add(hypotl(v, 3)), add(ldexpl(v, i)), add(logbl(w));
    add(nextafterl(v, 0)), add(fmal(v, w, -1)), add(erfl(w)), add(j0l(w));
    add(llroundl(v)), add(lrintl(-v)), add((float)v), add((double)w), add((unsigned long long)(v * v));
    int e;
    add(frexpl(v, &e)), add(e);
    if (i % 300 == 0) printf("%d %La %La %llx\n", i, sqrtl(v), w / 3, hash);
  }
  printf("%llx\n", hash);
  return 0;
}
