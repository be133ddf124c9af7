# Ordinary Python: classes, dictionaries, strings, comprehensions, sorting, generators, exceptions, big integers.
import sys
from collections import Counter, defaultdict


class Account:
    def __init__(self, number):
        self.number, self.balance, self.log = number, 0, []

    def add(self, amount):
        if self.balance + amount < 0:
            raise ValueError(self.number)
        self.balance += amount
        self.log.append(amount)


def numbers(n, state=1):
    for _ in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        yield state >> 8


def bank(n):
    accounts, refused = [Account(i) for i in range(100)], 0
    for value in numbers(n):
        try:
            accounts[value % 100].add(value % 201 - 100)
        except ValueError:
            refused += 1
    return sum(a.balance * a.number for a in accounts), refused, max(len(a.log) for a in accounts)


def words(n):
    made = ["".join(chr(97 + v // 26**k % 26) for k in range(1 + v % 4)) for v in numbers(n)]
    text = " ".join(made)
    counts = Counter(text.split())
    by_letter = defaultdict(list)
    for word in counts:
        by_letter[word[0]].append(word)
    longest = {letter: sorted(group, key=lambda w: (-len(w), w))[:3] for letter, group in sorted(by_letter.items())}
    return counts.most_common(3), longest["k"], text.replace("a", "bb").count("bbb")


def queens(n, row=0, columns=0, up=0, down=0):
    free, found = ~(columns | up | down) & ((1 << n) - 1), 0
    while free:
        bit = free & -free
        free ^= bit
        found += 1 if row == n - 1 else queens(n, row + 1, columns | bit, (up | bit) << 1, (down | bit) >> 1)
    return found


size = int(sys.argv[1])
print(bank(30_000 * size), words(12_000 * size))
print(sum(queens(7) for _ in range(size * 2)), f"{3 ** (300 * size) % 10**40:x}")
matrix = [[float(i * j % 7) for j in range(40)] for i in range(40)]
for _ in range(size // 3 + 1):
    matrix = [[sum(a * b for a, b in zip(row, column)) % 97 for column in zip(*matrix)] for row in matrix]
print(sum(map(sum, matrix)))
