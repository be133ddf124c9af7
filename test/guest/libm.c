// Results of glibc's libm in hex, one a line: function, bits of the result, exception flags. Arguments are edge values and
// random numbers from a seed; the rounding mode changes now and then.
//   libm COUNT SEED [NAME-PREFIX]      COUNT results of each function
#define _GNU_SOURCE
#include <complex.h>
#include <fenv.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef long double ldouble;
static uint64_t state;

static uint64_t rnd(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

// Numbers of a format: sign, exponent field, fraction. A third near 1, some special.
#define MAKE(T, UINT, FRACTION, EXPONENTS)                                                                          \
  static T make_##T(void) {                                                                                         \
    static const T special[] = {0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, 10, 0.1, 1.5, M_PI, -M_PI, M_PI_2, M_E,        \
                                INFINITY, -INFINITY, NAN, 1e30, -1e30, 1e-30, 100.5, -7, 0.9999999, 1.0000001};     \
    uint64_t r = rnd();                                                                                             \
    if (r % 8 == 0) return special[r / 8 % (sizeof special / sizeof *special)];                                     \
    UINT bits = (UINT)rnd();                                                                                        \
    UINT bias = EXPONENTS / 2 - 1, exponent;                                                                        \
    if (r % 8 < 4) exponent = bias - 4 + (r >> 8) % 8;                                                              \
    else if (r % 8 < 7) exponent = bias - 40 + (r >> 8) % 100;                                                      \
    else exponent = (r >> 8) % EXPONENTS;                                                                           \
    UINT fraction = bits & (((UINT)1 << FRACTION) - 1);                                                             \
    if ((r >> 20) % 8 == 0) fraction = 0;                                                                           \
    bits = (UINT)(r >> 63) << (sizeof bits * 8 - 1) | exponent << FRACTION | fraction;                              \
    T value;                                                                                                        \
    memcpy(&value, &bits, sizeof value);                                                                            \
    return value;                                                                                                   \
  }
MAKE(float, uint32_t, 23, 256)
MAKE(double, uint64_t, 52, 2048)

static ldouble make_ldouble(void) {
  uint64_t r = rnd();
  if (r % 8 < 3) return make_double();
  struct { uint64_t significand; uint16_t sign_exponent; } parts = {rnd() | 1ull << 63, 0};
  uint16_t exponent = r % 8 < 5 ? 0x3fff - 4 + (r >> 8) % 8 : r % 8 < 7 ? 0x3fff - 60 + (r >> 8) % 130 : 1 + (r >> 8) % 0x7ffe;
  parts.sign_exponent = exponent | (uint16_t)(r >> 63 << 15);
  ldouble value;
  memcpy(&value, &parts, 10);
  return value;
}

static void print_float(float v) { uint32_t b; memcpy(&b, &v, 4); printf(" %08" PRIx32, b); }
static void print_double(double v) { uint64_t b; memcpy(&b, &v, 8); printf(" %016" PRIx64, b); }
static void print_ldouble(ldouble v) {
  uint64_t m; uint16_t e;
  memcpy(&m, &v, 8);
  memcpy(&e, (char *)&v + 8, 2);
  printf(" %04x%016" PRIx64, e, m);
}
static void print_int(long long v) { printf(" %llx", v); }

static const int MODES[] = {FE_TONEAREST, FE_TONEAREST, FE_TONEAREST, FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
static long count;
static const char *prefix = "";
static int wanted(const char *name) { return !strncmp(name, prefix, strlen(prefix)); }
static void begin(void) { fesetround(MODES[rnd() % 7]); feclearexcept(FE_ALL_EXCEPT); }
static int end(void) { int flags = fetestexcept(FE_ALL_EXCEPT); fesetround(FE_TONEAREST); return flags; }

#define EACH(name, ...)                                                                                             \
  if (wanted(#name))                                                                                                \
    for (long i = 0; i < count; i++) { __VA_ARGS__; }
#define SHOW(name, T, call)                                                                                         \
  begin(); T result = call; int flags = end(); printf("%s", #name); print_##T(result); printf(" %x\n", flags)
#define F1(f, s, T) EACH(f##s, T x = make_##T(); SHOW(f##s, T, f##s(x)))
#define F2(f, s, T) EACH(f##s, T x = make_##T(); T y = make_##T(); SHOW(f##s, T, f##s(x, y)))
#define F3(f, s, T) EACH(f##s, T x = make_##T(); T y = make_##T(); T z = make_##T(); SHOW(f##s, T, f##s(x, y, z)))
#define FI(f, s, T) EACH(f##s, T x = make_##T(); int n = (int)(rnd() % 200) - 100; SHOW(f##s, T, f##s(x, n)))
#define IF(f, s, T) EACH(f##s, int n = (int)(rnd() % 20) - 5; T x = make_##T(); SHOW(f##s, T, f##s(n, x)))
#define I1(f, s, T)                                                                                                 \
  EACH(f##s, T x = make_##T(); begin(); long long n = f##s(x); int flags = end(); printf("%s", #f #s); print_int(n);  \
       printf(" %x\n", flags))
#define TWO(f, s, T, O, call)                                                                                       \
  EACH(f##s, T x = make_##T(); T y = make_##T(); O out; memset(&out, 0, sizeof out); (void)y; begin(); T result = call; \
       int flags = end(); printf("%s", #f #s); print_##T(result); print_##O(out); printf(" %x\n", flags))
#define SC(f, s, T)                                                                                                 \
  EACH(f##s, T x = make_##T(); T a, b; begin(); f##s(x, &a, &b); int flags = end(); printf("%s", #f #s);             \
       print_##T(a); print_##T(b); printf(" %x\n", flags))
#define C1(f, s, T)                                                                                                 \
  EACH(f##s, T re = make_##T(); T im = make_##T(); __typeof__(re + 1.0fi) z; __real__ z = re; __imag__ z = im; begin();          \
       __typeof__(z) r = f##s(z); int flags = end(); printf("%s", #f #s); print_##T(__real__ r); print_##T(__imag__ r);  \
       printf(" %x\n", flags))

#define UNARY(M, s, T)                                                                                              \
  M(acos, s, T) M(acosh, s, T) M(asin, s, T) M(asinh, s, T) M(atan, s, T) M(atanh, s, T) M(cbrt, s, T) M(ceil, s, T) \
  M(cos, s, T) M(cosh, s, T) M(erf, s, T) M(erfc, s, T) M(exp, s, T) M(exp2, s, T) M(exp10, s, T) M(expm1, s, T)     \
  M(fabs, s, T) M(floor, s, T) M(j0, s, T) M(j1, s, T) M(y0, s, T) M(y1, s, T) M(lgamma, s, T) M(log, s, T)          \
  M(log10, s, T) M(log1p, s, T) M(log2, s, T) M(logb, s, T) M(nearbyint, s, T) M(rint, s, T) M(round, s, T)          \
  M(roundeven, s, T) M(sin, s, T) M(sinh, s, T) M(sqrt, s, T) M(tan, s, T) M(tanh, s, T) M(tgamma, s, T) M(trunc, s, T) \
  M(significand, s, T) M(nextup, s, T) M(nextdown, s, T)
#define BINARY(M, s, T)                                                                                             \
  M(atan2, s, T) M(copysign, s, T) M(fdim, s, T) M(fmax, s, T) M(fmin, s, T) M(fmod, s, T) M(hypot, s, T)            \
  M(nextafter, s, T) M(pow, s, T) M(remainder, s, T) M(fmaxmag, s, T) M(fminmag, s, T)
#define INTEGER(M, s, T)                                                                                            \
  M(ilogb, s, T) M(llogb, s, T) M(lrint, s, T) M(llrint, s, T) M(lround, s, T) M(llround, s, T)
#define COMPLEX(M, s, T)                                                                                            \
  M(cacos, s, T) M(cacosh, s, T) M(casin, s, T) M(casinh, s, T) M(catan, s, T) M(catanh, s, T) M(ccos, s, T)         \
  M(ccosh, s, T) M(cexp, s, T) M(clog, s, T) M(csin, s, T) M(csinh, s, T) M(csqrt, s, T) M(ctan, s, T) M(ctanh, s, T)
#define ALL(s, T)                                                                                                   \
  UNARY(F1, s, T) BINARY(F2, s, T) F3(fma, s, T) FI(ldexp, s, T) FI(scalbn, s, T) IF(jn, s, T) IF(yn, s, T)          \
  INTEGER(I1, s, T) COMPLEX(C1, s, T) SC(sincos, s, T)                                                              \
  TWO(frexp, s, T, int, frexp##s(x, &out)) TWO(modf, s, T, T, modf##s(x, &out)) TWO(remquo, s, T, int, remquo##s(x, y, &out))

int main(int argc, char **argv) {
  count = argc > 1 ? atol(argv[1]) : 10;
  state = (argc > 2 ? strtoull(argv[2], 0, 0) : 1) * 0x9e3779b97f4a7c15ull;
  if (argc > 3) prefix = argv[3];
  static char buffer[1 << 16];
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  ALL(, double)
  ALL(f, float)
  ALL(l, ldouble)
  return 0;
}
