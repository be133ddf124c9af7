#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
static int thrower(int n) {
  if (n == 0) throw std::runtime_error("thrown " + std::to_string(42));
  return thrower(n - 1) + 1;
}
int main() {
  std::map<std::string, int> counts;
  for (const char *word : {"b", "a", "b", "c", "b"}) counts[word]++;
  for (const auto &[word, n] : counts) std::cout << word << '=' << n << '\n';
  try {
    thrower(5);
  } catch (const std::exception &e) {
    std::cerr << "caught: " << e.what() << std::endl;
  }
  std::cout << 3.14159 << ' ' << std::hex << 255 << std::endl;
  return 7;
}
