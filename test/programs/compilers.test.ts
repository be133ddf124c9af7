// Debian's own gcc, g++, as, ld and make as guests: the same files, the same diagnostics, the same status.
import { describe, test } from 'vitest';
import { sameScripts } from '../harness.ts';

const main = `#include <stdio.h>
#include <math.h>
#include "util.h"
int main(int argc, char **argv) {
    for (int i = 1; i < 10; i++) printf("%d %.3f %s\\n", square(i), sqrt(i), argv[argc - 1] ? "" : "?");
    return 0;
}
`;
const files = {
  'main.c': main,
  'util.h': 'int square(int);\n',
  'util.c': '#include "util.h"\nint square(int x) { return x * x; }\n',
  'bad.c':
    '#include <stdio.h>\nint main(void) {\n    int unused;\n    printf("%s\\n", 3)\n    return undeclared;\n}\n',
  'hello.cc':
    '#include <cstdio>\n#include <exception>\nstruct Full : std::exception { const char *what() const noexcept override { return "full"; } };\n' +
    'template <class T, int N> struct Stack { T items[N]; int n = 0; void push(T x) { if (n == N) throw Full(); items[n++] = x; } };\n' +
    'int main() { Stack<int, 4> s; try { for (;;) s.push(1); } catch (const std::exception &e) { std::printf("%s at %d\\n", e.what(), s.n); }\n' +
    ' for (auto &i : s.items) std::printf("%d\\n", i); throw Full(); }\n',
  Makefile:
    'OBJS = a.o b.o main.o util.o\nprog: $(OBJS)\n\t$(CC) -o $@ $(OBJS) -lm\n%.o: %.c util.h\n\t$(CC) -O2 -c -o $@ $<\nclean:\n\trm -f prog *.o\n',
  ...Object.fromEntries(
    ['a', 'b'].map((n) => [`${n}.c`, `int f_${n}(int x) { return x + ${n.charCodeAt(0)}; }\n`]),
  ),
};

const commands: Record<string, string> = {
  'gcc -O2 -g': 'gcc -O2 -g -o prog main.c util.c -lm && ./prog x',
  'gcc -static': 'cat main.c util.c > all.c; gcc -static -o prog all.c -lm && ./prog',
  'separate compiling and linking':
    'gcc -c -O1 main.c && gcc -c util.c && gcc -o prog main.o util.o -lm && ./prog && nm prog | cut -c18- | md5sum && size util.o && ar rcsD lib.a util.o && gcc main.c lib.a -lm -o p2 && ./p2 | tail -1',
  'preprocessor, assembler, disassembler':
    'gcc -E main.c | md5sum; gcc -S -O3 util.c -o util.s; cat util.s; as util.s -o u.o; objdump -d u.o; readelf -hS u.o; strip u.o; strings u.o | head -3',
  'shared library':
    'gcc -shared -fPIC -o libu.so util.c && gcc -o prog main.c -L. -lu -lm -Wl,-rpath,. && ./prog && ldd prog | grep -c libu',
  'an error in the source':
    'gcc -Wall -c bad.c; echo $?; gcc nothere.c; echo $?; gcc util.c; echo $?; gcc -c -x c - < bad.c; echo $?',
  'g++ with exceptions':
    'g++ -O1 -o prog hello.cc && ./prog; echo $?; c++filt _ZNSt6vectorIiE3fooEv',
  'make -j2':
    'make -j2 -s && ./prog && make && touch util.h && make -n | sort && make clean && make nothere; echo $?',
};

describe('compilers', () => {
  const names = Object.keys(commands);
  const env = { LC_ALL: 'C' };
  const check = sameScripts({ command: ['sh', '-c'], scripts: commands, files, env });
  test.for(names)('%s', check);
});
