// Memory that two devices share by a file descriptor.

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "simulated_driver/raw_vulkan.hpp"
#include "simulated_driver/test_gpu.hpp"
#include "support/catch.hpp"

namespace ashlar::test {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr VkDeviceSize size = 8192;
constexpr VkExternalMemoryHandleTypeFlagBits opaque = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;

bool is_open(int file) { return fcntl(file, F_GETFD) != -1; }

VkDeviceMemory allocate_exportable(RawVulkan& vulkan, std::uint32_t type) {
  VkExportMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, nullptr, opaque};
  return vulkan.allocate(size, type, &info);
}

VkResult try_export(RawVulkan const& vulkan, VkDeviceMemory memory, int& file) {
  VkMemoryGetFdInfoKHR const info{VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR, nullptr, memory, opaque};
  return vulkan.call<PFN_vkGetMemoryFdKHR>("vkGetMemoryFdKHR", &info, &file);
}

int export_file(RawVulkan const& vulkan, VkDeviceMemory memory) {
  int file = -1;
  REQUIRE(try_export(vulkan, memory, file) == VK_SUCCESS);
  return file;
}

VkResult import_file(RawVulkan& vulkan, int file, VkDeviceSize bytes, std::uint32_t type, VkDeviceMemory& memory,
                     VkExternalMemoryHandleTypeFlagBits handle_type = opaque) {
  VkImportMemoryFdInfoKHR const info{VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR, nullptr, handle_type, file};
  return vulkan.try_allocate(bytes, type, memory, &info);
}

}  // namespace

TEST_CASE("imported memory has the bytes of what was exported", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan first{driver};
  RawVulkan second{driver};
  VkDeviceMemory const exported = allocate_exportable(first, device_local);
  CHECK(driver.device_read(exported, 0, size) == std::string(size, fresh));
  driver.device_write(exported, size - 1, "e");
  int const file = export_file(first, exported);
  VkDeviceMemory imported = VK_NULL_HANDLE;
  CHECK(import_file(second, file, size, device_local, imported) == VK_SUCCESS);
  CHECK(driver.device_read(imported, size - 2, 2) == std::string{fresh, 'e'});
  driver.device_write(imported, 0, "i");
  CHECK(driver.device_read(exported, 0, 1) == "i");
  first.free(exported);
  CHECK(driver.device_read(imported, 0, 1) == "i");  // The memory lives as long as one of the two.
}

TEST_CASE("an import takes the file descriptor", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  int const file = export_file(vulkan, allocate_exportable(vulkan, device_local));
  REQUIRE(is_open(file));
  VkDeviceMemory imported = VK_NULL_HANDLE;
  CHECK(import_file(vulkan, file, size, device_local, imported) == VK_SUCCESS);
  CHECK(is_open(file));
  vulkan.free(imported);
  CHECK_FALSE(is_open(file));
}

TEST_CASE("each export has a file descriptor of its own, which is the program's", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDeviceMemory const memory = allocate_exportable(vulkan, device_local);
  int const first = export_file(vulkan, memory);
  int const second = export_file(vulkan, memory);
  CHECK(first != second);
  vulkan.free(memory);
  CHECK(is_open(first));
  CHECK(close(first) == 0);
  CHECK(close(second) == 0);
}

TEST_CASE("a wrong file, size or type cannot be imported, is noted, and stays the program's",
          "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  int const file = export_file(vulkan, allocate_exportable(vulkan, device_local));
  VkDeviceMemory imported = VK_NULL_HANDLE;
  constexpr VkResult invalid = VK_ERROR_INVALID_EXTERNAL_HANDLE;
  for (VkDeviceSize const wrong : {size - 1, size + 4096}) {
    CHECK(import_file(vulkan, file, wrong, device_local, imported) == invalid);
    CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkMemoryAllocateInfo-allocationSize-01742"));
  }
  CHECK(import_file(vulkan, file, size, coherent, imported) == invalid);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkMemoryAllocateInfo-allocationSize-01742"));
  CHECK(import_file(vulkan, file, size, device_local, imported, VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT) ==
        invalid);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkImportMemoryFdInfoKHR-handleType-00667"));
  CHECK(is_open(file));
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  for (int const wrong : {ends[0], -1}) {
    CHECK(import_file(vulkan, wrong, size, device_local, imported) == invalid);
    CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkImportMemoryFdInfoKHR-handleType-00670"));
  }
  CHECK(imported == VK_NULL_HANDLE);
  CHECK(driver.heap_use(0) == size);  // Of the exported memory alone.
  for (int const one : {file, ends[0], ends[1]}) {
    CHECK(is_open(one));
    close(one);
  }
}

TEST_CASE("memory of another GPU cannot be imported", "[simulated_driver][misuse]") {
  Gpu gpu = test_gpu();
  int file = -1;
  {
    SimulatedDriver driver{gpu};
    RawVulkan vulkan{driver};
    file = export_file(vulkan, allocate_exportable(vulkan, device_local));
  }
  gpu.name = "Another GPU";
  SimulatedDriver driver{gpu};
  RawVulkan vulkan{driver};
  VkDeviceMemory imported = VK_NULL_HANDLE;
  CHECK(import_file(vulkan, file, size, device_local, imported) == VK_ERROR_INVALID_EXTERNAL_HANDLE);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkImportMemoryFdInfoKHR-fd-00668"));
  close(file);
}

TEST_CASE("an import that is told to fail leaves the file descriptor to the program", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  int const file = export_file(vulkan, allocate_exportable(vulkan, device_local));
  vulkan.control().fail_next("vkAllocateMemory", VK_ERROR_OUT_OF_DEVICE_MEMORY);
  VkDeviceMemory imported = VK_NULL_HANDLE;
  CHECK(import_file(vulkan, file, size, device_local, imported) == VK_ERROR_OUT_OF_DEVICE_MEMORY);
  CHECK(is_open(file));
  close(file);
}

TEST_CASE("shared memory that is not coherent has a copy for each host mapping", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan first{driver};
  RawVulkan second{driver};
  VkDeviceMemory const exported = allocate_exportable(first, cached);
  VkDeviceMemory imported = VK_NULL_HANDLE;
  REQUIRE(import_file(second, export_file(first, exported), size, cached, imported) == VK_SUCCESS);
  char* const writer = first.map(exported);
  char* const reader = second.map(imported);
  std::memset(writer, 'w', size);
  second.invalidate(imported);
  CHECK(reader[0] == fresh);
  first.flush(exported);
  CHECK(reader[0] == fresh);
  second.invalidate(imported);
  CHECK(std::string(reader, size) == std::string(size, 'w'));
}

TEST_CASE("queues write to shared memory", "[simulated_driver]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan first{driver};
  RawVulkan second{driver};
  VkDeviceMemory const exported = allocate_exportable(first, coherent);
  VkDeviceMemory imported = VK_NULL_HANDLE;
  REQUIRE(import_file(second, export_file(first, exported), size, coherent, imported) == VK_SUCCESS);
  VkExternalMemoryBufferCreateInfo const external{VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, nullptr,
                                                  opaque};
  VkBuffer const buffer = second.create_buffer(size, RawVulkan::copies, 0, &external);
  second.bind(buffer, imported);
  second.run(second.queue(0), second.fill(buffer, 'q'));
  CHECK(std::string(first.map(exported), size) == std::string(size, 'q'));
}

TEST_CASE("exports that were not asked for are noted", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  int file = -1;
  CHECK(try_export(vulkan, vulkan.allocate(size, cached), file) != VK_SUCCESS);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkMemoryGetFdInfoKHR-handleType-00671"));
  VkMemoryGetFdInfoKHR const host{VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR, nullptr,
                                  allocate_exportable(vulkan, cached),
                                  VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT};
  CHECK(vulkan.call<PFN_vkGetMemoryFdKHR>("vkGetMemoryFdKHR", &host, &file) != VK_SUCCESS);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkMemoryGetFdInfoKHR-handleType-00672"));
  CHECK(file == -1);
  VkExportMemoryAllocateInfo const foreign{VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO, nullptr,
                                           opaque | VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT};
  static_cast<void>(vulkan.allocate(size, cached, &foreign));
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-VkExportMemoryAllocateInfo-handleTypes-00656"));
  VkMemoryFdPropertiesKHR properties{};
  vulkan.call<PFN_vkGetMemoryFdPropertiesKHR>("vkGetMemoryFdPropertiesKHR", opaque, 0, &properties);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkGetMemoryFdPropertiesKHR-handleType-00674"));
}

TEST_CASE("resources lie in shared memory only if they say so", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkExternalMemoryBufferCreateInfo const external{VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, nullptr,
                                                  opaque};
  VkDeviceMemory const exported = allocate_exportable(vulkan, cached);
  VkDeviceMemory imported = VK_NULL_HANDLE;
  REQUIRE(import_file(vulkan, export_file(vulkan, exported), size, cached, imported) == VK_SUCCESS);
  VkBuffer const plain = vulkan.create_buffer(64);
  vulkan.bind(plain, exported);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkBindBufferMemory-memory-02726"));
  vulkan.bind(plain, imported);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkBindBufferMemory-memory-02985"));
  vulkan.bind_image(vulkan.create_image(16), imported);
  CHECK_THAT(violations(driver), ContainsSubstring("VUID-vkBindImageMemory-memory-02989"));
  vulkan.bind(vulkan.create_buffer(64, RawVulkan::copies, 0, &external), exported);
  vulkan.bind(vulkan.create_buffer(64, RawVulkan::copies, 0, &external), imported);
  vulkan.bind(vulkan.create_buffer(64, RawVulkan::copies, 0, &external),
              vulkan.allocate(64, cached));  // It may be, too.
  CHECK(driver.take_violations().empty());
}

TEST_CASE("an import takes its extension", "[simulated_driver][misuse]") {
  SimulatedDriver driver{test_gpu()};
  RawVulkan vulkan{driver};
  VkDevice other = nullptr;
  REQUIRE(create_raw_device(vulkan.instance(), driver.gpu(), other) == VK_SUCCESS);
  int const file = export_file(vulkan, allocate_exportable(vulkan, cached));
  VkImportMemoryFdInfoKHR const import{VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR, nullptr, opaque, file};
  VkMemoryAllocateInfo const info{VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO, &import, size, cached};
  VkDeviceMemory imported = VK_NULL_HANDLE;
  CHECK(vulkan.function<PFN_vkAllocateMemory>("vkAllocateMemory")(other, &info, nullptr, &imported) ==
        VK_ERROR_INVALID_EXTERNAL_HANDLE);
  CHECK_THAT(violations(driver), ContainsSubstring("VK_KHR_external_memory_fd is not enabled"));
  close(file);
  vulkan.function<PFN_vkDestroyDevice>("vkDestroyDevice")(other, nullptr);
}

TEST_CASE("opaque file descriptors are what can be exported and imported", "[simulated_driver]") {
  SimulatedDriver const driver{test_gpu()};
  RawInstance const instance;
  auto const features_of = [&](VkExternalMemoryHandleTypeFlagBits type) {
    VkPhysicalDeviceExternalBufferInfo const info{VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO, nullptr, 0,
                                                  VK_BUFFER_USAGE_TRANSFER_DST_BIT, type};
    VkExternalBufferProperties properties{};
    properties.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES;
    instance.function<PFN_vkGetPhysicalDeviceExternalBufferProperties>("vkGetPhysicalDeviceExternalBufferProperties")(
        instance.physical_devices().at(0), &info, &properties);
    return properties.externalMemoryProperties.externalMemoryFeatures;
  };
  CHECK(features_of(opaque) == (VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT));
  CHECK(features_of(VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT) == 0);
}

}  // namespace ashlar::test
