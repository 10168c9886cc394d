#version 450

// y[i] = a * x[i] + y[i], one element per invocation.
//
// After a change: glslangValidator -V -x -o saxpy.comp.inc saxpy.comp

layout(local_size_x = 64) in;

layout(set = 0, binding = 0) readonly buffer X {
  float x[];
};
layout(set = 0, binding = 1) buffer Y {
  float y[];
};
layout(push_constant) uniform Constants {
  float a;
};

void main() {
  uint i = gl_GlobalInvocationID.x;
  if (i < y.length()) {  // The last workgroup may reach beyond the end.
    y[i] = a * x[i] + y[i];
  }
}
