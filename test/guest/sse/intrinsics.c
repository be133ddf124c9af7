// flags: -msse4.2 -maes -mpclmul
// Intrinsics as libraries use them: string search with pcmpistri, AES-128 of FIPS 197, CRC-32 by pclmulqdq and crc32, a
// matrix product, packing of pixels.
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int find(const char *text, const char *set) {
  char padded[16] = {0};
  strncpy(padded, set, 15);
  const __m128i chars = _mm_loadu_si128((const __m128i *)padded);
  for (int i = 0;; i += 16) {
    char part[16] = {0};
    strncpy(part, text + i, 16);
    const __m128i block = _mm_loadu_si128((const __m128i *)part);
    if (_mm_cmpistrc(chars, block, _SIDD_CMP_EQUAL_ANY))
      return i + _mm_cmpistri(chars, block, _SIDD_CMP_EQUAL_ANY);
    if (_mm_cmpistrz(chars, block, _SIDD_CMP_EQUAL_ANY)) return -1;
  }
}

#define EXPAND(key, rcon) expand(key, _mm_aeskeygenassist_si128(key, rcon))
static __m128i expand(__m128i key, __m128i assist) {
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
  return _mm_xor_si128(key, _mm_shuffle_epi32(assist, 0xff));
}

static void aes(void) {
  uint8_t bytes[16];
  __m128i keys[11];
  for (int i = 0; i < 16; i++) bytes[i] = i;
  keys[0] = _mm_loadu_si128((__m128i *)bytes);
  keys[1] = EXPAND(keys[0], 0x01), keys[2] = EXPAND(keys[1], 0x02), keys[3] = EXPAND(keys[2], 0x04);
  keys[4] = EXPAND(keys[3], 0x08), keys[5] = EXPAND(keys[4], 0x10), keys[6] = EXPAND(keys[5], 0x20);
  keys[7] = EXPAND(keys[6], 0x40), keys[8] = EXPAND(keys[7], 0x80), keys[9] = EXPAND(keys[8], 0x1b);
  keys[10] = EXPAND(keys[9], 0x36);
  for (int i = 0; i < 16; i++) bytes[i] = i * 0x11;
  __m128i x = _mm_xor_si128(_mm_loadu_si128((__m128i *)bytes), keys[0]);
  for (int i = 1; i < 10; i++) x = _mm_aesenc_si128(x, keys[i]);
  x = _mm_aesenclast_si128(x, keys[10]);
  _mm_storeu_si128((__m128i *)bytes, x);
  for (int i = 0; i < 16; i++) printf("%02x", bytes[i]);
  x = _mm_xor_si128(x, keys[10]);
  for (int i = 9; i > 0; i--) x = _mm_aesdec_si128(x, _mm_aesimc_si128(keys[i]));
  x = _mm_aesdeclast_si128(x, keys[0]);
  _mm_storeu_si128((__m128i *)bytes, x);
  for (int i = 0; i < 16; i++) printf("%02x", bytes[i]);
  puts("");
}

int main(void) {
  printf("%d %d %d\n", find("the quick brown fox", "xyz"), find("aaaaaaaaaaaaaaaaaaaaaaaab", "bc"), find("none", "qz"));
  aes();
  uint32_t crc = ~0u;
  for (int i = 0; i < 1000; i++) crc = _mm_crc32_u8(crc, i * 7);
  __m128i fold = _mm_set_epi64x(0x1f7011641, 0xccaa009e);
  for (int i = 0; i < 50; i++)
    fold = _mm_xor_si128(_mm_clmulepi64_si128(fold, fold, 0x10), _mm_set_epi32(i, crc, i * i, 1));
  printf("%08x %016llx\n", crc, (unsigned long long)_mm_extract_epi64(fold, 1));
  float a[16], b[16], c[16];
  for (int i = 0; i < 16; i++) a[i] = i * 0.3f - 1, b[i] = 1.0f / (i + 1);
  for (int i = 0; i < 16; i++) {
    const __m128 row = _mm_loadu_ps(a + (i & 12));
    const __m128 column = _mm_set_ps(b[12 + i % 4], b[8 + i % 4], b[4 + i % 4], b[i % 4]);
    c[i] = _mm_cvtss_f32(_mm_dp_ps(row, column, 0xf1));
  }
  for (int i = 0; i < 16; i++) printf("%a ", c[i]);
  __m128i pixels = _mm_setr_epi32(300, -5, 70000, 17);
  pixels = _mm_packus_epi16(_mm_packus_epi32(pixels, pixels), pixels);
  printf("\n%016llx %d\n", (unsigned long long)_mm_cvtsi128_si64(pixels), _mm_movemask_epi8(pixels));
  return 0;
}
