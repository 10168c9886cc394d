#pragma once

#include <ashlar/buffer/buffer_contents.hpp>

#include <glm/glm.hpp>
#include <glm/gtc/quaternion.hpp>

#include <concepts>

template <glm::length_t L, class T, glm::qualifier Q>
inline constexpr auto ashlar::enable_buffer_contents<glm::vec<L, T, Q>> = ashlar::shader_vector<T, L>;

template <glm::length_t C, glm::length_t R, std::floating_point T, glm::qualifier Q>
inline constexpr auto ashlar::enable_buffer_contents<glm::mat<C, R, T, Q>> = ashlar::shader_matrix<T, C, R>;

template <class T, glm::qualifier Q>
inline constexpr auto ashlar::enable_buffer_contents<glm::qua<T, Q>> = ashlar::shader_vector<T, 4>;
