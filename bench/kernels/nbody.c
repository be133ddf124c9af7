// Scalar doubles with square root and division: planets that attract each other.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BODIES = 5 };
static struct { double x, y, z, vx, vy, vz, mass; } body[BODIES];

static void advance(double dt) {
  for (int i = 0; i < BODIES; i++) {
    for (int j = i + 1; j < BODIES; j++) {
      double dx = body[i].x - body[j].x, dy = body[i].y - body[j].y, dz = body[i].z - body[j].z;
      double square = dx * dx + dy * dy + dz * dz + 0.01;
      double force = dt / (square * sqrt(square));
      double mi = body[i].mass * force, mj = body[j].mass * force;
      body[i].vx -= dx * mj, body[i].vy -= dy * mj, body[i].vz -= dz * mj;
      body[j].vx += dx * mi, body[j].vy += dy * mi, body[j].vz += dz * mi;
    }
  }
  for (int i = 0; i < BODIES; i++) {
    body[i].x += dt * body[i].vx;
    body[i].y += dt * body[i].vy;
    body[i].z += dt * body[i].vz;
  }
}

int main(int argc, char **argv) {
  long steps = argc > 1 ? atol(argv[1]) : 1000;
  for (int i = 0; i < BODIES; i++) {
    body[i].x = 3 * i + 0.25 * i * i, body[i].y = 1.5 - i, body[i].z = i * 0.125;
    body[i].vx = 0.01 * i, body[i].vy = 0.4 - 0.09 * i, body[i].vz = 0.02 * (i - 2);
    body[i].mass = i == 0 ? 40 : 0.04 * i;
  }
  for (long i = 0; i < steps; i++) advance(0.001);
  for (int i = 0; i < BODIES; i++) printf("%.15g %.15g %.15g\n", body[i].x, body[i].y, body[i].z);
}
