// Mathematics in single, double and extended precision, rounding modes, sticky flags, conversions, formatting; printed in
// hexadecimal, so that a wrong last bit shows.
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static float table[6][1000];
static double big[4][1000];

/** Loops that the compiler turns into vector code and calls of vector functions. */
static void vectors(void) {
  for (int i = 0; i < 1000; i++) {
    float x = i + 1;
    table[0][i] = sinf(x);
    table[1][i] = expf(-x / 300);
    table[2][i] = powf(x, 0.37f);
    table[3][i] = logf(x);
    table[4][i] = (float)(int)(x * 1.7f) / 3;
    table[5][i] = sqrtf(x) + 1 / x;
    big[0][i] = sin(x) * cos(x);
    big[1][i] = exp(-x / 300);
    big[2][i] = pow(x, 1.37);
    big[3][i] = (long)(x * x) + rint(x / 3);
  }
  for (int i = 0; i < 1000; i += 37) {
    for (int k = 0; k < 6; k++) printf("%a ", table[k][i]);
    for (int k = 0; k < 4; k++) printf("%a ", big[k][i]);
    puts("");
  }
}

static void scalars(void) {
  double s = 0;
  for (int i = 1; i < 1000; i++) {
    s += sin(i) * exp(-i / 500.0) + pow(i, 0.37) + log(i) + tan(i) / 1000 + cbrt(i) + erf(1.0 / i);
    s = sqrt(s * s + atan2(i, 3)) + fmod(s, 0.7) + ldexp(s, -40) + fma(s, 1e-9, i);
  }
  printf("%a\n", s);
  long double l = 0;
  for (int i = 1; i < 300; i++) l += sinl(i) / i + sqrtl(i);
  printf("%La\n", l);
}

static void modes(void) {
  volatile double one = 1, three = 3, half = 2.5, huge = 1e300, tiny = 1e-300;
  volatile float f = 1, g = 3;
  const int names[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
  for (int k = 0; k < 4; k++) {
    fesetround(names[k]);
    feclearexcept(FE_ALL_EXCEPT);
    printf("%a %a %a %ld %ld", one / three, -one / three, f / g, lrint(half), lrint(-half));
    printf(" %a %a %a %x\n", huge * huge, tiny * tiny, sqrt(three), fetestexcept(FE_ALL_EXCEPT));
  }
  fesetround(FE_TONEAREST);
  volatile double zero = 0;
  feclearexcept(FE_ALL_EXCEPT);
  printf("%a %x\n", one / zero, fetestexcept(FE_ALL_EXCEPT));
  feclearexcept(FE_ALL_EXCEPT);
  volatile double nan = zero / zero;
  printf("%d %x\n", isnan(nan) != 0, fetestexcept(FE_ALL_EXCEPT));
  printf("%d %d %ld\n", (int)(volatile double){1e20}, (int)nan, (long)(volatile double){-1e30});
}

static void text(void) {
  printf("%.17g %.20e %g %Lg\n", 0.1, 5e-324, 1e-310, 1e-4000L);
  printf("%a %a %a\n", strtod("2.2250738585072011e-308", 0), strtod("1e23", 0), strtod("0x1.8p-1074", 0));
  printf("%f %f %f %f\n", floor(-2.5), ceil(-2.5), rint(2.5), nearbyint(3.5));
}

int main(void) {
  vectors();
  scalars();
  modes();
  text();
  return 0;
}
