// Input files for the programs, the same in every run: pseudo-random, but with the skewed frequencies of real text and code.
import { closeSync, openSync, writeSync } from 'node:fs';

/** Numbers of the generator of Numerical Recipes, 0 … n−1. */
function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** English-like text: words by Zipf's law, sentences, paragraphs, now and then a number, or a line said before. */
export function writeText(file: string, bytes: number): void {
  const random = generator(1);
  const vocabulary = Array.from({ length: 20_000 }, () => word(random));
  const fd = openSync(file, 'w');
  const said: string[] = [];
  let left = bytes;
  while (left > 0) {
    let chunk = '';
    while (chunk.length < 1 << 16) {
      const repeated = said.length > 100 && random(6) === 0;
      const sentence = repeated ? said[random(said.length)] : newSentence(random, vocabulary);
      said[said.length < 1000 ? said.length : random(1000)] = sentence;
      chunk += sentence;
    }
    left -= writeSync(fd, chunk.slice(0, left));
  }
  closeSync(fd);
}

const SYLLABLES =
  'ba be co da di en er fo ga in ka la le ma mi no on or pa ra re se st ta te th ti un ver wo'.split(
    ' ',
  );

function word(random: (n: number) => number): string {
  let text = '';
  for (let i = random(4); i >= 0; i--) text += SYLLABLES[random(SYLLABLES.length)];
  return text;
}

function newSentence(random: (n: number) => number, vocabulary: readonly string[]): string {
  const words: string[] = [];
  for (let i = 4 + random(14); i > 0; i--) {
    const rank = Math.floor(vocabulary.length ** (random(1000) / 1000)) - 1;
    words.push(random(40) === 0 ? String(random(100_000)) : vocabulary[Math.max(0, rank)]);
  }
  const text = words.join(' ');
  return `${text[0].toUpperCase()}${text.slice(1)}${random(9) === 0 ? '.\n\n' : '. '}`;
}

/** C source of about this many lines: structures, loops, switches, floating point, calls; it compiles without a header. */
export function cSource(lines: number): string {
  const random = generator(7);
  let text =
    'struct item { int key; long value; struct item *next; char name[16]; double weight; };\n';
  for (let n = 0, count = 1; count < lines; n++) {
    const made = FUNCTIONS[n % FUNCTIONS.length](n, random);
    text += made;
    count += made.split('\n').length - 1;
  }
  return text;
}

type MakeFunction = (n: number, random: (n: number) => number) => string;

const FUNCTIONS: readonly MakeFunction[] = [
  (n, random) => `
long list${n}(struct item *list, int key) {
  long sum = ${random(100)};
  for (struct item *i = list; i; i = i->next) {
    if (i->key == key || i->key > ${random(1000)} + key * ${random(9)}) {
      sum += i->value * ${1 + random(30)};
      i->weight = i->weight * ${random(90)}.5 + sum;
    } else if (i->name[${random(16)}] == '${String.fromCharCode(97 + random(26))}') {
      sum ^= i->value >> ${random(30)};
    }
  }
  return sum;
}
`,
  (n, random) => `
int choose${n}(int what, int a, int b) {
  switch (what) {
${Array.from({ length: 8 }, (_, i) => `    case ${i * (1 + random(2))}${i}: return a ${'+-*^|&'[random(6)]} ${random(500)} ${'+-^'[random(3)]} b;`).join('\n')}
    default: return a > b ? a % ${3 + random(60)} : b / ${3 + random(60)};
  }
}
`,
  (n, random) => `
double table${n}(const double *a, const int *b, unsigned count) {
  double sum = 0, product = ${1 + random(9)}.25;
  static double kept[${8 + random(60)}];
  for (unsigned i = 0; i < count; i++) {
    sum += a[i] * b[i % ${2 + random(14)}];
    if (sum > ${random(5000)}) product *= 1.0 / (i + ${1 + random(9)});
    kept[i & 7] = sum - product;
  }
  for (int i = 1; i < 8; i++) kept[i] = kept[i - 1] * ${random(10)} + kept[i];
  return kept[${random(8)}] + product;
}
`,
  (n, random) => `
unsigned text${n}(char *to, const char *from, unsigned limit) {
  unsigned hash = ${random(100000)}, n = 0;
  while (*from && n < limit) {
    char c = *from++;
    if (c >= 'A' && c <= 'Z') c += 32;
    else if (c == '${String.fromCharCode(40 + random(14))}') continue;
    hash = (hash << ${1 + random(12)} | hash >> ${8 + random(12)}) ^ c;
    to[n++] = c;
  }
  return ${n > 8 ? `choose${Math.floor((n - 4) / 5) * 5 + 1}` : ''}(hash, n, limit);
}
`,
  (n, random) => `
int matrix${n}(int m[${4 + random(4)}][8], long bits) {
  int best = -1, found = 0;
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 8; j++) {
      int v = m[i][j] * ${random(40)} - (int)(bits >> (i * 8 + j));
      if (v > best) best = v, found = i * 8 + j;
      m[i][(j + ${random(8)}) & 7] ^= v;
    }
  }
  return found + (int)text${n - 1}((char *)m, "${word(random)}", ${random(32)});
}
`,
];

/** SQL: tables filled by recursion, indexes, joins, groups, updates, text functions. */
export const sqlScript = (size: number): string => `
create table person (id integer primary key, name text, city integer, born integer);
create table city (id integer primary key, name text);
create table purchase (person integer, day integer, cents integer);
insert into city with recursive n(i) as (values(1) union all select i + 1 from n where i < 500)
  select i, 'city ' || (i * 7919 % 1000) from n;
begin;
insert into person with recursive n(i) as (values(1) union all select i + 1 from n where i < ${4000 * size})
  select i, printf('%s%04d', substr('annabertcarldoraemil', i % 17 + 1, 4), i * 37 % 10000), i * 31 % 500 + 1, 1930 + i * 17 % 80 from n;
insert into purchase with recursive n(i) as (values(1) union all select i + 1 from n where i < ${12000 * size})
  select i * 7 % ${4000 * size} + 1, i % 365, i * 2654435761 % 10007 from n;
commit;
create index by_person on purchase (person);
create index by_name on person (name);
select count(*), sum(cents), avg(day) from purchase;
select c.name, count(*), sum(p.cents) total from purchase p join person q on q.id = p.person join city c on c.id = q.city
  group by c.id having total > 1000 order by total desc, c.id limit 7;
select born / 10 * 10 decade, count(distinct city), max(name) from person group by decade order by decade;
select name from person where name like 'ber%7' order by name desc limit 5;
update purchase set cents = cents + (select born from person where id = person) where day % 7 = 3;
delete from purchase where cents % 11 = 5;
select day % 30 d, count(*), sum(cents) from purchase group by d order by 3 desc limit 5;
select sum(length(replace(upper(name), 'A', 'xyz'))), group_concat(distinct substr(name, 1, 2)) from person;
select count(*) from person a join person b on a.name = b.name and a.id < b.id;
`;
