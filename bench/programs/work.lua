-- Ordinary Lua: tables, closures, strings, metatables, coroutines, floating point.
local size = tonumber(arg[1])
local state = 1
local function random(n)
  state = (state * 1103515245 + 12345) & 0x7fffffff
  return (state >> 8) % n
end

local Point = {}
Point.__index = Point
Point.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Point) end
function Point:length() return math.sqrt(self.x * self.x + self.y * self.y) end

local function points(n)
  local sum = setmetatable({ x = 0, y = 0 }, Point)
  for i = 1, n do sum = sum + setmetatable({ x = random(100) / 7, y = i % 13 }, Point) end
  return string.format("%.6f", sum:length())
end

local function sorted(n)
  local t = {}
  for i = 1, n do t[i] = random(1000000) end
  table.sort(t, function(a, b) return a > b end)
  return t[1], t[#t // 2]
end

local function text(n)
  local parts, counts = {}, {}
  for i = 1, n do parts[i] = string.char(97 + random(26)) .. random(50) end
  for word in table.concat(parts, " "):gmatch("%a%d+") do counts[word] = (counts[word] or 0) + 1 end
  local keys = {}
  for k in pairs(counts) do keys[#keys + 1] = k end
  table.sort(keys)
  return #keys, keys[7], counts[keys[7]], (table.concat(parts):gsub("a1", "<%0>")):len()
end

local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end

local function permutations(n)
  local function go(a, k)
    if k == 0 then coroutine.yield(a[1]) end
    for i = 1, k do
      a[i], a[k] = a[k], a[i]
      go(a, k - 1)
      a[i], a[k] = a[k], a[i]
    end
  end
  local sum = 0
  for first in coroutine.wrap(function() local a = {} for i = 1, n do a[i] = i end go(a, n) end) do sum = sum + first end
  return sum
end

for _ = 1, size do
  print(points(60000), sorted(6000))
  print(text(8000))
  print(fib(23), permutations(7))
end
