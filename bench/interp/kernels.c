// Integer kernels for the interpreter: no libc, no globals that need a loader, one entry `kernel(which, n)`. The same
// object is linked into a native timer (native.c) and, flat, loaded into the interpreter's memory (interp.ts).
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

static u8 buffer[1 << 20];
static u32 words[1 << 16];

__attribute__((noinline)) static long fib(long n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static long sieve(long rounds) {
  long count = 0;
  while (rounds--) {
    const int limit = 1 << 18;
    for (int i = 0; i < limit; i++) buffer[i] = 1;
    for (int i = 2; i * i < limit; i++)
      if (buffer[i])
        for (int j = i * i; j < limit; j += i) buffer[j] = 0;
    for (int i = 2; i < limit; i++) count += buffer[i];
  }
  return count;
}

#define ROR(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
static const u32 K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
static long sha256(long rounds) {
  u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, w[64];
  while (rounds--) {
    for (int i = 0; i < 16; i++) w[i] = h[i & 7] + i;
    for (int i = 16; i < 64; i++)
      w[i] = w[i - 16] + (ROR(w[i - 15], 7) ^ ROR(w[i - 15], 18) ^ (w[i - 15] >> 3)) + w[i - 7] +
             (ROR(w[i - 2], 17) ^ ROR(w[i - 2], 19) ^ (w[i - 2] >> 10));
    u32 a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], k = h[7];
    for (int i = 0; i < 64; i++) {
      u32 t1 = k + (ROR(e, 6) ^ ROR(e, 11) ^ ROR(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i];
      u32 t2 = (ROR(a, 2) ^ ROR(a, 13) ^ ROR(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      k = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += k;
  }
  return h[0] ^ h[7];
}

static void sort(int *a, long n) {
  while (n > 1) {
    int pivot = a[n / 2];
    long i = 0, j = n - 1;
    for (;;) {
      while (a[i] < pivot) i++;
      while (a[j] > pivot) j--;
      if (i >= j) break;
      int t = a[i];
      a[i++] = a[j], a[j--] = t;
    }
    sort(a, i);
    a += i, n -= i;
  }
}
static long quicksort(long rounds) {
  u32 x = 1;
  long sum = 0;
  while (rounds--) {
    for (int i = 0; i < 1 << 16; i++) words[i] = x = x * 1664525 + 1013904223;
    sort((int *)words, 1 << 16);
    sum += words[100] ^ words[60000];
  }
  return sum;
}

static long crc(long rounds) {
  u32 table[256], c = 0;
  for (u32 i = 0; i < 256; i++) {
    u32 v = i;
    for (int k = 0; k < 8; k++) v = v & 1 ? (v >> 1) ^ 0xedb88320 : v >> 1;
    table[i] = v;
  }
  for (int i = 0; i < 1 << 16; i++) buffer[i] = i * 7;
  while (rounds--)
    for (int i = 0; i < 1 << 16; i++) c = table[(c ^ buffer[i]) & 255] ^ (c >> 8);
  return c;
}

/** A bytecode machine with a jump table. */
static long bytecode(long rounds) {
  static const u8 code[] = {0, 1, 2, 3, 1, 4, 0, 3, 5, 2, 1, 0, 4, 4, 3, 6};
  long acc = 1, other = 2;
  while (rounds--) {
    for (const u8 *pc = code;;) {
      switch (*pc++) {
        case 0: acc += other; continue;
        case 1: other ^= acc >> 3; continue;
        case 2: acc = acc * 5 + 1; continue;
        case 3: other += 7; continue;
        case 4: acc -= other; continue;
        case 5: if (acc & 1) other++; continue;
        case 6: break;
        case 7: acc = -acc; continue;
      }
      break;
    }
  }
  return acc ^ other;
}

/** Multi-word multiplication: mul, adc. */
static long bignum(long rounds) {
  u64 a[16], b[16], r[32];
  for (int i = 0; i < 16; i++) a[i] = 0x9e3779b97f4a7c15ul * (i + 1), b[i] = ~a[i];
  while (rounds--) {
    for (int i = 0; i < 32; i++) r[i] = 0;
    for (int i = 0; i < 16; i++) {
      u64 carry = 0;
      for (int j = 0; j < 16; j++) {
        __uint128_t t = (__uint128_t)a[i] * b[j] + r[i + j] + carry;
        r[i + j] = t, carry = t >> 64;
      }
      r[i + 16] = carry;
    }
    a[0] ^= r[7];
  }
  return r[3];
}

/** Byte loops over strings: length, compare, copy. */
static long strings(long rounds) {
  long sum = 0;
  for (int i = 0; i < 4096; i++) buffer[i] = 'a' + i % 26;
  buffer[4095] = 0;
  while (rounds--) {
    volatile u8 *s = buffer, *d = buffer + 8192;
    long n = 0;
    while (s[n]) n++;
    for (long i = 0; i <= n; i++) d[i] = s[i];
    long i = 0;
    while (d[i] == s[i] && s[i]) i++;
    sum += i + n;
  }
  return sum;
}

static long (*const kernels[])(long) = {fib, sieve, sha256, quicksort, crc, bytecode, bignum, strings};
__attribute__((section(".text.entry"))) long kernel(long which, long n) { return kernels[which](n); }
