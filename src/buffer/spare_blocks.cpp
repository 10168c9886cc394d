#include "buffer/spare_blocks.hpp"

#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#  define ASHLAR_ADDRESS_SANITIZER
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer)
#    define ASHLAR_ADDRESS_SANITIZER
#  endif
#endif

namespace ashlar::detail {

constinit thread_local SpareBlocks spare_blocks;

/// Gives the blocks back when its thread ends.
class SpareBlocks::Keeper {
 public:
  explicit Keeper(SpareBlocks& blocks) noexcept : blocks_{blocks} {
#if !defined(ASHLAR_ADDRESS_SANITIZER)
    blocks_.room_ = most;
#endif
  }
  Keeper(Keeper const&) = delete;
  Keeper& operator=(Keeper const&) = delete;
  ~Keeper() {
    blocks_.room_ = 0;
    while (blocks_.first_ != nullptr) {
      ::operator delete(std::exchange(blocks_.first_, blocks_.first_->next));
    }
  }

 private:
  SpareBlocks& blocks_;
};

bool SpareBlocks::make_room() noexcept {
  if (!std::exchange(begun_, true)) {
    thread_local Keeper const keeper{*this};
  }
  return room_ != 0;
}

}  // namespace ashlar::detail
