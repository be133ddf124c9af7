// A bytecode interpreter that runs a small program (Collatz sequences): a jump table from a switch, or with -DGOTO one
// computed goto an operation.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { PUSH, LOAD, STORE, ADD, MUL, SHR, AND, LESS, JUMP, JUMP_IF, CALL, RETURN, HALT };

// v0: the number looked at, v1: what becomes of it, v2: the sum of the lengths, v3: the limit.
static const int32_t code[] = {
    /*  0 */ LOAD, 0, LOAD, 3, LESS, JUMP_IF, 10,             // while v0 < v3
    /*  7 */ LOAD, 2, HALT,                                   // (return v2)
    /* 10 */ LOAD, 0, STORE, 1,                               //   v1 = v0
    /* 14 */ PUSH, 1, LOAD, 1, LESS, JUMP_IF, 30,             //   while 1 < v1
    /* 21 */ LOAD, 0, PUSH, 1, ADD, STORE, 0, JUMP, 0,        //   (v0++, again)
    /* 30 */ LOAD, 1, PUSH, 1, AND, JUMP_IF, 41,
    /* 37 */ CALL, 55, JUMP, 63,                              //     even: half()
    /* 41 */ CALL, 45, JUMP, 63,                              //     odd: triple()
    /* 45 */ LOAD, 1, PUSH, 3, MUL, PUSH, 1, ADD, STORE, 1,   // triple: v1 = 3 * v1 + 1, then half
    /* 55 */ LOAD, 1, PUSH, 1, SHR, STORE, 1, RETURN,         // half: v1 = v1 >> 1
    /* 63 */ LOAD, 2, PUSH, 1, ADD, STORE, 2, JUMP, 14,       //     v2++
};

static int64_t run(int64_t limit) {
  int64_t stack[64], *sp = stack, var[4] = {1, 0, 0, limit};
  const int32_t *pc = code, *returns[16], **rp = returns;
#ifdef GOTO
  static const void *const labels[] = {&&PUSH_, &&LOAD_, &&STORE_, &&ADD_, &&MUL_, &&SHR_, &&AND_,
                                       &&LESS_, &&JUMP_, &&JUMP_IF_, &&CALL_, &&RETURN_, &&HALT_};
#define CASE(name) name##_:
#define NEXT goto *labels[*pc++]
  NEXT;
#else
#define CASE(name) case name:
#define NEXT continue
  for (;;) switch (*pc++) {
#endif
  CASE(PUSH) *sp++ = *pc++; NEXT;
  CASE(LOAD) *sp++ = var[*pc++]; NEXT;
  CASE(STORE) var[*pc++] = *--sp; NEXT;
  CASE(ADD) sp--, sp[-1] += *sp; NEXT;
  CASE(MUL) sp--, sp[-1] *= *sp; NEXT;
  CASE(SHR) sp--, sp[-1] >>= *sp; NEXT;
  CASE(AND) sp--, sp[-1] &= *sp; NEXT;
  CASE(LESS) sp--, sp[-1] = sp[-1] < *sp; NEXT;
  CASE(JUMP) pc = code + *pc; NEXT;
  CASE(JUMP_IF) pc = *--sp ? code + *pc : pc + 1; NEXT;
  CASE(CALL) *rp++ = pc + 1, pc = code + *pc; NEXT;
  CASE(RETURN) pc = *--rp; NEXT;
  CASE(HALT) return sp[-1];
#ifndef GOTO
  }
#endif
}

int main(int argc, char **argv) {
  printf("%lx\n", run(argc > 1 ? atol(argv[1]) : 100));
}
