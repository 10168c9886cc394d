# Sourced by examples/run, .ci/run and the scripts in tests: installs what is missing, and builds.
# Writes into build/ only, and elsewhere by the system's package manager.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(getconf _NPROCESSORS_ONLN)
drivers=$root/build/drivers
export XDG_CACHE_HOME="$root/build/cache" # where drivers keep compiled shaders

# need | how to see that it is there | packages: Debian | Fedora | Arch | Homebrew
# Where a system has no package the field is empty; what needs the thing then says so itself.
packages='
build       | command cmake                                    | cmake                   | cmake                              | cmake                            | cmake
build       | command ninja                                    | ninja-build             | ninja-build                        | ninja                            | ninja
build       | command c++                                      | g++                     | gcc-c++                            | gcc                              | gcc
build       | header vulkan/vulkan.h                           | libvulkan-dev           | vulkan-headers vulkan-loader-devel | vulkan-headers vulkan-icd-loader | vulkan-headers vulkan-loader
build       | header volk.h                                    | libvulkan-volk-dev      | vulkan-volk-devel                  | volk                             |
driver      | manifest icd.d/*.json                            | mesa-vulkan-drivers     | mesa-vulkan-drivers                | vulkan-swrast                    | molten-vk
tests       | header catch2/catch_all.hpp catch2/catch.hpp     | catch2                  | catch-devel                        | catch2                           | catch2
tests       | header nlohmann/json.hpp                         | nlohmann-json3-dev      | json-devel                         | nlohmann-json                    | nlohmann-json
tests       | header glm/glm.hpp                               | libglm-dev              | glm-devel                          | glm                              | glm
tests       | header eigen3/Eigen/Core Eigen/Core              | libeigen3-dev           | eigen3-devel                       | eigen                            | eigen
tests       | manifest explicit_layer.d/*khronos_validation*   | vulkan-validationlayers | vulkan-validation-layers           | vulkan-validation-layers         | vulkan-validationlayers
tests       | manifest registry/vk.xml                         | libvulkan-dev           | vulkan-headers                     | vulkan-headers                   | vulkan-headers
tests       | command glslangValidator                         | glslang-tools           | glslang                            | glslang                          | glslang
tests       | command pkg-config                               | pkg-config              | pkgconf-pkg-config                 | pkgconf                          | pkgconf
tests       | command vulkaninfo                               | vulkan-tools            | vulkan-tools                       | vulkan-tools                     | vulkan-tools
benchmark   | header nlohmann/json.hpp                         | nlohmann-json3-dev      | json-devel                         | nlohmann-json                    | nlohmann-json
benchmark   | command python3                                  | python3                 | python3                            | python                           | python
benchmark   | command valgrind                                 | valgrind                | valgrind                           | valgrind                         |
lavapipe    | manifest icd.d/lvp_icd*                          | mesa-vulkan-drivers     | mesa-vulkan-drivers                | vulkan-swrast                    |
swiftshader | file /usr/lib*/chromium*/vk_swiftshader_icd.json |                         | chromium                           | chromium                         |
clang       | command clang++-19                               | clang-19                |                                    |                                  |
clang       | file /usr/lib/llvm-19/lib/clang/*/lib/*/*asan*.a | libclang-rt-19-dev      |                                    |                                  |
clang       | file /usr/lib/llvm-19/bin/llvm-symbolizer        | llvm-19                 |                                    |                                  |
ci          | command clang-format-19                          | clang-format-19         |                                    |                                  |
ci          | command clang-tidy-19                            | clang-tidy-19           |                                    |                                  |
'

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$@"
  exit 1
}

has_command() { command -v "$1" >/dev/null; }

# is_there KIND NAME...: whether one of the names is on this machine.
is_there() {
  local kind=$1 name folder
  shift
  for name in "$@"; do
    case $kind in
      command) if has_command "$name"; then return; fi ;;
      header) if echo "#include <$name>" | c++ -E -x c++ - >/dev/null 2>&1; then return; fi ;;
      file) if compgen -G "$name" >/dev/null; then return; fi ;;
      manifest)
        if [[ $name == icd.d/\** && -n ${VK_DRIVER_FILES-}${VK_ICD_FILENAMES-} ]]; then return; fi
        for folder in /usr/share /usr/local/share /etc /opt/homebrew/share; do
          if compgen -G "$folder/vulkan/$name" >/dev/null; then return; fi
        done
        ;;
    esac
  done
  return 1
}

# missing_packages COLUMN NEED...: names of the packages to install.
missing_packages() {
  local column=$1 line
  shift
  while IFS='|' read -r -a line; do
    if [[ ${#line[@]} -gt 1 && " $* " == *" ${line[0]// /} "* ]]; then
      set -f # the probe holds patterns
      local probe=(${line[1]})
      set +f
      if ! is_there "${probe[@]}"; then echo "${line[column]-}"; fi
    fi
  done <<<"$packages" | xargs -n1 | sort -u | xargs
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

# install_missing NEED...: what the needs lack on this machine; where it cannot install, it says what is missing.
install_missing() {
  local missing
  if has_command apt-get; then
    missing=$(missing_packages 2 "$@")
    if [[ -n $missing ]]; then
      local install="apt-get install --yes --no-install-recommends $missing"
      if [[ $(id -u) != 0 ]] && ! has_command sudo; then
        die "Missing packages: $missing"$'\n'"Neither root nor sudo: let root run  $install"
      fi
      say "Installing $missing"
      as_root apt-get update || say "apt-get update failed; going on with the package lists that are here."
      as_root env DEBIAN_FRONTEND=noninteractive $install ||
        die "Missing packages: $missing"$'\n'"They could not be installed. By hand:  $install"
    fi
  else
    local column=0 command
    if has_command dnf; then
      column=3 command="sudo dnf install"
    elif has_command pacman; then
      column=4 command="sudo pacman -S --needed"
    elif has_command brew; then
      column=5 command="brew install"
    else
      column=2 command="(under the names that Debian gives them)"
    fi
    missing=$(missing_packages "$column" "$@")
    if [[ -n $missing ]]; then die "Missing packages: $missing"$'\n'"Install them:  $command $missing"; fi
  fi
}

# SwiftShader, and a validation layer newer than Debian 12's, out of Debian's package of Chromium, which is not
# installed: three files of it go into build/drivers.
unpack_drivers() {
  if [[ -e $drivers ]] || ! has_command apt-get; then return; fi
  mkdir -p "$root/build"
  local folder user_option=()
  folder=$(mktemp -d "$root/build/unpacking.XXXXXX")
  trap "rm -rf '$folder'" EXIT
  if [[ $(id -u) == 0 ]]; then user_option=(-o APT::Sandbox::User=root); fi
  (
    cd "$folder"
    say "Downloading chromium-common (32 MB) for SwiftShader and a newer validation layer"
    apt-get "${user_option[@]}" download chromium-common ||
      { as_root apt-get update && apt-get "${user_option[@]}" download chromium-common; } ||
      die "The package chromium-common, which has SwiftShader, could not be downloaded: apt-get download chromium-common"
    mkdir drivers
    dpkg-deb --fsys-tarfile chromium-common_*.deb | tar -x -C drivers --strip-components=4 \
      ./usr/lib/chromium/{libvk_swiftshader.so,vk_swiftshader_icd.json,libVkLayer_khronos_validation.so}
  )
  mv -T "$folder/drivers" "$drivers" || [[ -e $drivers ]] # another run may have been faster
  rm -rf "$folder"
  trap - EXIT
}

# Makes ASHLAR_SIM_PROFILES a path that holds in any folder.
resolve_profiles() {
  if [[ -n ${ASHLAR_SIM_PROFILES-} ]]; then
    if [[ ! -f $ASHLAR_SIM_PROFILES ]]; then die "ASHLAR_SIM_PROFILES: there is no file $ASHLAR_SIM_PROFILES"; fi
    ASHLAR_SIM_PROFILES=$(realpath "$ASHLAR_SIM_PROFILES")
    export ASHLAR_SIM_PROFILES
  fi
}

# build PRESET [OPTION...] [-- TARGET...]: configures and builds into build/PRESET.
build() {
  local preset=$1 options=() targets=()
  shift
  while [[ $# -gt 0 && $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift || true
  if [[ $# -gt 0 ]]; then targets=(--target "$@"); fi
  (cd "$root" && cmake --preset "$preset" ${options[@]+"${options[@]}"}) &&
    cmake --build "$root/build/$preset" --parallel "$jobs" ${targets[@]+"${targets[@]}"}
}
