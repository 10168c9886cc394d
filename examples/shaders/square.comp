#version 450

// squares[i] = numbers[i] * numbers[i], one number per invocation.
//
// After a change: glslangValidator -V -x -o square.comp.inc square.comp

layout(local_size_x = 64) in;

layout(set = 0, binding = 0) readonly buffer Numbers {
  uint numbers[];
};
layout(set = 0, binding = 1) writeonly buffer Squares {
  uint squares[];
};

void main() {
  uint i = gl_GlobalInvocationID.x;
  if (i < numbers.length()) {  // The last workgroup may reach beyond the end.
    squares[i] = numbers[i] * numbers[i];
  }
}
