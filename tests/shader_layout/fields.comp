#version 450

// Reads blocks in different layouts and writes all of their numbers out, in the order in which the fields are declared,
// matrices column by column.

struct Inner {
  vec3 direction;
  float weight;
  int counts[3];
};

#define FIELDS                     \
  float scale;                     \
  vec3 position;                   \
  vec2 texel;                      \
  float weights[3];                \
  mat3 turn;                       \
  layout(row_major) mat2x3 shear;  \
  Inner inner;                     \
  uint flags;                      \
  Inner several[2];                \
  ivec2 grid[2][3];                \
  mat4 projection;                 \
  int end;

layout(set = 0, binding = 0, std140) uniform InUniform { FIELDS } in_uniform;
layout(set = 0, binding = 1, std430) readonly buffer InStorage { FIELDS } in_storage;

// These two are laid out so in C++, too.
layout(set = 0, binding = 2, std140) uniform Light {
  vec3 position;
  float power;
  float falloff[2];
  mat2 turn;
  uint kind;
} light;

struct Particle {
  vec3 position;
  float mass;
  vec2 spin;
  uint group;
  int neighbours[5];
};
layout(set = 0, binding = 3, std430) readonly buffer Particles { uint seed; Particle particles[]; };

layout(set = 0, binding = 4, std430) writeonly buffer Results { uint results[]; };

uint count = 0;

void put(uint value) { results[count++] = value; }
void put(int value) { put(uint(value)); }
void put(float value) { put(floatBitsToUint(value)); }
void put(vec2 value) { put(value.x); put(value.y); }
void put(vec3 value) { put(value.xy); put(value.z); }
void put(vec4 value) { put(value.xyz); put(value.w); }
void put(ivec2 value) { put(value.x); put(value.y); }

#define PUT_INNER(inner)  \
  put(inner.direction);   \
  put(inner.weight);      \
  for (int i = 0; i < 3; ++i) put(inner.counts[i]);

#define PUT_FIELDS(block)                                        \
  put(block.scale);                                              \
  put(block.position);                                           \
  put(block.texel);                                              \
  for (int i = 0; i < 3; ++i) put(block.weights[i]);             \
  for (int i = 0; i < 3; ++i) put(block.turn[i]);                \
  for (int i = 0; i < 2; ++i) put(block.shear[i]);               \
  PUT_INNER(block.inner)                                         \
  put(block.flags);                                              \
  for (int s = 0; s < 2; ++s) { PUT_INNER(block.several[s]) }    \
  for (int i = 0; i < 6; ++i) put(block.grid[i / 3][i % 3]);     \
  for (int i = 0; i < 4; ++i) put(block.projection[i]);          \
  put(block.end);

layout(local_size_x = 1) in;

void main() {
  PUT_FIELDS(in_uniform)
  PUT_FIELDS(in_storage)
  put(light.position);
  put(light.power);
  for (int i = 0; i < 2; ++i) put(light.falloff[i]);
  for (int i = 0; i < 2; ++i) put(light.turn[i]);
  put(light.kind);
  put(seed);
  for (int p = 0; p < particles.length(); ++p) {
    put(particles[p].position);
    put(particles[p].mass);
    put(particles[p].spin);
    put(particles[p].group);
    for (int i = 0; i < 5; ++i) put(particles[p].neighbours[i]);
  }
}
