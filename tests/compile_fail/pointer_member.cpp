// expect: Node::next cannot lie in a buffer
#include <ashlar/ashlar.hpp>

#include <cstdint>

struct Node {
  std::uint32_t value;
#ifdef ASHLAR_CONTROL
  std::uint32_t next;
#else
  Node* next;  // an address of this process means nothing to a device
#endif
};
ASHLAR_BUFFER_CONTENTS(Node, value, next);
