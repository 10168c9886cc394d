// expect: laid out for another layout.*FieldIsLaidOutForAnotherLayout<.*Scene::weights
#include <ashlar/ashlar.hpp>

struct Weights {
  float weights[4];
};
ASHLAR_BUFFER_CONTENTS(Weights, weights);

struct Scene {
#ifdef ASHLAR_CONTROL
  ashlar::Std430<Weights> weights;
#else
  ashlar::Std140<Weights> weights;
#endif
  float time;
};
ASHLAR_BUFFER_CONTENTS(Scene, weights, time);

ashlar::Std430<Scene> laid_out;
