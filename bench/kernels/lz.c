// A compressor and its decompressor: LZ77 with a hash of four bytes, as LZ4 does it.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 1 << 20, HASH_BITS = 14 };
static uint8_t input[SIZE], packed[SIZE * 2], unpacked[SIZE + 64];
static uint32_t table[1 << HASH_BITS];

static uint32_t load(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, 4);
  return v;
}

static uint8_t *put_length(uint8_t *out, size_t n) {
  for (; n >= 255; n -= 255) *out++ = 255;
  *out++ = n;
  return out;
}

static size_t compress(void) {
  uint8_t *out = packed;
  size_t at = 4, literal = 0;
  memset(table, 0, sizeof table);
  while (at < SIZE - 16) {
    uint32_t word = load(input + at), *slot = &table[word * 2654435761u >> (32 - HASH_BITS)];
    size_t from = *slot;
    *slot = at;
    if (load(input + from) != word || at - from > 65535 || from >= at) {
      at++;
      continue;
    }
    size_t length = 4;
    while (at + length < SIZE - 16 && input[from + length] == input[at + length]) length++;
    out = put_length(out, at - literal);
    memcpy(out, input + literal, at - literal);
    out += at - literal;
    *out++ = at - from, *out++ = (at - from) >> 8;
    out = put_length(out, length - 4);
    at += length;
    literal = at;
  }
  out = put_length(out, SIZE - literal);
  memcpy(out, input + literal, SIZE - literal);
  return out + (SIZE - literal) - packed;
}

static size_t get_length(const uint8_t **in) {
  size_t n = 0;
  while (**in == 255) n += 255, (*in)++;
  return n + *(*in)++;
}

static void decompress(size_t size) {
  const uint8_t *in = packed, *end = packed + size;
  uint8_t *out = unpacked;
  for (;;) {
    size_t n = get_length(&in);
    memcpy(out, in, n);
    out += n, in += n;
    if (in >= end) return;
    const uint8_t *from = out - (in[0] | in[1] << 8);
    in += 2;
    for (n = get_length(&in) + 4; n > 0; n--) *out++ = *from++;
  }
}

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 1;
  uint32_t seed = 1;
  for (size_t i = 0; i < SIZE;) {
    seed = seed * 1664525 + 1013904223;
    size_t n = 2 + (seed >> 28), from = i > 4096 ? i - 1 - (seed >> 8) % 4096 : 0;
    int fresh = i < 64 || (seed >> 20 & 3) == 0;
    for (; n > 0 && i < SIZE; n--) input[i++] = fresh ? 'a' + (seed >> n & 31) : input[from++];
  }
  size_t total = 0;
  for (long r = 0; r < rounds; r++) {
    input[(r * 7919) % SIZE] ^= 1;
    size_t size = compress();
    decompress(size);
    if (memcmp(input, unpacked, SIZE)) return printf("differs\n"), 1;
    total = total * 31 + size;
  }
  printf("%zx\n", total);
}
