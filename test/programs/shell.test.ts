// dash and bash scripts: the same text through both shells, compared with the native run.
import { describe, test } from 'vitest';
import { same, sameScripts } from '../harness.ts';

/** Scripts that any POSIX shell runs. */
const posix: Record<string, string> = {
  pipeline: 'printf "c\\nb\\na\\n" | sort | tr a-z A-Z | head -2',
  'status of a pipeline': 'false | true; echo $?; true | false; echo $?; ! true; echo $?',
  'here-document': 'x=world; cat <<END\nhello $x $(echo sub)\nEND\ncat <<"END"\n$x\nEND',
  subshell: '(cd /; pwd; x=1); echo "[$x]"; { echo a; echo b; } | wc -l',
  'command substitution': 'a=$(seq 5); echo $a; echo "$(echo "$(echo nested)")"',
  'exit status': 'sh -c "exit 7"; echo $?; sh -c "kill -TERM \\$\\$"; echo $?; exit 3',
  traps: 'trap "echo bye" EXIT; trap "echo term" TERM; kill -TERM $$; echo after',
  'background jobs':
    'mkfifo p; (cat p; echo first) & echo go > p; wait; sleep 0.05 & p=$!; wait $p; echo $?; (exit 3) & wait $!; echo $?',
  'wait for a killed job': 'sleep 50 & p=$!; kill $p; wait $p; echo $?',
  globbing: 'mkdir d; touch d/b d/a d/.h; echo d/*; echo d/.*h; echo d/[ab]; echo d/x*',
  redirections:
    'echo out > f; echo more >> f; cat < f; ls nothere 2> e; wc -l < e; exec 3< f; read l <&3; echo "$l"; exec 3<&-',
  'read and write': 'exec 4<> f; echo hello >&4; cat f; : > f; test -s f || echo empty',
  functions:
    'f() { echo "$#:$1"; return 4; }; f a b; echo $?; g() { local v=2 2>/dev/null || v=2; echo $v; }; g',
  loops:
    'for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done; i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i',
  case: 'case foo.c in *.h) echo h;; *.c|*.cc) echo c;; esac',
  arithmetic: 'echo $((7/2)) $((-7%3)) $((1<<10)) $((0x1f & 012)); x=5; echo $((x*=2)) $x',
  parameters:
    'set -- a "b c" d; echo $#; for a; do echo "[$a]"; done; shift; echo $1; u=${v:-def}; echo $u ${#u} ${u%f}',
  'set -e': 'set -e; true; echo on; false; echo never',
  'command not found': 'nosuchcommand; echo $?; ./nothere; echo $?; touch x; ./x; echo $?',
  umask: 'umask 027; touch f; mkdir d; ls -ld f d | cut -c1-10',
  'a umask wider than that of lxjit':
    'umask 0; touch f; mkdir d; mkfifo p; ls -ld f d p | cut -c1-10; umask 002; chmod g+s d; mkdir d/e; ls -ld d/e | cut -c1-10; : > ""; : > empty; sh ./empty; echo $?',
  'broken pipe': 'yes | head -3',
  'big pipe': 'seq 100000 | sort -rn | head -1; seq 100000 | md5sum',
  'signals ignored': 'trap "" TERM; kill -TERM $$; sh -c "kill -TERM \\$\\$; echo survived"',
  'process group': 'sh -c "exec sleep 50" & kill %1 2>/dev/null || kill $!; wait $!; echo $?',
  'many forks': 'i=0; while [ $i -lt 40 ]; do x=$(/bin/echo $i); i=$((i+1)); done; echo $x',
  'tee and fifo':
    'mkfifo p; cat p > got & echo through > p; wait; cat got; echo x | tee a b | cat - a b',
};

const bashOnly: Record<string, string> = {
  arrays:
    'a=(1 "two words" 3); a+=(4); echo ${#a[@]} "${a[1]}" "${a[@]:1:2}"; declare -A m=([k]=v [x]=y); echo ${m[k]} ${!m[@]}',
  'process substitution':
    'diff <(printf "a\\nb\\n") <(printf "a\\nc\\n"); cat <(echo one) <(echo two)',
  'here-string': 'cat <<< "a b"; read x y <<< "1 2"; echo $y',
  expansion: 'v=hello.tar.gz; echo ${v^^} ${v/l/L} ${v//l/L} ${v##*.} ${v:1:3} {1..5} {a,b}{c,d}',
  conditions:
    '[[ abc =~ ^a(.)c$ ]] && echo ${BASH_REMATCH[1]}; [[ a < b && -d / ]] && echo yes; (( 3 > 2 )) && echo num',
  pipestatus:
    'false | true | (exit 3); echo ${PIPESTATUS[@]}; set -o pipefail; false | true; echo $?',
  coprocess: 'coproc cat; echo hi >&${COPROC[1]}; read -u ${COPROC[0]} l; echo $l',
  mapfile: 'mapfile -t l < <(seq 3); echo ${l[@]} ${#l[@]}',
  'read -t': 'mkfifo p; exec 3<> p; read -t 0.05 x <&3; echo $?; read -n 2 y <<< abcd; echo $y',
  'wait -n':
    'mkfifo p; (read x < p; exit 3) & (exit 4) & wait -n; echo $?; echo > p; wait -n; echo $?',
  printf: "printf '%05d|%-5s|%x|%q|%(%Y)T\\n' 42 ab 255 'a b' 0",
  'job control off': 'jobs; mkfifo p; read x < p & jobs -p | wc -l; echo > p; wait',
  'exec replaces': '(exec echo replaced); exec bash -c "echo again"',
  'trap ERR DEBUG': 'trap "echo err" ERR; false; true; trap - ERR; false; echo done',
  'deep recursion': 'f() { (( $1 == 0 )) && { echo deep; return; }; f $(($1 - 1)); }; f 200',
};

describe('shells', () => {
  const scripts: Record<string, readonly string[]> = {};
  for (const [name, script] of Object.entries(posix))
    scripts[`dash: ${name}`] = ['dash', '-c', script];
  for (const [name, script] of Object.entries({ ...posix, ...bashOnly }))
    scripts[`bash: ${name}`] = ['bash', '--norc', '-c', script];
  test.for(Object.keys(scripts))('%s', sameScripts({ scripts }));
});

describe.concurrent('scripts with #!', () => {
  const files = {
    run: '#!/bin/sh -e\necho "$0 $1"\n',
    env: '#!/usr/bin/env bash\necho $BASH_VERSION $1\n',
  };
  test('interpreter with an argument', () =>
    same(['sh', '-c', 'chmod +x run env; ./run a; ./env b'], { files }));
  test('script from standard input', () =>
    same(['bash'], { stdin: 'echo in\nread x\nline\necho "$x"\n' }));
});
