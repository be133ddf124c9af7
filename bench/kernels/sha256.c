// Rotations, additions and logic on 32 bits: SHA-256 (FIPS 180-4) of a generated message.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t k[64];

// The constants are the fractional parts of the cube roots of the first primes; integers give them exactly.
static void make_constants(void) {
  int n = 0;
  for (unsigned p = 2; n < 64; p++) {
    int prime = 1;
    for (unsigned d = 2; d * d <= p; d++) prime &= p % d != 0;
    if (!prime) continue;
    // floor(cbrt(p) * 2^32) by bisection.
    unsigned __int128 low = 0, high = (unsigned __int128)8 << 32;
    while (high - low > 1) {
      unsigned __int128 mid = (low + high) / 2;
      // mid^3 <= p * 2^96, compared without overflow: mid < 2^36.
      if (mid * mid / 0x100000000 * mid >> 32 < (unsigned __int128)p << 32) low = mid;
      else high = mid;
    }
    k[n++] = (uint32_t)low;
  }
}

static inline uint32_t ror(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void block(uint32_t state[8], const uint8_t *p) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++) {
    uint32_t v;
    memcpy(&v, p + 4 * i, 4);
    w[i] = __builtin_bswap32(v);
  }
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + w[i - 7] + (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) +
           (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; i++) {
    uint32_t t = h + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
    uint32_t u = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t, d = c, c = b, b = a, a = t + u;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

int main(int argc, char **argv) {
  long blocks = argc > 1 ? atol(argv[1]) : 1000;
  static uint8_t message[64 * 256];
  for (unsigned i = 0; i < sizeof message; i++) message[i] = i * 7 ^ i >> 8;
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  make_constants();
  for (long i = 0; i < blocks; i++) block(state, message + 64 * (i & 255));
  for (int i = 0; i < 8; i++) printf("%08x", state[i]);
  printf("\n");
}
