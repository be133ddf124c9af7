// 64 × 64 → 128 bit products and carries: 2048-bit modular exponentiation after Montgomery.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 32 };
typedef unsigned __int128 wide;

static uint64_t modulus[WORDS], inverse;

/** out = a × b / 2^2048 mod modulus, not always below it. */
static void multiply(uint64_t *out, const uint64_t *a, const uint64_t *b) {
  uint64_t t[WORDS + 2] = {0};
  for (int i = 0; i < WORDS; i++) {
    wide carry = 0;
    for (int j = 0; j < WORDS; j++) {
      carry += (wide)a[j] * b[i] + t[j];
      t[j] = carry;
      carry >>= 64;
    }
    carry += t[WORDS];
    t[WORDS] = carry;
    t[WORDS + 1] = carry >> 64;
    uint64_t m = t[0] * inverse;
    carry = ((wide)m * modulus[0] + t[0]) >> 64;
    for (int j = 1; j < WORDS; j++) {
      carry += (wide)m * modulus[j] + t[j];
      t[j - 1] = carry;
      carry >>= 64;
    }
    carry += t[WORDS];
    t[WORDS - 1] = carry;
    t[WORDS] = t[WORDS + 1] + (uint64_t)(carry >> 64);
  }
  if (t[WORDS]) {
    uint64_t borrow = 0;
    for (int j = 0; j < WORDS; j++) {
      wide d = (wide)t[j] - modulus[j] - borrow;
      t[j] = d;
      borrow = d >> 64 & 1;
    }
  }
  memcpy(out, t, WORDS * 8);
}

int main(int argc, char **argv) {
  long bits = argc > 1 ? atol(argv[1]) : 1000;
  uint64_t seed = 1, x[WORDS], y[WORDS];
  for (int i = 0; i < WORDS; i++) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    modulus[i] = seed | (i == 0) | (uint64_t)(i == WORDS - 1) << 63;
    x[i] = seed >> 1 ^ i;
    y[i] = i == 0;
  }
  inverse = 1; // of −modulus[0], mod 2^64, by Newton's method
  for (int i = 0; i < 6; i++) inverse *= 2 - modulus[0] * inverse;
  inverse = -inverse;
  for (long i = 0; i < bits; i++) {
    if (i * 2654435761u >> 7 & 1) multiply(y, y, x);
    multiply(x, x, x);
  }
  uint64_t sum = 0;
  for (int i = 0; i < WORDS; i++) sum = sum * 31 + y[i];
  printf("%lx\n", sum);
}
