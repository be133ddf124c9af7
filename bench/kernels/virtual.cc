// Calls through a table: C++ virtual functions of several classes, and function pointers.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

struct Shape {
  virtual ~Shape() = default;
  virtual int64_t area() const = 0;
  virtual void grow(int by) = 0;
};
struct Square : Shape {
  int64_t side;
  explicit Square(int64_t n) : side(n) {}
  int64_t area() const override { return side * side; }
  void grow(int by) override { side = (side + by) & 1023; }
};
struct Rectangle : Square {
  int64_t other;
  Rectangle(int64_t n, int64_t m) : Square(n), other(m) {}
  int64_t area() const override { return side * other; }
};
struct Triangle : Rectangle {
  using Rectangle::Rectangle;
  int64_t area() const override { return side * other / 2; }
  void grow(int by) override { other = (other ^ by) + 1; }
};
struct Point : Shape {
  int64_t area() const override { return 0; }
  void grow(int) override {}
};

static int64_t twice(int64_t x) { return 2 * x + 1; }
static int64_t mix(int64_t x) { return x ^ x >> 7; }
static int64_t less(int64_t x) { return x - 12345; }

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 1;
  std::vector<std::unique_ptr<Shape>> shapes;
  uint32_t seed = 1;
  for (int i = 0; i < 1000; i++) {
    seed = seed * 1664525 + 1013904223;
    int64_t a = seed >> 20, b = seed >> 10 & 255;
    switch (seed >> 30) {
      case 0: shapes.push_back(std::make_unique<Square>(a)); break;
      case 1: shapes.push_back(std::make_unique<Rectangle>(a, b)); break;
      case 2: shapes.push_back(std::make_unique<Triangle>(a, b)); break;
      default: shapes.push_back(std::make_unique<Point>());
    }
  }
  int64_t (*volatile const functions[])(int64_t) = {twice, mix, less, mix};
  int64_t sum = 0;
  for (long r = 0; r < rounds; r++) {
    for (auto &shape : shapes) {
      sum += shape->area();
      shape->grow(r & 15);
    }
    for (int i = 0; i < 1000; i++) sum = functions[(sum ^ i) & 3](sum);
  }
  std::printf("%lx\n", sum);
}
