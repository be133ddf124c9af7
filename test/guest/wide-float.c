// gcc's long double and _Float128 arithmetic: operators, comparisons, conversions to and from every type, in all rounding
// modes, with the exception flags. Prints a hash for each group, and the results themselves when asked (an argument).
#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef long double ldouble;
typedef _Float128 quad;
typedef unsigned __int128 u128;
typedef __int128 i128;

static uint64_t state = 0x9e3779b97f4a7c15;
static uint64_t rnd(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}
static const int MODES[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
static uint64_t hash;
static int verbose;

static void note(const char *what, const void *bytes, int length, int flags) {
  const unsigned char *b = bytes;
  if (verbose) {
    printf("%s ", what);
    for (int i = length - 1; i >= 0; i--) printf("%02x", b[i]);
    printf(" %x\n", flags);
  }
  for (int i = 0; i < length; i++) hash = (hash ^ b[i]) * 0x100000001b3;
  hash = (hash ^ (unsigned)flags) * 0x100000001b3;
}

static int exponent(int bias, int max) {
  switch (rnd() % 8) {
    case 0: return 0;
    case 1: return max;
    case 2: return 1 + rnd() % 3;
    case 3: return max - 1 - rnd() % 3;
    case 4: return rnd() % max;
    default: return bias - 70 + rnd() % 140;
  }
}
static uint64_t fraction(void) {
  switch (rnd() % 5) {
    case 0: return 0;
    case 1: return ~0ull;
    case 2: return 1ull << rnd() % 64;
    default: return rnd();
  }
}
static ldouble make_ldouble(void) {
  int e = exponent(16383, 32767);
  struct { uint64_t m; uint16_t se; } parts = {fraction() >> 1 | (e ? 1ull << 63 : 0), e | (rnd() & 1) << 15};
  ldouble value = 0;
  memcpy(&value, &parts, 10);
  return value;
}
static quad make_quad(void) {
  u128 bits = (u128)fraction() << 64 | fraction();
  bits = bits << 16 >> 16 | (u128)exponent(16383, 32767) << 112 | (u128)(rnd() & 1) << 127;
  quad value;
  memcpy(&value, &bits, 16);
  return value;
}
static double make_double(void) {
  uint64_t bits = fraction() >> 12 | (uint64_t)exponent(1023, 2047) << 52 | (rnd() & 1) << 63;
  double value;
  memcpy(&value, &bits, 8);
  return value;
}
static float make_float(void) { return make_double(); }
static int64_t make_int(void) { return (int64_t)fraction() >> rnd() % 64; }
static i128 make_i128(void) { return ((i128)fraction() << 64 | fraction()) >> rnd() % 128; }

enum { TURNS = 600 };
#define BITS_ldouble 10
#define BITS_quad 16
#define GROUP(name, body)                                                              \
  hash = 0xcbf29ce484222325;                                                           \
  for (int i = 0; i < TURNS; i++) { body }                                             \
  printf("%s %016" PRIx64 "\n", name, hash);
#define RESULT(what, T, bytes, expression)                                             \
  { feclearexcept(FE_ALL_EXCEPT);                                                      \
    volatile T r = expression;                                                         \
    T v = r;                                                                           \
    note(what, &v, bytes, fetestexcept(FE_ALL_EXCEPT)); }
#define OPERATORS(T)                                                                   \
  GROUP(#T " operators", volatile T a = make_##T(); volatile T b = rnd() % 4 ? make_##T() : a + 1; \
        fesetround(MODES[i % 4]);                                                      \
        RESULT("+", T, BITS_##T, a + b) RESULT("-", T, BITS_##T, a - b) RESULT("*", T, BITS_##T, a * b) \
        RESULT("/", T, BITS_##T, a / b) RESULT("neg", T, BITS_##T, -a)                 \
        RESULT("<", char, 1, a < b) RESULT("<=", char, 1, a <= b) RESULT("==", char, 1, a == b) \
        RESULT("un", char, 1, __builtin_isunordered(a, b)) RESULT("islt", char, 1, __builtin_isless(a, b)) \
        fesetround(FE_TONEAREST);)
#define CONVERSIONS(T)                                                                 \
  GROUP(#T " conversions", volatile T a = make_##T(); fesetround(MODES[i % 4]);        \
        RESULT("to float", float, 4, a) RESULT("to double", double, 8, a)              \
        RESULT("to long double", ldouble, 10, a) RESULT("to quad", quad, 16, a)        \
        if (a > -2e9 && a < 2e9) RESULT("to int", int, 4, a)                           \
        if (a > -9e18 && a < 9e18) RESULT("to long", int64_t, 8, a)                    \
        if (a >= 0 && a < 18e18) RESULT("to ulong", uint64_t, 8, a)                    \
        if (a > -1.7e38 && a < 1.7e38) RESULT("to i128", i128, 16, a)                  \
        volatile double d = make_double(); volatile float f = make_float();            \
        volatile int64_t n = make_int(); volatile i128 w = make_i128();                \
        RESULT("of double", T, BITS_##T, d) RESULT("of float", T, BITS_##T, f)         \
        RESULT("of int", T, BITS_##T, (int)n) RESULT("of long", T, BITS_##T, n)        \
        RESULT("of ulong", T, BITS_##T, (uint64_t)n) RESULT("of i128", T, BITS_##T, w) \
        RESULT("of u128", T, BITS_##T, (u128)w) fesetround(FE_TONEAREST);)

int main(int argc, char **argv) {
  (void)argv;
  verbose = argc > 1;
  OPERATORS(ldouble)
  OPERATORS(quad)
  CONVERSIONS(ldouble)
  CONVERSIONS(quad)
  /* text: what printf and strtold make of them */
  GROUP("long double text", char text[200]; ldouble a = make_ldouble(); snprintf(text, sizeof text, "%La %.25Le %.*Lg", a, a, (int)(rnd() % 30), a);
        note("printf", text, strlen(text), 0); ldouble b = strtold(text, 0); note("strtold", &b, 10, 0);)
  GROUP("quad text", char text[200]; quad a = make_quad(); strfromf128(text, sizeof text, "%.36g", a);
        note("strfrom", text, strlen(text), 0); quad b = strtof128(text, 0); note("strto", &b, 16, 0);)
  GROUP("quad functions", volatile quad a = make_quad(); volatile quad b = make_quad(); RESULT("sqrt", quad, 16, sqrtf128(a))
        RESULT("fma", quad, 16, fmaf128(a, b, a)) RESULT("rint", quad, 16, rintf128(a)) RESULT("exp", quad, 16, expf128(a))
        RESULT("fmod", quad, 16, fmodf128(a, b)))
  return 0;
}
